// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/doubt.h"
#include "fit/errors.h"

namespace isoflop {

/// What the residuals say against the law: trends, misfit beyond repeats,
/// groups that err together.
ResidualChecks check_residuals(const Fitted& fitted);

/// The findings that follow.
void add_residual_findings(const Fitted& fitted, FitResult& result);

/// Spearman's rank correlation, ties at their mean rank, with the two-sided
/// p-value of Student's t for n - 2; nothing for a constant or below 4 values.
struct RankCorrelation {
  double value;
  double p_value;
};
std::optional<RankCorrelation> rank_correlation(const Eigen::VectorXd& a,
                                                const Eigen::VectorXd& b);

}  // namespace isoflop
