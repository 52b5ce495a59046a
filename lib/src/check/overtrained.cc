// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include "check/rule.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The model is smaller than compute-optimal and is trained for longer: training
alone costs more than it had to, serving costs less. A note, not a fault.

It pays when the tokens served make up for it. Over the life of a model the
compute is 6 N D for training and 2 N per token served. Against the
compute-optimal run (N0, D0) of the same loss a smaller one is cheaper from

  tokens served = 3 (N D - N0 D0) / (N0 - N)

on, and of all runs of that loss it is the cheapest at

  tokens served = 3 D (r - 1),  r = (dL / d ln N) / (dL / d ln D)

Under another model.flops_rule D is the FLOP of training over 6 N. Both are zero
at the compute-optimal size and grow as the model shrinks. The rule fires when
the training compute spent above the optimum's for the same loss reaches
--waste-warning.

Example: LLaMA-7B, 6.7B parameters on 1T tokens, pays from about 0.7T tokens
served and is the cheapest of its loss at about 3T.

Source: Sardana et al. 2023, arXiv:2401.00448, for the lifetime cost; the
condition follows by setting its derivative along equal loss to zero.
)";

/// Tokens served from which the smaller model is cheaper over its life than
/// the compute-optimal one of the same loss, and at which it is the cheapest.
struct Demand {
  double pays_from = 0.0;
  double cheapest_at = 0.0;
};

Demand demand_of(const CheckContext& context) {
  const Check& check = context.check;
  const CheckSample& point = context.point;
  const auto form = context.compute.shaped(check.law.form);
  const double* theta = point.theta.data();
  const double log_counted = point.log_tokens + point.log_factor;
  const double log_flops =
      log_flops_for_same_loss(*form, theta, point.log_params, log_counted);
  const double params = std::exp(optimal_log_params(*form, theta, log_flops));
  const double own = check.run.params.value();
  const double saved = check.run.flops.value() - std::exp(log_flops);
  const double ratio = slope_ratio(*form, theta, point.log_params, log_counted);
  return {saved / (2.0 * (params - own)),
          3.0 * std::exp(log_counted) * (ratio - 1.0)};
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  const double least = check.options.waste_warning;
  const auto fires = [least](const CheckSample& sample) {
    return sample.log_params < sample.log_params_optimal &&
           sample.waste >= least;
  };
  const double chance = context.chance(fires);
  if (chance < check.options.remote) return;
  std::string message = format_quantity(check.run.params) + " parameters are " +
                        format_number(check.waste.params_over_optimal, 3) +
                        " of the optimal size; training costs " +
                        format_number(100 * check.waste.compute_factor, 3) +
                        " % more compute than the same loss needs";
  if (context.has_ranges) {
    message = context.in_share(chance) +
              "the model is smaller than optimal and trained for longer";
  }
  std::string remedy;
  std::vector<Evidence> values = {
      {"compute_factor", check.waste.compute_factor},
      {"params_over_optimal", check.waste.params_over_optimal}};
  if (fires(context.point)) {
    const Demand demand = demand_of(context);
    remedy = "it pays from about " +
             format_quantity(demand.pays_from, TokensTag::unit, 2) +
             " tokens served, and is the cheapest of its loss at " +
             format_quantity(demand.cheapest_at, TokensTag::unit, 2);
    if (context.point.serving_tokens > 0.0) {
      remedy += "; serving.tokens is " +
                format_quantity(context.point.serving_tokens, TokensTag::unit);
    }
    values.push_back({"tokens_served_to_pay", demand.pays_from});
    values.push_back({"tokens_served_cheapest", demand.cheapest_at});
  }
  Finding finding{"plan.overtrained",
                  Severity::Note,
                  std::move(message),
                  std::move(remedy),
                  std::move(values)};
  context.add_chance(fires, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleOvertrained;
const Rule kRuleOvertrained{
    {"plan.overtrained",
     "smaller than optimal and trained for longer: pays once served enough",
     kPage,
     "data.tokens model.params budget.flops"},
    run};

}  // namespace isoflop
