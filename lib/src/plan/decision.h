// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "isoflop/plan/plan.h"

namespace isoflop {

/// What a decision needs beside the run: what more of each bound is worth,
/// other compute and other sizes, and what the doubt of the law does to it.
/// Adds to what is found too.
/// @param given   the law, not bound to the scenario
/// @param wanted  the scenario with the loss of a target_error, and passes as
///     they are
void add_decision(const Law& given, const Scenario& wanted, Plan& plan);

/// Says which size would meet the demands on serving that findings call
/// missed.
void add_served_size(const Scenario& scenario, std::vector<Finding>& findings);

}  // namespace isoflop
