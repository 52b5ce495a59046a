// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numbers>
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The model could memorise all its data: its capacity, about 3.6 bits a
parameter, exceeds the information in the unique tokens. Early benchmark gains
are then partly recall, and loss on the training text says little about new
text.

  capacity = N x bits_per_param
  information = unique_tokens x E / ln 2

E is the irreducible loss of the law, in nats a token: what is left to say
about a token once all that can be predicted is. Without unique_tokens the
training tokens count as all distinct, and the message says so. The rule warns
when the capacity exceeds the information, and is silent under a law whose E is
less than half of the plan's loss.

Example: a 2T model on 1T unique tokens holds 7.2e12 bits against 2.6e12.

Source: Morris et al. 2025, arXiv:2505.24832, for bits per parameter, measured
on models of up to 1.5B parameters. That E bounds the information of a token is
an approximation of ours.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  const auto unique_of = [&](const CheckSample& sample) {
    return sample.unique_tokens > 0 ? sample.unique_tokens
                                    : std::exp(sample.log_tokens);
  };
  // A law whose E is a small part of the loss does not say what is left to
  // say about a token.
  constexpr double kCredible = 0.5;
  const Nats irreducible = irreducible_loss(context.law);
  if (irreducible < kCredible * check.run.loss) return;
  const double bits_per_token = irreducible.value() / std::numbers::ln2;
  const double bits = check.options.bits_per_param;
  const auto fires = [&](const CheckSample& sample) {
    return std::exp(sample.log_params) * bits >
           unique_of(sample) * bits_per_token;
  };
  const double chance = context.chance(fires(context.point), fires);
  if (chance < kRemote) return;
  const double unique = unique_of(context.point);
  const double capacity = check.run.params.value() * bits;
  const double information = unique * bits_per_token;
  const double needed = capacity / bits_per_token;
  std::string message = "capacity " + format_number(capacity, 2) +
                        " bits exceeds the " + format_number(information, 2) +
                        " bits in " + format_quantity(unique, TokensTag::unit) +
                        " unique tokens" +
                        (context.point.unique_tokens > 0
                             ? std::string()
                             : " (all training tokens taken as distinct)");
  if (context.has_ranges) {
    message = "in " + format_number(100 * chance, 2) +
              " % of what is possible the model could memorise all its data";
  }
  std::vector<Evidence> values = {{"capacity_bits", capacity},
                                  {"information_bits", information},
                                  {"unique_tokens_needed", needed}};
  context.add_chance(chance, values);
  findings.push_back(
      {"plan.memorizes",
       chance >= kPossible ? Severity::Warning : Severity::Note,
       message + "; early gains will be recall",
       fires(context.point)
           ? "use " + format_quantity(needed, TokensTag::unit, 2) +
                 " unique tokens or more, or at most " +
                 format_quantity(information / bits, ParamsTag::unit, 2) +
                 " parameters"
           : std::string(),
       std::move(values)});
}

}  // namespace

extern const Rule kRuleMemorizes;
const Rule kRuleMemorizes{{"plan.memorizes",
                           "the model could hold all its data by heart",
                           kPage,
                           "model.params data.unique_tokens data.tokens"},
                          run};

}  // namespace isoflop
