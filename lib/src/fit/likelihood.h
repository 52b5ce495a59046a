// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "isoflop/fit/fit.h"

namespace isoflop {

/// Greatest log likelihood over the scale s of the density
/// exp(-c rho(r) / s) / Z(s), where the objective is the sum of c rho and c
/// is the cost ratio for r < 0, else 1.
///
/// @param value  the objective at its optimum, weights of mean 1
/// @param delta  of Huber's loss
/// @return  nothing for an objective without such a density, or a value of 0.
std::optional<double> log_likelihood(Objective objective,
                                     double value,
                                     double delta,
                                     double cost_ratio,
                                     double runs);

}  // namespace isoflop
