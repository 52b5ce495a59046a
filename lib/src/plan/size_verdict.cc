// SPDX-License-Identifier: Apache-2.0
#include "plan/size_verdict.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/root.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/units/text.h"
#include "plan/choice.h"
#include "plan/mixture.h"
#include "units/log_flops.h"
#include "units/threshold_text.h"

namespace isoflop {
namespace {

/// A run by the law's point, as its size is judged.
struct Judged {
  TrainingCompute compute;
  Law law;  ///< by which tokens are new, of the model
  TokenWorth worth;
  Eigen::VectorXd theta;
  double unique = 0.0;  ///< 0: not known

  Judged(const Law& given, const Scenario& scenario)
      : compute(scenario),
        law(law_of_model(given, scenario, "plan")),
        worth(law, isoflop::given(scenario.unique_tokens), compute),
        theta(worth.form->theta_from_coefficients(law.coefficients)) {
    if (scenario.unique_tokens) {
      unique = scenario.unique_tokens->middle().value();
    }
  }

  SizeVerdict at(double log_params, double tokens) const {
    return size_verdict(
        *worth.form,
        theta,
        log_params,
        worth.log_worth(tokens, unique) + compute.log_factor(log_params));
  }

  /// ln N on these tokens from which a warning is due, below one that has it.
  double log_params_fed(double log_params, double tokens) const {
    const auto beyond = [&](double at_log_params) {
      const SizeVerdict found = at(at_log_params, tokens);
      const bool is_large = at_log_params > found.log_params_optimal;
      return (is_large ? found.waste : -found.waste) - kWasteWarning;
    };
    double low = log_params;
    double at_low = beyond(low);
    double high = low;
    double at_high = at_low;
    while (at_low > 0.0 && low > 0.0) {
      high = std::exchange(low, low - 0.5);
      at_high = std::exchange(at_low, beyond(low));
    }
    return bracketed_root(beyond, low, high, at_low, at_high);
  }
};

/// The run of more passes than are taken by default, where the law tells their
/// worth, they lower the loss, and they are not hopelessly many.
std::optional<Optimum> more_passes(const Judged& judged,
                                   const Law& bound,
                                   const Optimum& run,
                                   const Scenario& scenario) {
  if (scenario.max_epochs || !judged.worth.weighs_repeats) return std::nullopt;
  const Optimum best = judged.compute.best(bound, run.flops);
  const double passes = best.tokens.value() / judged.unique;
  const bool is_better = best.tokens > run.tokens && best.loss < run.loss;
  if (!is_better || passes > kHopelessPasses * Scenario::kUsefulEpochs) {
    return std::nullopt;
  }
  const SizeVerdict verdict =
      judged.at(std::log(best.params.value()), best.tokens.value());
  if (verdict.is_over(std::log(best.params.value()), kWasteError)) {
    return std::nullopt;
  }
  return best;
}

/// Where parameters stop paying, of a run that has all the data there are.
void add_fed(const Judged& judged,
             const Law& bound,
             const Optimum& run,
             const Scenario& scenario,
             Finding& finding) {
  const double at =
      judged.log_params_fed(std::log(run.params.value()), run.tokens.value());
  if (!std::isfinite(at)) return;
  const Params params(std::exp(at));
  const Flops flops = judged.compute.flops(params, run.tokens);
  const Nats loss = bound.loss(params, run.tokens);
  const double lost = (loss - bound.loss(run.params, run.tokens)).value();
  finding.remedy = "stop at " + format_at_most(params) + " params, " +
                   format_number(100.0 * (flops / run.flops), 3) +
                   " % of the compute: the rest buys " +
                   format_number(lost, 2) + " nats; or find more tokens";
  if (const auto more = more_passes(judged, bound, run, scenario)) {
    finding.remedy +=
        ", or make up to " +
        format_number(
            std::ceil(10.0 * more->tokens.value() / judged.unique) / 10.0, 3) +
        " passes (data.max_epochs): " + format_quantity(more->params) +
        " params, loss " + format_number(more->loss.value(), 4);
    finding.values.push_back({"params_more_passes", more->params.value()});
    finding.values.push_back({"tokens_more_passes", more->tokens.value()});
    finding.values.push_back({"loss_more_passes", more->loss.value()});
  }
  finding.values.push_back({"params_fed", params.value()});
  finding.values.push_back({"flops_fed", flops.value()});
  finding.values.push_back({"loss_fed", loss.value()});
}

}  // namespace

TokenWorth::TokenWorth(const Law& law,
                       std::optional<Tokens> unique,
                       const TrainingCompute& compute)
    : worn(worn_repeats(law)) {
  const bool reads = law.form->input_index(kUniqueTokens.name).has_value();
  weighs_repeats = unique && !reads && !law.is_forecast();
  form = compute.shaped(with_unique_tokens(
      law.form, reads ? unique : std::optional<Tokens>(), "plan"));
}

double TokenWorth::log_worth(double tokens, double unique) const {
  return std::log(weighs_repeats ? tokens_worth(tokens, unique, worn) : tokens);
}

SizeVerdict size_verdict(const Form& form,
                         const Eigen::VectorXd& theta,
                         double log_params,
                         double log_worth) {
  const double log_flops = log_train_flops(log_params, log_worth);
  return {
      optimal_log_params(form, theta.data(), log_flops),
      std::expm1(log_flops - log_flops_for_same_loss(
                                 form, theta.data(), log_params, log_worth)),
      log_flops};
}

std::string size_words(Flops flops, Flops judged, double over, double waste) {
  constexpr double kSeen = 0.995;
  const bool is_less = judged < flops * kSeen;
  const std::string worth =
      is_less ? " (" + format_quantity(judged) + " as repeats count)" : "";
  return format_number(over, 3) + " times the optimal size at " +
         format_quantity(flops) + " FLOP" + worth + "; " +
         (std::isfinite(waste)
              ? format_number(100.0 * waste, 3) +
                    " % more compute than the same loss needs" +
                    (is_less ? " on new tokens" : "")
              : "no compute at which that loss would be optimal");
}

Finding too_large(const Optimum& run, const SizeVerdict& verdict) {
  const double best = std::exp(verdict.log_params_optimal);
  const double over = run.params.value() / best;
  return {"plan.overparameterized",
          Severity::Warning,
          format_quantity(run.params) + " parameters are " +
              size_words(run.flops,
                         Flops(std::exp(verdict.log_flops)),
                         over,
                         verdict.waste),
          "",
          {{"compute_factor", verdict.waste},
           {"params_over_optimal", over},
           {"params_optimal", best}}};
}

Finding too_many_passes(Tokens tokens, Tokens unique, double useful_epochs) {
  const double epochs = tokens / unique;
  const Tokens needed = tokens / useful_epochs;
  return {"plan.data-wall",
          Severity::Warning,
          format_quantity(tokens) + " training tokens are " +
              format_number(epochs, 3) + " passes over " +
              format_quantity(unique) + " unique ones; " +
              format_number(useful_epochs, 3) + " are useful",
          "find " + format_at_least(needed) + " unique tokens, or train on " +
              format_at_most(unique * useful_epochs),
          {{"epochs", epochs}, {"unique_tokens_needed", needed.value()}}};
}

std::vector<Finding> size_findings(const Law& law,
                                   const Scenario& scenario,
                                   const Optimum& run) {
  std::vector<Finding> findings;
  const double log_params = std::log(run.params.value());
  const Judged judged(law, scenario);
  const SizeVerdict verdict = judged.at(log_params, run.tokens.value());
  if (verdict.is_over(log_params, kWasteWarning)) {
    Finding finding = too_large(run, verdict);
    if (verdict.waste >= kWasteError) finding.severity = Severity::Error;
    const Law bound = bind_scenario(law, scenario, "plan");
    const Tokens most = most_tokens(scenario);
    if (run.tokens >= most * (1.0 - 1e-12)) {
      add_fed(judged, bound, run, scenario, finding);
    } else {
      const Optimum best = judged.compute.best(bound, run.flops);
      finding.remedy = "train " + format_quantity(best.params) +
                       " parameters on " + format_quantity(best.tokens) +
                       " tokens: loss " + format_number(best.loss.value(), 4) +
                       " instead of " + format_number(run.loss.value(), 4);
      finding.values.push_back({"tokens_optimal", best.tokens.value()});
    }
    findings.push_back(std::move(finding));
  }
  if (!scenario.unique_tokens) return findings;
  const Tokens unique = scenario.unique_tokens->middle();
  const double passes = run.tokens / unique / (1.0 + 1e-12);
  const bool is_hopeless = passes > kHopelessPasses * scenario.useful_epochs();
  // A law that weighs repeats has decided on the passes, but for hopeless ones.
  const bool weighs = !scenario.max_epochs && !scenario.tokens &&
                      judged.law.form->input_index(kUniqueTokens.name);
  if (is_hopeless || (passes > scenario.useful_epochs() && !weighs)) {
    findings.push_back(
        too_many_passes(run.tokens, unique, scenario.useful_epochs()));
    if (is_hopeless) findings.back().severity = Severity::Error;
  }
  return findings;
}

}  // namespace isoflop
