// SPDX-License-Identifier: Apache-2.0
#include "plan/cost_over_draws.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "isoflop/plan/lifetime.h"
#include "plan/choice.h"
#include "plan/life_cost.h"
#include "plan/loss_choice.h"
#include "plan/loss_runs.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

/// A quantile of sorted values, of which the last may be infinite.
double quantile_of(const std::vector<double>& sorted, double share) {
  const double at = share * double(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  if (sorted[below] == sorted[above]) return sorted[below];
  return sorted[below] + (at - double(below)) * (sorted[above] - sorted[below]);
}

double measure_of(const std::vector<double>& sorted, const Risk& risk) {
  if (risk.kind != Risk::Kind::Mean) {
    return quantile_of(sorted, risk.is_point() ? 0.5 : risk.quantile);
  }
  return std::accumulate(sorted.begin(), sorted.end(), 0.0) /
         double(sorted.size());
}

/// The cheapest run that a draw of the law gives the loss.
std::optional<Run> run_under(const LogLoss& log_loss,
                             const Scenario& scenario,
                             const LogCost& log_cost,
                             const LossRunBounds& bounds) {
  constexpr Search kCoarse{24, 1e-4};
  const Nats loss = scenario.target_loss->middle();
  if (const auto params = given_size(scenario)) {
    const auto tokens = tokens_for_loss(log_loss, *params, loss);
    if (!tokens || *tokens > bounds.most_tokens) return std::nullopt;
    return Run{*params, *tokens};
  }
  if (const auto tokens = given(scenario.tokens)) {
    const auto params = params_for_loss(log_loss, *tokens, loss);
    if (!params || *params > bounds.most_params) return std::nullopt;
    return Run{*params, *tokens};
  }
  return cheapest_run(log_loss, loss, log_cost, bounds, kCoarse);
}

}  // namespace

std::optional<CostOverDraws> cost_over_draws(const Law& law,
                                             const Scenario& scenario,
                                             const LossRunBounds& bounds,
                                             double level) {
  constexpr Eigen::Index kMostDraws = 1000;
  if (!law.has_draws()) return std::nullopt;
  const TrainingCompute compute(scenario);
  // Prices of serving from 1e6 to 1e15 parameters.
  const LifeCost cost =
      LifeCost(scenario, "plan").tabulated(std::log(1e6), std::log(1e15));
  const LogCost log_cost = cost.function();
  const auto form = bind_inputs(law.form, {}, "plan");
  const Eigen::Index count = std::min(kMostDraws, law.draws.rows());
  std::vector<double> flops(static_cast<std::size_t>(count), kInfinite);
  std::vector<double> usd = flops;
  const Tokens served = scenario.minimise == Goal::LifetimeCost
                            ? scenario.serving_tokens->middle()
                            : Tokens(0.0);
  double unreached = 0.0;
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::VectorXd theta = form->theta_from_coefficients(
        law.draws.row(i * law.draws.rows() / count));
    const LogLoss log_loss = [&](double log_params, double log_tokens) {
      const double inputs[2] = {log_params, log_tokens};
      return form->evaluate(theta.data(), inputs);
    };
    const auto run = run_under(log_loss, scenario, log_cost, bounds);
    if (!run) {
      ++unreached;
      continue;
    }
    const auto at = static_cast<std::size_t>(i);
    flops[at] = (compute.flops(run->first, run->second) +
                 served_flops(run->first, served))
                    .value();
    if (cost.is_usd()) {
      usd[at] = std::exp(log_cost(std::log(run->first.value()),
                                  std::log(run->second.value())));
    }
  }
  CostOverDraws result;
  result.unreached = unreached / double(count);
  result.risk = scenario.risk.value_or(Risk());
  const double tail = 0.5 * (1.0 - level);
  std::sort(flops.begin(), flops.end());
  result.flops = {quantile_of(flops, tail), quantile_of(flops, 1.0 - tail)};
  result.flops_at_risk = Flops(measure_of(flops, result.risk));
  if (cost.is_usd()) {
    std::sort(usd.begin(), usd.end());
    result.usd = {quantile_of(usd, tail), quantile_of(usd, 1.0 - tail)};
    result.usd_at_risk = Usd(measure_of(usd, result.risk));
  }
  return result;
}

}  // namespace isoflop
