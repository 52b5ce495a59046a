// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/run_cost.h"
#include "plan/choice.h"

namespace isoflop {

/// Bounds on size and data of a run for the loss that is wanted.
LossRunBounds loss_bounds(const Scenario& scenario);

/// The run that reaches a loss, cheapest in training or in its life.
/// @param law   not bound to the scenario
/// @param most  size that its bounds allow
std::variant<Choice, Finding> choose_for_loss(
    const Law& law,
    const Scenario& scenario,
    const std::optional<SizeBudget>& most);

}  // namespace isoflop
