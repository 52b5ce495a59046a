// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "isoflop/laws/law.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// The law of downstream error of a scenario: the one it names, or the
/// published one that belongs to the law.
/// @return nothing where the scenario asks for no error.
/// @throws std::invalid_argument when there is none, or when it reads losses
///     of other data or tokens than those that the law answers.
std::optional<Law> error_law_of(const Scenario& scenario, const Law& law);

/// The scenario with the loss at which the error that it wants is reached.
Scenario with_target_loss(Scenario scenario, const Law& law);

}  // namespace isoflop
