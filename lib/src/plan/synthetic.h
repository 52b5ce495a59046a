// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include "isoflop/cost/data_supply.h"
#include "isoflop/plan/plan.h"
#include "plan/choice.h"

namespace isoflop {

/// The writer and the judge of a scenario with `generator_params`, ranges in
/// their middle.
SyntheticData synthetic_data(const Scenario& scenario);

/// A run, and the synthetic tokens that it takes.
struct Supplied {
  Choice choice;
  Scenario scenario;  ///< with these tokens, and the compute that is left
  std::optional<SyntheticSupply> synthetic;
};

/// The run that a scenario leaves the law to choose, with as many synthetic
/// tokens as pay: they cost compute and count as distinct ones.
/// @param law       as given, not bound to a scenario
/// @param scenario  with `flops` from its budgets
/// @throws std::invalid_argument as `choose`, and for keys of synthetic data
///     that have no effect.
std::variant<Supplied, Finding> choose_supplied(const Law& law,
                                                const Scenario& scenario);

/// Adds the rent of the cluster over the tokens that it could write.
void price_synthetic(const Scenario& scenario,
                     std::optional<SyntheticSupply>& supply);

/// The same as a scenario is given, ranges in their middle.
/// @throws std::invalid_argument as `plan`, and where no run keeps the bounds.
Supplied planned_supply(const Law& law, const Scenario& scenario);

}  // namespace isoflop
