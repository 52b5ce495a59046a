// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/scenario.h"
#include "plan/training_compute.h"

namespace isoflop {

/// The value of a quantity that `require_exact` has seen.
template <class Q>
std::optional<Q> given(const std::optional<Range<Q>>& range) {
  if (!range) return std::nullopt;
  return range->middle();
}

struct Choice {
  Optimum run;
  std::string binding;
  bool is_free = false;  ///< size and data were chosen by the law
  bool is_usd = false;   ///< for a loss: of least dollars, not of least FLOP
};

Optimum run_of(const Law& law,
               const TrainingCompute& compute,
               Params params,
               Tokens tokens);

/// Most tokens that the unique ones give; infinite when not limited.
Tokens most_tokens(const Scenario& scenario);

/// The scenario with the passes that the law leaves open: one that weighs
/// repeats decides on them itself, unless there is a bound.
Scenario with_open_epochs(Scenario scenario, const Law& law);

/// The run that a scenario leaves the law to choose, by the risk of the
/// scenario; or an error that says why no run keeps every bound, by how much,
/// and which bound to relax.
/// @param given     the law, not bound to a scenario
/// @param scenario  with `flops` from its budgets
/// @throws std::invalid_argument for too little, or contradictions.
std::variant<Choice, Finding> choose(const Law& given,
                                     const Scenario& scenario);

/// Whether the draws have a say.
bool has_risk(const Scenario& scenario);

/// The scenario without what it wants of the loss, so that its budgets or its
/// size and data decide.
Scenario without_goal(Scenario scenario);

/// @throws std::invalid_argument for keys of synthetic data without effect.
void require_generator(const Scenario& scenario, std::string_view owner);

/// The same where the plan is to choose how many of its tokens are synthetic.
void require_supply(const Scenario& scenario, std::string_view owner);

/// @throws std::invalid_argument for a goal that contradicts the rest.
void require_goal(const Scenario& scenario, std::string_view owner);

}  // namespace isoflop
