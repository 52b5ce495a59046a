// SPDX-License-Identifier: Apache-2.0
#include "plan/neighbours.h"

#include <algorithm>
#include <cmath>

#include "base/root.h"

namespace isoflop {
namespace {

/// Tokens of the run's compute at another size.
Tokens tokens_at(const TrainingCompute& compute,
                 const Optimum& run,
                 double size_factor) {
  const double factor = compute.is_six_n()
                            ? 1.0
                            : compute.factor(run.params) /
                                  compute.factor(run.params * size_factor);
  return run.tokens / size_factor * factor;
}

}  // namespace

SizeAlternative alternative(const Law& law,
                            const TrainingCompute& compute,
                            const Optimum& run,
                            double size_factor) {
  SizeAlternative other;
  other.size_factor = size_factor;
  other.params = run.params * size_factor;
  other.tokens = tokens_at(compute, run, size_factor);
  // Regret is the law's: it is what the size is chosen by. Of a forecast the
  // loss of the run is another, by as much as at its neighbours.
  other.loss = run.loss / law.loss(run.params, run.tokens) *
               law.loss(other.params, other.tokens);
  other.loss_regret_nats = (other.loss - run.loss).value();
  const auto form = compute.shaped(law.form);
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  const double log_params = std::log(other.params.value());
  other.compute_waste =
      std::expm1(std::log(run.flops.value()) -
                 log_flops_for_same_loss(*form,
                                         theta.data(),
                                         log_params,
                                         std::log(other.tokens.value()) +
                                             compute.log_factor(log_params)));
  return other;
}

std::optional<Interval> flat_range(const Law& law,
                                   const TrainingCompute& compute,
                                   const Optimum& run) {
  constexpr double kFlat = 1e-3;
  const Nats at_run = law.loss(run.params, run.tokens);
  const auto excess = [&](double log_factor) {
    const double factor = std::exp(log_factor);
    return law.loss(run.params * factor, tokens_at(compute, run, factor)) /
               at_run -
           1.0 - kFlat;
  };
  Interval range;
  for (const double side : {-1.0, 1.0}) {
    double far = 0.1;
    while (excess(side * far) < 0.0 && far < 30.0) far *= 2.0;
    if (far >= 30.0) return std::nullopt;
    const double low = std::min(0.0, side * far);
    const double high = std::max(0.0, side * far);
    const double at =
        bracketed_root(excess, low, high, excess(low), excess(high));
    if (std::isnan(at)) return std::nullopt;
    (side < 0 ? range.low : range.high) = run.params.value() * std::exp(at);
  }
  return range;
}

void add_intervals(const OptimumEstimate& around,
                   const TrainingCompute& compute,
                   Tokens most,
                   Plan& plan) {
  if (!around.params) return;
  const Flops flops = plan.run.flops;
  const auto capped = [&](double params) {
    return std::min(compute.tokens(flops, Params(params)), most);
  };
  const Tokens low = capped(around.params->high);
  const Tokens high = capped(around.params->low);
  // The data alone decide: there is no spread to show.
  if (low == high) return;
  const Params least = compute.params(flops, high);
  const Params greatest = compute.params(flops, low);
  plan.tokens = {low.value(), high.value()};
  plan.params = {least.value(), greatest.value()};
  plan.tokens_per_param = {low.value() / greatest.value(),
                           high.value() / least.value()};
}

}  // namespace isoflop
