// SPDX-License-Identifier: Apache-2.0
#include "plan/choices.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/scenario_file.h"
#include "plan/axis.h"
#include "plan/choice.h"
#include "plan/cluster.h"
#include "plan/draws.h"

namespace isoflop {
namespace {

constexpr std::size_t kMostCombinations = 10000;

std::vector<Axis> axes_of(const Scenario& scenario, std::string_view owner) {
  std::vector<Axis> axes;
  for (const std::string& text : scenario.choose) {
    axes.push_back(axis_of(text, owner, "choose"));
    const std::string& key = axes.back().key;
    if (key == "law" || key == "choose" || key.starts_with("goal.")) {
      fail(owner, "choose: " + key + " is given, not chosen");
    }
  }
  if (combinations(axes) > kMostCombinations) {
    fail(owner, "choose: more than 10000 combinations");
  }
  return axes;
}

Scenario with_values(Scenario scenario,
                     const std::vector<Axis>& axes,
                     const std::vector<std::string>& values,
                     std::string_view owner) {
  scenario.choose.clear();
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const std::string& key = axes[k].key;
    set_key(scenario, key + "=" + values[k], owner);
    std::erase_if(scenario.origins,
                  [&](const KeyOrigin& origin) { return origin.key == key; });
    scenario.origins.push_back({key, {"chosen", 0, 0}});
  }
  return scenario;
}

/// The loss by the risk of the scenario.
double loss_of(const Plan& plan) {
  const std::optional<Risk>& risk = plan.scenario.risk;
  if (!risk || risk->is_point() || !plan.law.has_draws()) {
    return plan.run.loss.value();
  }
  return DrawLosses(plan.law).measure(*risk,
                                      std::log(plan.run.params.value()),
                                      std::log(plan.run.tokens.value()));
}

/// FLOP of what the scenario makes least.
double flops_of(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  const bool lives = scenario.minimise == Goal::LifetimeCost;
  const Tokens served = lives ? scenario.serving_tokens->middle() : Tokens(0.0);
  return (plan.run.flops + served_flops(plan.run.params, served)).value();
}

std::optional<Usd> usd_of(const Plan& plan) {
  if (plan.cost.lifetime_usd) return plan.cost.lifetime_usd;
  return plan.cost.training ? plan.cost.training->usd : std::nullopt;
}

std::optional<Usd> usd_made_least(const Plan& plan) {
  if (plan.scenario.minimise == Goal::LifetimeCost) {
    return plan.cost.lifetime_usd;
  }
  return plan.cost.training ? plan.cost.training->usd : std::nullopt;
}

struct Planned {
  ChoiceEntry entry;
  std::optional<Plan> plan;
};

Planned planned(const Law& law,
                const Scenario& scenario,
                std::vector<std::string> values) {
  Planned result;
  result.entry.values = std::move(values);
  try {
    Plan made = plan_point(law, scenario);
    if (!made.is_answered) {
      result.entry.problem = made.findings.front().message;
      return result;
    }
    result.entry.run = made.run;
    result.entry.usd = usd_of(made);
    for (const std::vector<Finding>* found :
         {&made.findings, &made.cost.findings}) {
      for (const Finding& finding : *found) {
        if (finding.severity != Severity::Error) continue;
        result.entry.misses.push_back(finding.code);
      }
    }
    result.plan = std::move(made);
  } catch (const std::invalid_argument& error) {
    result.entry.problem = error.what();
  }
  return result;
}

/// What is made least: dollars where all that have a plan have them.
std::string measure_name(const std::vector<Planned>& all, bool is_for_loss) {
  if (!is_for_loss) return "loss_nats";
  const bool has_usd =
      std::all_of(all.begin(), all.end(), [](const Planned& one) {
        return !one.plan || usd_made_least(*one.plan);
      });
  return has_usd ? "usd" : "flops";
}

double measure_of(const Plan& plan, const std::string& name) {
  if (name == "loss_nats") return loss_of(plan);
  return name == "usd" ? usd_made_least(plan)->value() : flops_of(plan);
}

/// Losses that differ by less are as good: rounding.
double rounded(double measure) {
  constexpr double kDigits = 1e-12;
  return std::round(std::log(measure) / kDigits);
}

}  // namespace

Settled settled(const Law& law,
                const Scenario& scenario,
                std::string_view owner) {
  if (scenario.choose.empty()) return {scenario, {}};
  const std::vector<Axis> axes = axes_of(scenario, owner);
  const std::size_t count = combinations(axes);
  std::vector<Planned> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string> values = combination(axes, i);
    const Scenario with = with_values(scenario, axes, values, owner);
    all.push_back(planned(law, with, std::move(values)));
  }
  const bool is_for_loss = scenario.target_loss || scenario.target_error;
  Choices choices;
  for (const Axis& axis : axes) choices.keys.push_back(axis.key);
  choices.measure = measure_name(all, is_for_loss);
  for (Planned& one : all) {
    if (one.plan) one.entry.measure = measure_of(*one.plan, choices.measure);
    choices.entries.push_back(std::move(one.entry));
  }
  const auto rank = [](const ChoiceEntry& entry) {
    return std::make_tuple(!entry.problem.empty(),
                           !entry.misses.empty(),
                           rounded(entry.measure),
                           entry.usd ? entry.usd->value() : kInfinite);
  };
  std::stable_sort(choices.entries.begin(),
                   choices.entries.end(),
                   [&](const ChoiceEntry& a, const ChoiceEntry& b) {
                     return rank(a) < rank(b);
                   });
  const ChoiceEntry& best = choices.entries.front();
  if (choices.entries.size() > 1) {
    const ChoiceEntry& next = choices.entries[1];
    if (next.problem.empty() && next.misses.empty() == best.misses.empty()) {
      choices.beats_by = next.measure / best.measure - 1.0;
    }
  }
  Scenario with = with_values(scenario, axes, best.values, owner);
  return {std::move(with), std::move(choices)};
}

}  // namespace isoflop
