// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <atomic>
#include <ostream>

#include "isoflop/base/progress.h"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace isoflop::cli {
namespace {

constexpr std::string_view kWipe = "\r\x1b[K";

std::atomic<bool> is_shown{false};

bool has_terminal() {
#if defined(__unix__) || defined(__APPLE__)
  return isatty(STDERR_FILENO) != 0;
#else
  return false;
#endif
}

}  // namespace

Progress::Progress(std::ostream& err)
    : err_(err),
      start_(std::chrono::steady_clock::now()),
      is_terminal_(has_terminal()) {
  if (!is_terminal_) return;
  set_progress_observer([this](std::string_view stage,
                               std::int64_t done,
                               std::int64_t all) { show(stage, done, all); });
}

Progress::~Progress() {
  if (is_terminal_) set_progress_observer({});
}

void Progress::show(std::string_view stage,
                    std::int64_t done,
                    std::int64_t all) {
  using namespace std::chrono_literals;
  if (done == all) {
    if (is_shown.exchange(false)) err_ << kWipe << std::flush;
    return;
  }
  if (std::chrono::steady_clock::now() - start_ < 1s) return;
  is_shown = true;
  err_ << kWipe << stage << ": " << done << " of " << all << ", "
       << 100 * done / all << " %" << std::flush;
}

void wipe_progress() {
#if defined(__unix__) || defined(__APPLE__)
  if (is_shown) (void)!::write(STDERR_FILENO, kWipe.data(), kWipe.size());
#endif
}

}  // namespace isoflop::cli
