// SPDX-License-Identifier: Apache-2.0
#include "base/file_text.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"

namespace isoflop {

namespace fs = std::filesystem;

namespace {

/// While one lives, Ctrl-C waits: a file under a temporary name would stay.
class HeldInterrupts {
 public:
  HeldInterrupts() {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldInterrupts() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldInterrupts(const HeldInterrupts&) = delete;
  HeldInterrupts& operator=(const HeldInterrupts&) = delete;

 private:
  sigset_t before_;
};

/// Names in the folder where a file was looked for.
std::vector<std::string> folder_names(const fs::path& folder) {
  constexpr std::size_t kMost = 10000;
  constexpr std::size_t kLongest = 60;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end;
       !error && it != end && names.size() < kMost;
       it.increment(error)) {
    names.push_back(printable(it->path().filename().string(), kLongest));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void fail_missing_file(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error)) {
    throw FileError({path, 0, 0},
                    "no such file: there is no folder '" +
                        printable(folder.string()) + "'");
  }
  if (folder.empty()) folder = ".";
  std::string text = "no such file";
  if (fs::path(path).is_relative()) {
    text += " (from " + fs::current_path(error).string() + ")";
  }
  throw FileError({path, 0, 0},
                  text + did_you_mean(fs::path(path).filename().string(),
                                      folder_names(folder)));
}

std::string read_text_file(const std::string& path) {
  constexpr std::uintmax_t kLargest = std::uintmax_t{64} << 20;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail_missing_file(path);
  if (fs::is_directory(status)) {
    throw FileError({path, 0, 0}, "is a directory, not a file");
  }
  if (fs::is_regular_file(status) && fs::file_size(path, error) > kLargest) {
    throw FileError({path, 0, 0}, "is larger than 64 MiB");
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in || in.bad()) {
    throw FileError({path, 0, 0},
                    std::string("cannot be read: ") + std::strerror(errno));
  }
  return std::move(text).str();
}

void require_writable_file(const std::string& path, bool replace) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw FileError({path, 0, 0}, "is a directory, not a file");
  }
  if (!replace && fs::exists(path, error)) {
    throw FileError(
        {path, 0, 0},
        "exists already; --force (replace=True in Python) replaces it");
  }
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error)) {
    throw FileError({path, 0, 0}, "cannot be written: no such folder");
  }
}

void write_text_file(const std::string& path,
                     std::string_view text,
                     bool replace) {
  require_writable_file(path, replace);
  const HeldInterrupts held;
  std::error_code error;
  const std::string temporary = path + ".part" + std::to_string(::getpid());
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  const bool opened = out.is_open();
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  const int cause = errno;
  if (opened && out) fs::rename(temporary, path, error);
  if (!opened || !out || error) {
    std::error_code ignored;
    if (opened) fs::remove(temporary, ignored);
    throw FileError({path, 0, 0},
                    "cannot be written: " +
                        (error ? error.message() : std::strerror(cause)));
  }
}

Location locate(const std::string& path,
                std::string_view text,
                std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n');
  const std::size_t column = start == std::string_view::npos
                                 ? before.size()
                                 : before.size() - start - 1;
  return {path, line, static_cast<std::int64_t>(column) + 1};
}

}  // namespace isoflop
