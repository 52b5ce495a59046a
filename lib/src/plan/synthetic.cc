// SPDX-License-Identifier: Apache-2.0
#include "plan/synthetic.h"

#include <cmath>
#include <utility>

#include "isoflop/cost/data_supply.h"
#include "laws/no_optimum.h"
#include "plan/choices.h"
#include "plan/cluster.h"
#include "plan/downstream.h"
#include "plan/life_cost.h"
#include "plan/valley.h"

namespace isoflop {
namespace {

/// The scenario when a share of its compute writes synthetic tokens.
Scenario with_share(const Scenario& scenario, Flops a_token, double share) {
  const Flops all = scenario.flops->middle();
  const Tokens unique = scenario.unique_tokens->middle();
  Scenario changed = scenario;
  changed.flops = all * (1.0 - share);
  changed.unique_tokens = unique + Tokens(share * (all / a_token));
  return changed;
}

/// As many synthetic tokens as make a budget give the least loss.
std::variant<Supplied, Finding> supplied_by_budget(const Law& law,
                                                   const Scenario& scenario,
                                                   Supplied without) {
  const Flops a_token = synthetic_flops(synthetic_data(scenario));
  const auto loss = [&](double share) {
    const auto chosen = choose(law, with_share(scenario, a_token, share));
    const auto* choice = std::get_if<Choice>(&chosen);
    return choice ? choice->run.loss.value() : kInfinite;
  };
  constexpr double kMostShare = 0.95;
  constexpr int kCells = 38;
  const double share = lowest(loss, 0.0, kMostShare, kCells, 1e-7);
  SyntheticSupply supply;
  supply.flops_per_token = a_token;
  supply.loss_without = without.choice.run.loss;
  if (!(share > 0.0) || loss(share) >= supply.loss_without->value()) {
    without.synthetic = supply;
    return without;
  }
  Supplied with = without;
  with.scenario = with_share(scenario, a_token, share);
  with.choice = std::get<Choice>(choose(law, with.scenario));
  supply.flops = scenario.flops->low * share;
  supply.tokens = Tokens(supply.flops / a_token);
  with.synthetic = supply;
  return with;
}

/// As many as make the run for a loss, with them, the cheapest by the law's
/// point; where no run reaches it without, as many as that takes.
std::variant<Supplied, Finding> supplied_for_loss(
    const Law& law,
    const Scenario& scenario,
    std::variant<Choice, Finding> alone) {
  constexpr double kMostTimes = 1000.0;  // the unique tokens
  constexpr int kCells = 24;
  constexpr double kWidth = 1e-5;
  const Flops a_token = synthetic_flops(synthetic_data(scenario));
  const Tokens unique = scenario.unique_tokens->middle();
  const LifeCost cost(scenario, "plan");
  const auto with_more = [&](double log_times) {
    Scenario changed = scenario;
    changed.unique_tokens = unique * std::exp(log_times);
    return changed;
  };
  const auto written = [&](double log_times) {
    return unique * std::expm1(log_times);
  };
  const auto log_cost = [&](double log_times) {
    Scenario by_point = with_more(log_times);
    by_point.risk.reset();
    const auto chosen = choose(law, by_point);
    const auto* choice = std::get_if<Choice>(&chosen);
    if (!choice) return kInfinite;
    return cost.log_cost(std::log(choice->run.params.value()),
                         std::log(choice->run.tokens.value()),
                         a_token * written(log_times).value());
  };
  const double most = std::log(kMostTimes);
  const double at = lowest(log_cost, 0.0, most, kCells, kWidth);
  SyntheticSupply supply;
  supply.flops_per_token = a_token;
  const auto* choice = std::get_if<Choice>(&alone);
  if (choice) supply.flops_without = choice->run.flops;
  if (!(at > 0.0) || !(log_cost(at) < (choice ? log_cost(0.0) : kInfinite))) {
    if (!choice) return std::get<Finding>(std::move(alone));
    return Supplied{*choice, scenario, supply};
  }
  Scenario with = with_more(at);
  supply.tokens = written(at);
  supply.flops = a_token * supply.tokens.value();
  auto chosen = choose(law, with);
  if (auto* finding = std::get_if<Finding>(&chosen)) return *finding;
  return Supplied{std::get<Choice>(std::move(chosen)), std::move(with), supply};
}

}  // namespace

SyntheticData synthetic_data(const Scenario& scenario) {
  return {scenario.generator_params->middle(),
          middle_or(scenario.acceptance, Share(1.0)),
          given(scenario.verifier_params)};
}

std::variant<Supplied, Finding> choose_supplied(const Law& law,
                                                const Scenario& scenario) {
  auto alone = choose(law, scenario);
  if (scenario.generator_params && scenario.target_loss) {
    return supplied_for_loss(law, scenario, std::move(alone));
  }
  if (auto* finding = std::get_if<Finding>(&alone)) return *finding;
  Supplied without{std::get<Choice>(std::move(alone)), scenario, {}};
  if (!scenario.generator_params) return without;
  return supplied_by_budget(law, scenario, std::move(without));
}

void price_synthetic(const Scenario& scenario,
                     std::optional<SyntheticSupply>& supply) {
  if (!supply) return;
  const auto cluster = cluster_of(scenario, "plan");
  if (!cluster || !cluster->price) return;
  const Flops million = supply->flops_per_token * 1e6;
  supply->usd_per_million_tokens = UsdPerMillionTokens(
      rent(device_hours(million, cluster->peak, cluster->mfu()),
           *cluster->price)
          .value());
}

Supplied planned_supply(const Law& law, const Scenario& scenario) {
  Scenario middle =
      with_target_loss(settled(law, at_middle(scenario), "plan").scenario, law);
  require_goal(middle, "plan");
  if (middle.target_loss) require_supply(middle, "check");
  middle = with_compute_budget(with_open_epochs(middle, law), "plan");
  auto chosen = choose_supplied(law, middle);
  if (const auto* finding = std::get_if<Finding>(&chosen)) {
    throw NoOptimum("plan", *finding);
  }
  Supplied found = std::get<Supplied>(std::move(chosen));
  price_synthetic(middle, found.synthetic);
  return found;
}

}  // namespace isoflop
