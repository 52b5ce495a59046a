// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isoflop/plan/plan.h"
#include "report/json_parts.h"

// What a run costs, and what a decision on it needs, as parts of reports.
namespace isoflop {

/// By which rule the FLOP of training are counted; "" where it is 6 N D.
std::string flops_rule_text(const Scenario& scenario, const RunCost& cost);

/// Blocks with an empty line before each; "" where nothing was asked for.
std::string cost_text(const RunCost& cost);
std::string versus_text(const std::vector<AcceleratorAlternative>& versus);

/// Adds the fields of a cost to a result and to its intervals.
void add_cost_json(const RunCost& cost, Json& result, Json& intervals);
Json versus_json(const std::vector<AcceleratorAlternative>& versus);

/// What was chosen of the values that a scenario offers.
std::string choices_text(const std::optional<Choices>& choices);
Json choices_json(const std::optional<Choices>& choices);

/// What the doubt of the law does to the cost of a loss.
std::string cost_over_draws_text(const std::optional<CostOverDraws>& cost);
Json cost_over_draws_json(const std::optional<CostOverDraws>& cost);

/// Adds what more of each bound is worth, the frontier, and the risk.
void add_decision_json(const Plan& plan, Json& result);

/// The inputs of a scenario and where each is from.
Json scenario_json(const Scenario& scenario);

/// What more of each bound is worth, in a line or two.
std::string sensitivity_text(const Plan& plan);
/// Whether synthetic data pay; "" where none are asked for.
/// @param training  FLOP of the run
std::string synthetic_text(const std::optional<SyntheticSupply>& supply,
                           Flops training);
Json synthetic_json(const std::optional<SyntheticSupply>& supply);
/// What the doubt of the law does to the plan.
std::string risk_text(const Plan& plan);
/// Tables with an empty line before each.
std::string frontier_text(const Plan& plan);

}  // namespace isoflop
