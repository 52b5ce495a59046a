// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/optimum.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "base/root.h"
#include "isoflop/units/text.h"
#include "laws/no_optimum.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
double log_loss_at(const Form& form,
                   const double* theta,
                   double log_params,
                   double log_tokens) {
  const double inputs[2] = {log_params, log_tokens};
  return form.evaluate(theta, inputs);
}

/// d ln L / d ln N along C = 6 N D.
double slope_along_budget(const Form& form,
                          const double* theta,
                          double log_flops,
                          double log_params) {
  const double inputs[2] = {log_params, log_rest_of(log_flops, log_params)};
  double gradient[2];
  form.input_gradient(theta, inputs, gradient);
  return gradient[0] - gradient[1];
}

double searched_log_params(const Form& form,
                           const double* theta,
                           double log_flops) {
  constexpr int kCells = 64;
  const double end = log_flops - kLog6;
  const auto slope = [&](double log_params) {
    return slope_along_budget(form, theta, log_flops, log_params);
  };
  double best = kNaN;
  double best_loss = std::numeric_limits<double>::infinity();
  double from = 0.0;
  double slope_from = slope(from);
  for (int cell = 1; cell <= kCells; ++cell) {
    const double to = end * cell / kCells;
    const double slope_to = slope(to);
    if (slope_from < 0.0 && slope_to >= 0.0) {
      const double at = bracketed_root(slope, from, to, slope_from, slope_to);
      const double loss = log_loss_at(form, theta, at, end - at);
      if (loss < best_loss) {
        best_loss = loss;
        best = at;
      }
    }
    from = to;
    slope_from = slope_to;
  }
  return best;
}

Optimum optimum_at(const Law& law, Flops flops, double log_params) {
  if (!std::isfinite(log_params)) {
    throw NoOptimum("optimum",
                    "law '" + law.id + "' has no optimal size at " +
                        format_quantity(flops) +
                        " FLOP: its loss does not turn between one parameter "
                        "and one token");
  }
  const Params params(std::exp(log_params));
  const Tokens tokens = tokens_for(flops, params);
  return {flops, params, tokens, law.loss(params, tokens)};
}

void require_flops(Flops flops) {
  if (!(flops.value() > kFlopsPerParamToken) || !std::isfinite(flops.value())) {
    throw std::invalid_argument("optimum: flops is " +
                                format_exact(flops.value()) +
                                ", but must be finite and > 6");
  }
}

}  // namespace

double optimal_log_params(const Form& form,
                          const double* theta,
                          double log_flops) {
  if (const auto closed = form.optimal_log_params(theta, log_flops)) {
    return *closed;
  }
  return searched_log_params(form, theta, log_flops);
}

Optimum optimum(const Law& law, Flops flops) {
  require_flops(flops);
  const auto form = bind_inputs(law.form, {}, "optimum");
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  return optimum_at(
      law,
      flops,
      optimal_log_params(*form, theta.data(), std::log(flops.value())));
}

std::optional<Allocation> allocation(const Law& law, Flops flops) {
  require_flops(flops);
  if (answers_size_and_data(*law.form)) {
    const auto form = bind_inputs(law.form, {}, "optimum");
    const Eigen::VectorXd theta =
        form->theta_from_coefficients(law.coefficients);
    const double at =
        optimal_log_params(*form, theta.data(), std::log(flops.value()));
    if (!std::isfinite(at)) return std::nullopt;
    const Optimum best = optimum_at(law, flops, at);
    return Allocation{flops, best.params, best.tokens, best.loss};
  }
  if (law.form->input_count() != 1 || !law.form->input_index(kFlops.name)) {
    return std::nullopt;
  }
  const double answer = law.value({{std::string(kFlops.name), flops.value()}});
  const std::string_view output = law.form->output().name;
  if (output == kParams.name) {
    const Params params(answer);
    return Allocation{flops, params, tokens_for(flops, params), {}};
  }
  if (output == kTokens.name) {
    const Tokens tokens(answer);
    return Allocation{flops, params_for(flops, tokens), tokens, {}};
  }
  if (output == kFlopsPerToken.name) {
    return Allocation{flops, {}, Tokens(flops.value() / answer), {}};
  }
  return std::nullopt;
}

