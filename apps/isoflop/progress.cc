// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <ostream>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace isoflop::cli {
namespace {

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
      is_terminal_(has_terminal()) {}

Progress::~Progress() {
  if (is_shown_) err_ << "\r\x1b[K" << std::flush;
}

void Progress::operator()(std::int64_t done, std::int64_t all) {
  using namespace std::chrono_literals;
  if (!is_terminal_ || std::chrono::steady_clock::now() - start_ < 2s) return;
  is_shown_ = true;
  err_ << "\r" << 100 * done / all << " % of " << all << std::flush;
}

}  // namespace isoflop::cli
