// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace isoflop::cli {

/// One line on a terminal that says how far a long computation is; nothing in
/// its first second, and nothing where the error stream is no terminal. Hears
/// of all computations while it lives.
class Progress {
 public:
  explicit Progress(std::ostream& err);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void show(std::string_view stage, std::int64_t done, std::int64_t all);

  std::ostream& err_;
  std::chrono::steady_clock::time_point start_;
  bool is_terminal_;
};

/// Wipes a line that is shown; safe in a signal handler.
void wipe_progress();

}  // namespace isoflop::cli
