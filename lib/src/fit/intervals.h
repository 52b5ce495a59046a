// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/bootstrap.h"
#include "fit/covariance.h"
#include "fit/doubt.h"

namespace isoflop {

/// The optimum at the budgets asked for, where the law has one, and intervals
/// of it and of the coefficients: percentiles of the draws of the law, the
/// same corrected for bias and skewness, or profiles.
/// @param covariance  null where there is none; then there are no profiles
void add_intervals(const Fitted& fitted,
                   const Covariance* covariance,
                   FitResult& result);

/// Coefficients whose profile does not close, as in "alpha above"; stops at the
/// first sign that it does.
std::vector<std::string> open_profiles(const Fitted& fitted,
                                       const Covariance& covariance,
                                       double level,
                                       bool is_uneven);

}  // namespace isoflop
