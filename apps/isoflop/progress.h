// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>

namespace isoflop::cli {

/// One line on a terminal that says how far a long computation is; nothing in
/// its first two seconds, and nothing where the error stream is no terminal.
class Progress {
 public:
  explicit Progress(std::ostream& err);
  /// Wipes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void operator()(std::int64_t done, std::int64_t all);

 private:
  std::ostream& err_;
  std::chrono::steady_clock::time_point start_;
  bool is_terminal_;
  bool is_shown_ = false;
};

}  // namespace isoflop::cli
