// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/plan/run_cost.h"
#include "report/json_parts.h"

// What a run costs, as a part of other reports.
namespace isoflop {

/// Blocks with an empty line before each; "" where nothing was asked for.
std::string cost_text(const RunCost& cost);
std::string versus_text(const std::vector<AcceleratorAlternative>& versus);

/// Adds the fields of a cost to a result and to its intervals.
void add_cost_json(const RunCost& cost, Json& result, Json& intervals);
Json versus_json(const std::vector<AcceleratorAlternative>& versus);

}  // namespace isoflop
