// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "isoflop/plan/run_cost.h"
#include "plan/cluster.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

/// Device-hours that a budget pays for, and its key.
using Paid = std::pair<DeviceHours, std::string>;

std::vector<Paid> paid_hours(const Scenario& scenario, const Cluster& cluster) {
  std::vector<Paid> paid;
  if (scenario.usd) {
    paid.emplace_back(
        DeviceHours(scenario.usd->middle().value() / cluster.price->value()),
        "budget.usd");
  }
  if (scenario.energy) {
    const Joules hour =
        energy(DeviceHours(1.0), *cluster.device.power, cluster.pue);
    paid.emplace_back(DeviceHours(scenario.energy->middle() / hour),
                      "budget.energy");
  }
  if (scenario.days && cluster.count) {
    paid.emplace_back(device_hours_of(scenario.days->middle(), *cluster.count),
                      "budget.days");
  }
  return paid;
}

/// Largest size that meets a demand which smaller models meet better.
std::optional<Params> largest(const std::function<bool(Params)>& is_met) {
  double low = std::log(1e6);
  double high = std::log(1e15);
  if (!is_met(Params(std::exp(low)))) return std::nullopt;
  if (is_met(Params(std::exp(high)))) return Params(std::exp(high));
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (is_met(Params(std::exp(middle))) ? low : high) = middle;
  }
  return Params(std::exp(low));
}

}  // namespace

std::optional<ComputeBudget> compute_budget(const Scenario& scenario,
                                            std::string_view owner) {
  const auto cluster = cluster_of(scenario, owner);
  const bool is_money = scenario.usd || scenario.days || scenario.energy;
  if (scenario.flops && !scenario.flops->is_exact()) {
    if (is_money) {
      fail(owner,
           "flops is a range, but with another budget must be one value");
    }
    return std::nullopt;
  }
  std::optional<ComputeBudget> tightest;
  if (scenario.flops) tightest = {scenario.flops->low, "budget.flops"};
  if (!is_money) return tightest;
  const std::vector<Paid> paid = paid_hours(scenario, *cluster);
  if (paid.empty()) {
    // Days alone set the number of devices of a run that else is known.
    const bool is_known = scenario.params || scenario.active_params ||
                          scenario.tokens || scenario.target_loss ||
                          scenario.target_error;
    if (!tightest && !is_known) {
      fail(owner, "days needs count, or another budget beside it");
    }
    return tightest;
  }
  std::optional<int> devices = cluster->count;
  if (!devices && scenario.days) {
    DeviceHours least = paid.front().first;
    for (const Paid& limit : paid) least = std::min(least, limit.first);
    devices = cluster->nodes_up(least /
                                device_hours_of(scenario.days->middle(), 1.0));
  }
  const double kept = cluster->kept(devices);
  for (const auto& [hours, key] : paid) {
    const Flops flops = flops_in(hours * kept, cluster->peak, cluster->mfu());
    if (!tightest || flops < tightest->flops) tightest = {flops, key};
  }
  if (!(tightest->flops.value() > 0.0)) {
    fail(owner,
         "failures leave no time to train on " + std::to_string(*devices) +
             " devices");
  }
  return tightest;
}

Scenario with_compute_budget(Scenario scenario, std::string_view owner) {
  const auto budget = compute_budget(scenario, owner);
  // A loss to reach sets the compute; budgets are bounds on it then.
  if (budget && !scenario.target_loss &&
      !((scenario.params || scenario.active_params) && scenario.tokens)) {
    scenario.flops = budget->flops;
  }
  return scenario;
}

std::optional<SizeBudget> size_budget(const Scenario& scenario,
                                      std::string_view owner) {
  std::optional<SizeBudget> tightest;
  const auto add = [&](const char* key,
                       const std::function<bool(Params)>& is_met) {
    const Params params = largest(is_met).value_or(Params(0.0));
    if (!tightest || params < tightest->params) tightest = {params, key};
  };
  if (scenario.max_params)
    tightest = {scenario.max_params->middle(), "model.max_params"};
  const TokensPerSecond least =
      middle_or(scenario.min_tokens_per_second, TokensPerSecond(0.0));
  if (const auto server = server_of(scenario, owner)) {
    const auto fastest = [&](Params params) {
      return decode_of(scenario, *server, params);
    };
    add("serving.accelerator", [&](Params params) {
      return cheapest_decode(server->device,
                             shape_of(scenario, params),
                             server->load,
                             TokensPerSecond(0.0))
          .has_value();
    });
    if (scenario.min_tokens_per_second) {
      add("serving.min_tokens_per_second",
          [&](Params params) { return fastest(params).has_value(); });
    }
    if (scenario.max_usd_per_million_tokens && server->price) {
      add("serving.max_usd_per_million_tokens", [&](Params params) {
        const auto speed = fastest(params);
        return speed && price_of(*speed, *server->price) <=
                            scenario.max_usd_per_million_tokens->middle();
      });
    }
  }
  if (const auto device = user_device_of(scenario)) {
    const ServingLoad load = load_of(scenario);
    add("serving.device", [&](Params params) {
      const auto speed =
          decode_alone(*device, shape_of(scenario, params), load);
      return speed && speed->per_user >= least;
    });
  }
  return tightest;
}

}  // namespace isoflop
