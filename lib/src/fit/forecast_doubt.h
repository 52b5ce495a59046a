// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fit/forecast_problem.h"

namespace isoflop {

/// Runs vary in one direction only where the sd in the other is less, in ln N
/// and ln D.
inline constexpr double kFlatDesign = 0.1;

/// Sets the status of a forecast, and says what is doubtful about it.
/// @param at  the mode, prior coordinates
void judge_forecast(const ForecastProblem& problem,
                    const Eigen::VectorXd& at,
                    Forecast& result);

/// Names the rows that were left out as far off what the others say.
/// @param aside  places in the table
void judge_aside(const Runs& runs,
                 const std::vector<Eigen::Index>& aside,
                 Forecast& result);

}  // namespace isoflop
