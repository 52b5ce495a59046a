// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "isoflop/plan/plan.h"

namespace isoflop {

/// A scenario with the best of what it lets a plan choose from, and how it
/// compares.
struct Settled {
  Scenario scenario;
  std::optional<Choices> choices;
};

/// Plans each combination of the values and takes that of the lowest loss, or
/// where a loss is to be reached of the lowest cost, of those that keep every
/// bound; of as good ones the cheaper, then the first.
/// @param scenario  exact
/// @throws std::invalid_argument for keys or values that cannot be meant, and
///     what a plan of the last combination would, where none has a plan.
Settled settled(const Law& law,
                const Scenario& scenario,
                std::string_view owner);

}  // namespace isoflop
