// SPDX-License-Identifier: Apache-2.0
#include "plan/synthetic.h"

#include <limits>
#include <utility>

#include "isoflop/cost/data_supply.h"
#include "plan/cluster.h"
#include "plan/downstream.h"
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

}  // namespace

SyntheticData synthetic_data(const Scenario& scenario) {
  return {scenario.generator_params->middle(),
          middle_or(scenario.acceptance, Share(1.0)),
          given(scenario.verifier_params)};
}

std::variant<Supplied, Finding> choose_supplied(const Law& law,
                                                const Scenario& scenario) {
  const auto solved = [&](const Scenario& changed) {
    return choose(law, changed);
  };
  auto alone = solved(scenario);
  if (auto* finding = std::get_if<Finding>(&alone)) return *finding;
  Supplied without{std::get<Choice>(std::move(alone)), scenario, {}};
  if (!scenario.generator_params) return without;
  const Flops a_token = synthetic_flops(synthetic_data(scenario));
  const auto loss = [&](double share) {
    const auto chosen = solved(with_share(scenario, a_token, share));
    const auto* choice = std::get_if<Choice>(&chosen);
    return choice ? choice->run.loss.value()
                  : std::numeric_limits<double>::infinity();
  };
  constexpr double kMostShare = 0.95;
  constexpr int kCells = 38;
  const double share = lowest(loss, 0.0, kMostShare, kCells, 1e-7);
  SyntheticSupply supply;
  supply.flops_per_token = a_token;
  supply.loss_without = without.choice.run.loss;
  if (!(share > 0.0) || loss(share) >= supply.loss_without.value()) {
    without.synthetic = supply;
    return without;
  }
  Supplied with = without;
  with.scenario = with_share(scenario, a_token, share);
  with.choice = std::get<Choice>(solved(with.scenario));
  supply.flops = scenario.flops->low * share;
  supply.tokens = Tokens(supply.flops / a_token);
  with.synthetic = supply;
  return with;
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
  Scenario middle = with_target_loss(at_middle(scenario), law);
  require_goal(middle, "plan");
  if (middle.target_loss) require_supply(middle, "check");
  middle = with_compute_budget(with_open_epochs(middle, law), "plan");
  auto chosen = choose_supplied(law, middle);
  if (const auto* finding = std::get_if<Finding>(&chosen)) {
    fail("plan", finding->message);
  }
  Supplied found = std::get<Supplied>(std::move(chosen));
  price_synthetic(middle, found.synthetic);
  return found;
}

}  // namespace isoflop
