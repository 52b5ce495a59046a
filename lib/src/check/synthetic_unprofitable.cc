// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "check/rule.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/units/text.h"
#include "plan/synthetic.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
A synthetic token that is written and judged costs more compute than it buys.
Writing it takes 2 FLOP for each parameter of the writer and judging it 2 for
each of the judge, over the share that is kept:

  cost = (2 N_writer + 2 N_judge) / acceptance

It is taken to be as good as a new token, the most it can be, and then makes one
repeat new. What that is worth is the compute which, spent on training instead,
lowers the loss as much:

  worth = (dL / dU) / (dL / dC)

with dL/dU at the plan and dL/dC the better of more parameters and more tokens.
The rule warns when the cost exceeds the worth; no other threshold is meant.
Where each token is new one more buys nothing. It needs unique_tokens and
data.synthetic.generator_params.

Where a budget is given and the tokens are not, the budget buys as many
synthetic tokens as `plan` would write, and they count among the unique ones:
every rule sees them, and those that speak of unique tokens say how many are
synthetic. The question is then whether the first of them pays. Where the tokens
are given nothing is left to buy with, and unique_tokens count what is at hand,
written text included.

Example: 100B parameters on 8 passes over 250B unique tokens. A token by a 70B
writer, of whose text 30 % is kept after a 7B judge, costs 5.1e11 FLOP, as much
as training on 0.86 tokens.

Accept it when the tokens teach what the text at hand does not have.

Source: the cost is that of forward passes, Kaplan et al. 2020,
arXiv:2001.08361; the worth of repeats Muennighoff et al. 2023,
arXiv:2305.16264.
)";

/// FLOP of training that lower the loss as much as one more distinct token
/// beside those that nobody wrote for it.
double worth_of_token(const CheckContext& context, const CheckSample& at) {
  constexpr double kStep = 1e-4;
  const auto& synthetic = context.check.synthetic;
  const double unique =
      at.unique_tokens - (synthetic ? synthetic->tokens.value() : 0.0);
  const double inputs[2] = {at.log_params, at.log_tokens};
  const auto form = [&](double factor) {
    return with_unique_tokens(
        context.law.form, Tokens(unique * factor), "check");
  };
  const auto loss = [&](double factor) {
    return form(factor)->evaluate(at.theta.data(), inputs);
  };
  const double by_unique =
      (loss(1.0 - kStep) - loss(1.0 + kStep)) / (2.0 * kStep * unique);
  double gradient[2];
  form(1.0)->input_gradient(at.theta.data(), inputs, gradient);
  // Of compute that goes into size a part goes into more FLOP a parameter.
  gradient[0] /= 1.0 + context.compute.slope(at.log_params);
  const double by_flops =
      -std::min(gradient[0], gradient[1]) / std::exp(at.log_flops());
  return std::max(0.0, by_unique) / by_flops;
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  const Scenario& scenario = check.scenario;
  if (!scenario.generator_params || !check.repeats) return;
  const SyntheticData made = synthetic_data(scenario);
  const double cost = context.point.written_flops;
  const auto fires = [&](const CheckSample& sample) {
    return sample.written_flops >
           worth_of_token(context, sample) * (1.0 + 1e-12);
  };
  const double chance = context.chance(fires);
  const auto severity = context.severity(0.0, chance);
  if (!severity) return;
  const double worth = worth_of_token(context, context.point);
  const double trained = synthetic_over_training(made, check.run.params) /
                         std::exp(context.point.log_factor);
  Finding finding{"data.synthetic-unprofitable",
                  *severity,
                  "a verified token costs " + format_number(cost, 2) +
                      " FLOP, training on " + format_number(trained, 2) +
                      " tokens, and buys what " + format_number(worth, 2) +
                      " FLOP of training do",
                  {},
                  {{"flops_per_token", cost},
                   {"worth_flops", worth},
                   {"tokens_of_training", trained}}};
  if (context.has_ranges) {
    finding.message = context.in_share(chance) +
                      "a verified token costs more compute than it buys";
  }
  if (fires(context.point)) {
    const double acceptance = made.acceptance.value() * cost / worth;
    finding.remedy =
        worth == 0.0 ? "train on the text at hand: there is enough of it"
        : acceptance <= 1.0
            ? "it pays from an acceptance of " + format_number(acceptance, 2) +
                  " on"
            : "it pays with a writer and a judge of " +
                  format_quantity(worth * made.acceptance.value() / 2.0,
                                  ParamsTag::unit,
                                  2) +
                  " parameters together";
  }
  context.add_chance(fires, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleSyntheticUnprofitable;
const Rule kRuleSyntheticUnprofitable{
    {"data.synthetic-unprofitable",
     "a verified token costs more compute than it buys",
     kPage,
     "data.synthetic.generator_params data.synthetic.acceptance"},
    run};

}  // namespace isoflop
