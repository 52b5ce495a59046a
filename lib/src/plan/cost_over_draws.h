// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/plan.h"

namespace isoflop {

/// What the loss of a plan takes over its law's draws.
/// @param law       bound to the scenario
/// @param scenario  with `target_loss`, exact
/// @return nothing for a law without draws.
std::optional<CostOverDraws> cost_over_draws(const Law& law,
                                             const Scenario& scenario,
                                             const LossRunBounds& bounds,
                                             double level);

}  // namespace isoflop
