// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace isoflop {

/// What one run does to the fit.
struct RunInfluence {
  std::int64_t row = 0;   ///< of the runs, from 0
  std::string name;       ///< "" where runs have none
  double residual = 0.0;  ///< ln L - ln L_predicted
  double leverage = 0.0;  ///< its place on the diagonal of the hat matrix
  /// What the law answers without the run less what it answers with it: ln N*
  /// and ln L* at ten times the largest budget. Absent where the run was not
  /// left out or the refit has no answer.
  std::optional<double> shift_log_params;
  std::optional<double> shift_log_loss;  ///< of ln L*
};

/// Every run left out once, at most 1000: of more, those of largest leverage.
struct FitInfluence {
  std::vector<RunInfluence> runs;  ///< in order of rows
  int left_out = 0;                ///< refits made
};

/// Rank correlation of the residuals with one thing the runs vary in.
struct ResidualTrend {
  std::string variable;      ///< "params", "tokens" or "flops"
  double correlation = 0.0;  ///< Spearman's
  double p_value = 1.0;      ///< of no correlation
};

/// Whether the law misses more than repeated runs scatter.
/// @source Draper & Smith 1998, Applied Regression Analysis, section 2.1.
struct LackOfFit {
  int repeats = 0;       ///< runs beyond the first at their inputs
  int freedom = 0;       ///< distinct inputs less coefficients
  double pure_sd = 0.0;  ///< sd of log losses of repeated runs
  double f = 0.0;        ///< mean square of misfit over that of repeats
  double p_value = 1.0;  ///< of a misfit no larger than repeats scatter
};

/// Whether runs of one group err together.
struct GroupCorrelation {
  int groups = 0;            ///< number of them
  double correlation = 0.0;  ///< between runs of one group, from mean squares
  double p_value = 1.0;      ///< of no correlation
};

/// Whether the size of errors depends on where a run lies: the strongest rank
/// correlation of the absolute errors with leverage, size, data or compute.
struct UnevenErrors {
  std::string variable;      ///< "leverage", "params", "tokens" or "flops"
  double correlation = 0.0;  ///< Spearman's
  double p_value = 1.0;      ///< times the number of correlations looked at
};

/// What the residuals say against the law.
struct ResidualChecks {
  std::optional<UnevenErrors> uneven;  ///< where p < 0.01
  std::vector<ResidualTrend> trends;
  std::optional<LackOfFit> lack_of_fit;  ///< where inputs repeat
  std::optional<GroupCorrelation> groups;
};

}  // namespace isoflop
