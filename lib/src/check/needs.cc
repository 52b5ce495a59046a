// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <optional>

#include "base/root.h"
#include "check/rule.h"
#include "isoflop/laws/repeats.h"

namespace isoflop {
namespace {

/// Tokens, at a compute, below which a plan wastes `waste` on too many
/// parameters.
/// @param fill  gives a sample of these tokens its form and their worth
template <class F>
std::optional<double> log_tokens_threshold(F&& fill,
                                           const TrainingCompute& compute,
                                           const Eigen::VectorXd& theta,
                                           double log_flops,
                                           double waste) {
  const auto sample_at = [&](double log_tokens) {
    CheckSample sample;
    sample.theta = theta;
    sample.log_tokens = log_tokens;
    sample.log_params = compute.log_params(log_flops, log_tokens);
    sample.log_factor = compute.log_factor(sample.log_params);
    fill(sample);
    return sample;
  };
  // The waste, negative where there are too few parameters, less the bound.
  const auto beyond = [&](double log_tokens) {
    CheckSample sample = sample_at(log_tokens);
    judge(sample);
    const bool is_large = sample.log_params > sample.log_params_optimal;
    return (is_large ? sample.waste : -sample.waste) - waste;
  };
  const CheckSample some = sample_at(0.5 * log_flops);
  double high = compute.log_tokens(
      log_flops, optimal_log_params(*some.form, theta.data(), log_flops));
  if (!std::isfinite(high)) return std::nullopt;
  double at_high = beyond(high);
  constexpr double kStep = 0.5;
  for (double low = high - kStep; low > 0.0; low -= kStep) {
    const double at_low = beyond(low);
    if (at_low >= 0.0) {
      return at_high < 0.0 ? std::optional(bracketed_root(
                                 beyond, low, high, at_low, at_high))
                           : std::nullopt;
    }
    high = low;
    at_high = at_low;
  }
  return std::nullopt;
}

std::optional<double> exp_of(const std::optional<double>& log) {
  if (!log || !std::isfinite(*log)) return std::nullopt;
  return std::exp(*log);
}

}  // namespace

CheckNeeds needs_of(const CheckContext& context) {
  const Check& check = context.check;
  const Eigen::VectorXd& theta = context.point.theta;
  const TrainingCompute& compute = context.compute;
  const double log_flops = std::log(check.run.flops.value());
  const Law fresh = with_unique_tokens(context.law, std::nullopt, "check");
  CheckNeeds needs;
  if (const auto run = compute.best_for(fresh, check.run.params)) {
    needs.tokens = run->tokens.value();
  }
  const Tokens worth(check.repeats ? check.repeats->tokens_worth
                                   : check.run.tokens.value());
  if (const auto run = compute.best_for(fresh, worth)) {
    needs.params_supported = run->params.value();
  }
  // What repeats are worth is in the form of a law that reads the unique
  // tokens, and in the tokens under any other.
  const bool reads =
      context.law.form->input_index(kUniqueTokens.name).has_value();
  const double worn = worn_repeats(context.law);
  const auto fresh_form = compute.shaped(fresh.form);
  const auto filled = [&](CheckSample& sample, std::optional<double> unique) {
    sample.log_worth = sample.log_tokens;
    sample.form = fresh_form;
    if (!unique) return;
    if (reads) {
      sample.form = compute.shaped(
          with_unique_tokens(context.law.form, Tokens(*unique), "check"));
    } else if (!context.law.is_forecast()) {
      sample.log_worth = std::log(tokens_worth(sample.tokens(), *unique, worn));
    }
  };
  std::optional<double> unique;
  if (check.repeats) unique = context.point.unique_tokens;
  needs.tokens_to_clear = exp_of(
      log_tokens_threshold([&](CheckSample& sample) { filled(sample, unique); },
                           compute,
                           theta,
                           log_flops,
                           check.options.waste_warning));
  const double epochs = check.scenario.useful_epochs();
  const auto repeated = [&](CheckSample& sample) {
    filled(sample, sample.tokens() / epochs);
  };
  if (const auto tokens = exp_of(log_tokens_threshold(
          repeated, compute, theta, log_flops, check.options.waste_error))) {
    needs.unique_tokens_threshold = *tokens / epochs;
  }
  return needs;
}

}  // namespace isoflop
