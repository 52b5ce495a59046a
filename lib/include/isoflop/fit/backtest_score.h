// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace isoflop {

/// How predictions of larger runs came out.
struct BacktestScore {
  int runs = 0;                 ///< that were predicted
  double mean_abs_error = 0.0;  ///< relative, of the loss
  double mean_error = 0.0;      ///< relative, above 0 when too high
  double coverage = 0.0;        ///< share of losses inside their interval
  double width = 0.0;           ///< of the intervals, relative, mean
};

}  // namespace isoflop
