// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/plan/scenario.h"

namespace isoflop {

/// A value that a plan goes by, and where it is from.
struct InputOrigin {
  std::string key;
  std::string value;   ///< as it would be written
  std::string from;    ///< "option", "set", "plan.toml:3" or "default"
  std::string source;  ///< that the scenario or the default gives; or ""
};

/// Every value that is given, and those that stand in for what is absent and
/// would matter.
/// @throws std::invalid_argument as `run_cost`.
std::vector<InputOrigin> input_origins(const Scenario& scenario);

/// Takes the place from what options replaced.
/// @param before  the scenario as files and edits gave it
void mark_options(Scenario& scenario, const Scenario& before);

}  // namespace isoflop
