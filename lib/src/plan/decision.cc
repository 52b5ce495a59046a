// SPDX-License-Identifier: Apache-2.0
#include "plan/decision.h"

#include <cmath>
#include <string>
#include <utility>

#include "isoflop/units/text.h"
#include "plan/choice.h"
#include "plan/cost_over_draws.h"
#include "plan/draws.h"
#include "plan/loss_choice.h"
#include "plan/loss_runs.h"
#include "plan/mixture.h"
#include "units/threshold_text.h"

namespace isoflop {
namespace {

/// The plan by the point beside the one by a measure over the draws.
std::optional<RiskView> risk_view(const Law& given, const Plan& plan) {
  if (!plan.law.has_draws()) return std::nullopt;
  Scenario other = plan.scenario;
  const bool is_by_point = !other.risk || other.risk->is_point();
  RiskView view;
  view.risk = is_by_point ? Risk{Risk::Kind::Mean} : *other.risk;
  other.risk = is_by_point ? view.risk : Risk();
  const Plan beside = plan_point(given, other);
  if (!beside.is_answered) return std::nullopt;
  view.by_point = is_by_point ? plan.run : beside.run;
  view.by_risk = is_by_point ? beside.run : plan.run;
  // Regret is the law's, also of a forecast that makes size and data by it.
  Law judge = plan.law;
  if (!plan.scenario.target_loss && !plan.scenario.target_error) {
    judge.discrepancy.reset();
  }
  const DrawLosses draws(judge);
  const LogLoss log_loss = log_loss_of(judge, draws, view.risk);
  for (Optimum* run : {&view.by_point, &view.by_risk}) {
    run->loss = Nats(std::exp(log_loss(std::log(run->params.value()),
                                       std::log(run->tokens.value()))));
  }
  view.regret_nats = (view.by_point.loss - view.by_risk.loss).value();
  return view;
}

/// The key of the budget that a finding says is missed, which its remedy ends
/// with; empty where it is of something else.
std::string_view missed_budget(const Finding& finding) {
  if (finding.code == "plan.not-on-time") return "budget.days";
  if (finding.code != "plan.over-budget") return {};
  for (const std::string_view key :
       {"budget.flops", "budget.usd", "budget.energy"}) {
    if (finding.remedy.ends_with(key)) return key;
  }
  return {};
}

/// The scenario with one of its budgets, that which a finding says is missed,
/// and no loss to reach; nothing where that leaves compute open.
std::optional<Scenario> within_budget(const Scenario& scenario,
                                      std::string_view key) {
  Scenario within = without_goal(scenario);
  if (key != "budget.flops") within.flops.reset();
  if (key != "budget.usd") within.usd.reset();
  if (key != "budget.energy") within.energy.reset();
  // Days without a number of devices bound nothing; they set that number.
  if (key == "budget.days" ? !within.count : within.count.has_value()) {
    within.days.reset();
  }
  if (!within.flops && !within.usd && !within.energy && !within.days) {
    return std::nullopt;
  }
  return within;
}

/// Says of a budget that is too small for the loss what it does reach.
void add_reach(const Law& given, Nats target, Plan& plan) {
  for (Finding& finding : plan.cost.findings) {
    const std::string_view key = missed_budget(finding);
    if (key.empty()) continue;
    const auto within = within_budget(plan.scenario, key);
    if (!within) continue;
    const Plan best = plan_point(given, *within);
    if (!best.is_answered) continue;
    finding.values.push_back({"loss_within", best.run.loss.value()});
    const std::string takes =
        key == "budget.days" ? "; or " + finding.remedy : std::string();
    finding.remedy = std::string(key) + " alone reaches a loss of " +
                     format_apart(best.run.loss.value(), target.value()).first;
    if (!plan.law.has_draws()) {
      finding.remedy += takes;
      continue;
    }
    const double chance = chance_of_loss(plan.law,
                                         DrawLosses(plan.law),
                                         target,
                                         best.run.params,
                                         best.run.tokens);
    finding.values.push_back({"probability", chance});
    finding.remedy += ", and the one wanted in " +
                      format_number(100 * chance, 3) + " % of the law's draws" +
                      takes;
  }
}

/// A loss so near to where the law ends that many draws end above it.
std::optional<Finding> end_in_doubt(const Law& law, Nats target) {
  constexpr double kSure = 0.95;
  const double endless = std::log(1e300);
  if (!law.has_draws()) return std::nullopt;
  const double chance = DrawLosses(law).share_within(target, endless, endless);
  if (chance >= kSure) return std::nullopt;
  return Finding{"plan.unreachable-loss",
                 Severity::Error,
                 "a loss of " + format_number(target.value(), 4) +
                     " lies within the doubt of where the law ends: no run "
                     "reaches it in " +
                     format_number(100.0 * (1.0 - chance), 3) +
                     " % of the law's draws",
                 "aim higher, or fit larger runs",
                 {{"target_loss", target.value()}, {"probability", chance}}};
}

/// Far below the runs of the law, where it is as little known as far above.
std::optional<Finding> below_range(const Law& law, Flops flops) {
  if (!law.range.flops || flops.value() >= law.range.flops->low) {
    return std::nullopt;
  }
  const double share = flops.value() / law.range.flops->low;
  return Finding{"law.extrapolation",
                 Severity::Warning,
                 "the run has " + format_number(share, 2) +
                     " times the compute of the smallest run the law was "
                     "fitted on",
                 "small runs follow other laws: train it",
                 {{"flops_over_smallest", share}}};
}

/// Experts that the law has not seen.
std::optional<Finding> unseen_experts(const Law& law, const Plan& plan) {
  const auto seen = law.range.others.find(kExperts.name);
  if (!is_mixture(plan.scenario) || seen == law.range.others.end() ||
      plan.scenario.experts->middle() <= seen->second.high) {
    return std::nullopt;
  }
  return Finding{"law.extrapolation",
                 Severity::Warning,
                 std::to_string(plan.scenario.experts->middle()) +
                     " experts are more than the " +
                     format_number(seen->second.high, 4) +
                     " that the law was fitted on",
                 "fit runs with as many",
                 {{"experts", double(plan.scenario.experts->middle())}}};
}

}  // namespace

void add_served_size(const Scenario& scenario, std::vector<Finding>& findings) {
  for (Finding& finding : findings) {
    if (finding.code != "plan.too-slow" && finding.code != "plan.too-expensive")
      continue;
    const auto most = size_budget(scenario, "plan");
    if (!most || !(most->params.value() > 0.0)) return;
    finding.values.push_back({"most_params", most->params.value()});
    finding.remedy = "at most " + format_at_most(most->params) +
                     " params meet " + most->key + "; or " + finding.remedy;
  }
}

void add_decision(const Law& given, const Scenario& wanted, Plan& plan) {
  const Law& law = plan.law;
  const auto target_loss = isoflop::given(wanted.target_loss);
  plan.risk = risk_view(given, plan);
  if (target_loss) {
    if (law.has_draws()) {
      plan.loss_chance = chance_of_loss(
          law, DrawLosses(law), *target_loss, plan.run.params, plan.run.tokens);
    }
    plan.cost_over_draws =
        cost_over_draws(law, wanted, loss_bounds(wanted), plan.options.level);
    add_reach(given, *target_loss, plan);
    if (auto doubt = end_in_doubt(law, *target_loss)) {
      plan.findings.push_back(*std::move(doubt));
    }
  }
  if (auto below = below_range(law, plan.run.flops)) {
    plan.findings.push_back(*std::move(below));
  }
  if (auto unseen = unseen_experts(given, plan)) {
    plan.findings.push_back(*std::move(unseen));
  }
  add_served_size(plan.scenario, plan.cost.findings);
  plan.sensitivity = sensitivities(given, plan.scenario);
  const auto& training = plan.cost.training;
  Optimum spent = plan.run;
  if (plan.synthetic) spent.flops = spent.flops + plan.synthetic->flops;
  plan.frontier = training_frontier(
      given, plan.scenario, spent, training ? training->devices : std::nullopt);
  plan.serving_frontier = serving_frontier(law, plan.scenario, plan.run);
}

}  // namespace isoflop
