// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "isoflop/fit/fit.h"

namespace isoflop {

/// Forms that read the columns at hand, fitted to the smaller runs and asked
/// about the larger. Best first: of those whose error is within a standard
/// error of the least, paired by run, first those that all runs determine,
/// then the one that reads most columns in which the runs differ, then the one
/// of fewest coefficients. None where too few runs are there to hold some out.
std::vector<FormTrial> try_forms(const Runs& runs, const FitOptions& options);

/// Fits to the smaller runs, asked about the larger.
struct WideningTest {
  /// How much wider than stated the intervals had to be: by rising distance,
  /// factors that do not fall. Empty where too few runs are there to hold some
  /// out.
  std::vector<Widening> steps;
  /// As stated; splits count alike. None where a split has no answer.
  std::optional<BacktestScore> score;
};
WideningTest widening_of(const Runs& runs, const FitOptions& options);

}  // namespace isoflop
