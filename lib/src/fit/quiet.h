// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace isoflop {

/// While one lives, Ceres' log lines stay out of standard error: a library
/// does not print, and a failed line search is handled, not news. Restores
/// the caller's level with the last.
class QuietSolver {
 public:
  QuietSolver();
  ~QuietSolver();
  QuietSolver(const QuietSolver&) = delete;
  QuietSolver& operator=(const QuietSolver&) = delete;
};

}  // namespace isoflop
