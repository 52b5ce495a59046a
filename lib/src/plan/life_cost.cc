// SPDX-License-Identifier: Apache-2.0
#include "plan/life_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "isoflop/plan/lifetime.h"

namespace isoflop {

LifeCost::LifeCost(const Scenario& scenario, std::string_view owner)
    : scenario_(scenario),
      compute_(scenario),
      cluster_(cluster_of(scenario, owner)) {
  const bool lives = scenario.minimise == Goal::LifetimeCost;
  if (lives) {
    server_ = server_of(scenario, owner);
    served_ = scenario.serving_tokens->middle();
  }
  is_usd_ =
      cluster_ && cluster_->price && (!lives || (server_ && server_->price));
}

double LifeCost::served_usd(double log_params) const {
  if (!server_) return 0.0;
  if (!table_.empty()) {
    const double at = std::clamp((log_params - table_low_) / table_step_,
                                 0.0,
                                 double(table_.size() - 1));
    const auto below =
        std::min(static_cast<std::size_t>(at), table_.size() - 2);
    const double part = at - double(below);
    return table_[below] + part * (table_[below + 1] - table_[below]);
  }
  const auto decode =
      decode_of(scenario_, *server_, Params(std::exp(log_params)));
  if (!decode) return std::numeric_limits<double>::infinity();
  constexpr double kMillion = 1e6;
  return price_of(*decode, *server_->price).value() * served_.value() /
         kMillion;
}

double LifeCost::log_cost(double log_params,
                          double log_tokens,
                          Flops beside) const {
  constexpr double kMostLog = 600.0;
  const double tokens = std::exp(std::min(log_tokens, kMostLog));
  const Params params(std::exp(log_params));
  const Flops flops = compute_.flops(params, Tokens(tokens)) + beside;
  if (!is_usd_) {
    return std::log((flops + served_flops(params, served_)).value());
  }
  const DeviceHours work = device_hours(flops, cluster_->peak, cluster_->mfu());
  const DeviceHours paid = work / cluster_->kept(cluster_->devices_on(work));
  return std::log(rent(paid, *cluster_->price).value() +
                  served_usd(log_params));
}

LogCost LifeCost::function() const {
  return [this](double log_params, double log_tokens) {
    return log_cost(log_params, log_tokens);
  };
}

LifeCost LifeCost::tabulated(double low, double high) const {
  constexpr std::size_t kPoints = 400;
  LifeCost copy = *this;
  if (!is_usd_ || !server_) return copy;
  std::vector<double> table(kPoints);
  const double step = (high - low) / double(kPoints - 1);
  for (std::size_t i = 0; i < kPoints; ++i) {
    table[i] = served_usd(low + double(i) * step);
  }
  copy.table_low_ = low;
  copy.table_step_ = step;
  copy.table_ = std::move(table);
  return copy;
}

}  // namespace isoflop