std::vector<Allocation> law_allocations(const Law& law) {
  std::vector<Allocation> found;
  for (const double flops : {1e21, 1e23, 1e25}) {
    if (const auto one = allocation(law, Flops(flops))) found.push_back(*one);
  }
  return found;
}

Optimum optimum_by_search(const Law& law, Flops flops) {
  require_flops(flops);
  const auto form = bind_inputs(law.form, {}, "optimum");
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  return optimum_at(
      law,
      flops,
      searched_log_params(*form, theta.data(), std::log(flops.value())));
}

OptimumEstimate optimum_estimate(const Law& law, Flops flops, double level) {
  constexpr double kMostWithout = 0.1;
  OptimumEstimate estimate{optimum(law, flops), {}, {}, {}, {}, 0};
  if (law.is_forecast()) {
    const LossForecast at =
        law.discrepancy->at(estimate.best.params, estimate.best.tokens);
    estimate.best.loss = at.loss();
    estimate.loss_nats = at.curve_interval(level);
  }
  if (!law.has_draws()) return estimate;
  const auto form = bind_inputs(law.form, {}, "optimum");
  const double log_flops = std::log(flops.value());
  std::vector<double> log_params;
  std::vector<double> losses;
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    const Eigen::VectorXd theta =
        form->theta_from_coefficients(law.draws.row(i));
    const double at = optimal_log_params(*form, theta.data(), log_flops);
    // A draw without an interior optimum has no say on where it lies.
    if (!std::isfinite(at)) {
      ++estimate.draws_without;
      continue;
    }
    log_params.push_back(at);
    losses.push_back(std::exp(
        log_loss_at(*form, theta.data(), at, log_rest_of(log_flops, at))));
  }
  if (estimate.draws_without >
      kMostWithout * static_cast<double>(law.draws.rows())) {
    return estimate;
  }
  const auto count = static_cast<Eigen::Index>(log_params.size());
  const Interval n = percentile_interval(
      Eigen::Map<const Eigen::VectorXd>(log_params.data(), count), level);
  const double log_product = log_flops - kLog6;
  estimate.params = {std::exp(n.low), std::exp(n.high)};
  estimate.tokens = {std::exp(log_product - n.high),
                     std::exp(log_product - n.low)};
  estimate.tokens_per_param = {std::exp(log_product - 2.0 * n.high),
                               std::exp(log_product - 2.0 * n.low)};
  if (law.is_forecast()) return estimate;
  estimate.loss_nats = widened(
      percentile_interval(
          Eigen::Map<const Eigen::VectorXd>(losses.data(), count), level),
      estimate.best.loss.value(),
      law.widening_at(flops));
  return estimate;
}

double log_flops_for_same_loss(const Form& form,
                               const double* theta,
                               double log_params,
                               double log_tokens) {
  const double target = log_loss_at(form, theta, log_params, log_tokens);
  const double own = log_train_flops(log_params, log_tokens);
  const auto gap = [&](double log_flops) {
    const double n = optimal_log_params(form, theta, log_flops);
    return log_loss_at(form, theta, n, log_rest_of(log_flops, n)) - target;
  };
  // The optimum at the plan's own compute is at least as good, so the answer
  // lies at or below it.
  double high = own;
  double gap_high = gap(high);
  if (!std::isfinite(gap_high)) return kNaN;
  if (gap_high >= 0.0) return own;
  double step = 0.25;
  double low = own - step;
  double gap_low = gap(low);
  while (gap_low < 0.0) {
    if (!std::isfinite(gap_low) || low < kLog6) return kNaN;
    high = low;
    gap_high = gap_low;
    step *= 2.0;
    low = own - step;
    gap_low = gap(low);
  }
  return bracketed_root(gap, low, high, gap_low, gap_high);
}

Nats irreducible_loss(const Law& law) {
  const double everything = std::log(1e300);
  const auto form = bind_inputs(law.form, {}, "optimum");
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  return Nats(
      std::exp(log_loss_at(*form, theta.data(), everything, everything)));
}

double slope_ratio(const Form& form,
                   const double* theta,
                   double log_params,
                   double log_tokens) {
  const double inputs[2] = {log_params, log_tokens};
  double gradient[2];
  form.input_gradient(theta, inputs, gradient);
  return gradient[0] / gradient[1];
}

}  // namespace isoflop
