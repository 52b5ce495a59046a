// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <optional>
#include <utility>

#include "base/root.h"
#include "check/rule.h"
#include "isoflop/units/text.h"
#include "plan/size_verdict.h"
#include "units/threshold_text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
A smaller model, trained on more tokens with the same compute, would reach a
lower loss: N is above N*, the compute-optimal size at C = 6 N D, by enough to
waste compute.

  waste = C / C_same - 1,  where  L*(C_same) = L(N, D)

and L*(C) is the loss of the optimum at a budget; model.flops_rule counts C
otherwise, of the plan and of the optimum alike. From 10 % the rule warns,
from 25 % it fails (--waste-warning, --waste-error). The doubt of a fitted law
moves the optimum by a few per cent of compute at the sizes of today's runs, so
10 % is the least that is not noise; 25 % is more than the gain of a typical
change of recipe.

Where unique_tokens are given, repeats count for what they are worth: N* is the
size that the worth of the tokens feeds, and the optimum has new tokens.

Beside the law that is asked the published ones are: of a dense model those
that vote, of a mixture of experts those of mixtures, which hold the number of
experts and the share at work and move the parameters at work.

Where quantities are ranges the severity follows the share of samples that
reach each bound: an error from a half (--likely), a warning from a fifth
(--possible), a note from a twentieth (--remote).

Example: MT-NLG, 530B parameters on 270B tokens. By besiroglu2024 the optimum
at its compute is 88.8B parameters on 1.61T tokens; the plan wastes 194 %.

Accept it when the data really are all there is and the model is trained for
what size alone gives; then look at plan.data-wall and plan.memorizes.

Source: Hoffmann et al. 2022, arXiv:2203.15556; coefficients as of the law.
)";

std::optional<Severity> severity_of(const CheckContext& context) {
  const CheckOptions& options = context.check.options;
  const auto chance = [&](double waste) {
    return context.chance(
        [waste](const CheckSample& sample) { return sample.is_over(waste); });
  };
  return context.severity(chance(options.waste_error),
                          chance(options.waste_warning));
}

std::size_t flagged_by(const Check& check) {
  std::size_t flagged = 0;
  for (const LawVerdict& verdict : check.by_law) flagged += verdict.flagged;
  return flagged;
}

/// The law asked sees nothing, and most published ones do.
void add_disagreement(const Check& check, std::vector<Finding>& findings) {
  const std::size_t flagged = flagged_by(check);
  if (2 * flagged <= check.by_law.size()) return;
  findings.push_back({"law.disagreement",
                      Severity::Warning,
                      agreement(check) +
                          " call this size overparameterised, where '" +
                          check.law.id + "' does not",
                      "judge it under a law fitted on models like these",
                      {{"laws_flagged", static_cast<double>(flagged)},
                       {"laws", static_cast<double>(check.by_law.size())}}});
}

/// The largest size that the tokens feed without a warning.
std::optional<Params> params_fed(const CheckContext& context) {
  const auto beyond = [&](double log_params) {
    CheckSample sample = context.point;
    sample.log_params = log_params;
    sample.log_factor = context.compute.log_factor(log_params);
    judge(sample);
    const bool is_large = log_params > sample.log_params_optimal;
    return (is_large ? sample.waste : -sample.waste) -
           context.check.options.waste_warning;
  };
  double high = context.point.log_params;
  double at_high = beyond(high);
  constexpr double kStep = 0.5;
  for (double low = high - kStep; low > 0.0; low -= kStep) {
    const double at_low = beyond(low);
    if (at_low < 0.0) {
      return Params(
          std::exp(bracketed_root(beyond, low, high, at_low, at_high)));
    }
    high = low;
    at_high = at_low;
  }
  return std::nullopt;
}

/// The better run at the same compute, of ranges in their middle; or the
/// tokens that clear the finding, where compute is a range.
std::string remedy_of(const CheckContext& context) {
  const Check& check = context.check;
  if (!context.has_ranges) {
    std::string remedy =
        "train " + format_quantity(check.best.params) + " parameters on " +
        format_quantity(check.best.tokens) +
        (check.repeats ? " distinct tokens: loss " : " tokens: loss ") +
        format_number(check.best.loss.value(), 4) + " instead of " +
        format_number(check.run.loss.value(), 4);
    if (!check.repeats) return remedy;
    if (const auto fed = params_fed(context)) {
      remedy += "; or " + format_at_most(*fed) + " on the tokens at hand";
    }
    return remedy;
  }
  if (!check.scenario.flops || !check.needs.tokens_to_clear) {
    return "in the middle of the ranges " + format_quantity(check.best.params) +
           " parameters on " + format_quantity(check.best.tokens) +
           (check.repeats ? " distinct tokens" : " tokens") +
           " are best at the same compute";
  }
  return "at " + format_quantity(check.run.flops) +
         " FLOP it is cleared by more than " +
         format_at_least(*check.needs.tokens_to_clear, TokensTag::unit) +
         " tokens";
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const std::optional<Severity> severity = severity_of(context);
  const Check& check = context.check;
  if (!severity) {
    add_disagreement(check, findings);
    return;
  }
  const Waste& waste = check.waste;
  std::string message;
  if (context.has_ranges) {
    message = "in " + format_number(100 * *waste.probability, 2) +
              " % of what is possible the model has too many parameters for "
              "its data, wasting " +
              format_number(100 * check.options.waste_warning, 3) +
              " % or more of its compute";
  } else {
    message = too_large(check.run,
                        {context.point.log_params_optimal,
                         waste.compute_factor,
                         std::log(check.best.flops.value())})
                  .message +
              " (" + agreement(check) + " say so)";
  }
  std::vector<Evidence> values = {
      {"compute_factor", waste.compute_factor},
      {"loss_regret_nats", waste.loss_regret_nats},
      {"params_over_optimal", waste.params_over_optimal},
      {"params_optimal", check.best.params.value()},
      {"tokens_optimal", check.best.tokens.value()}};
  if (check.needs.tokens) {
    values.push_back({"tokens_needed", *check.needs.tokens});
  }
  if (waste.probability) {
    values.push_back({"probability", *waste.probability});
  }
  findings.push_back({"plan.overparameterized",
                      *severity,
                      std::move(message),
                      remedy_of(context),
                      std::move(values)});
  if (check.decided_by) context.check.deciders.push_back(*check.decided_by);
}

}  // namespace

extern const Rule kRuleOverparameterized;
const Rule kRuleOverparameterized{
    {"plan.overparameterized",
     "too many parameters for the data: a smaller model would be better",
     kPage,
     "model.params data.tokens budget.flops"},
    run};

}  // namespace isoflop
