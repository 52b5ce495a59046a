// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "check/passes.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The last passes over the unique tokens buy next to nothing. After k repeats a
token is worth

  exp(-k / R),   R = 15.4

of a new one, the derivative of the worth of repeats,
U (1 + R (1 - exp(-k / R))). The rule warns below --repeat-value, a quarter of
a new token by default, which is the case beyond 22 passes: what is spent there
would do four times as much on new text, and a larger model on fewer passes is
better. 4 passes, 0.82, are silent; 60, 0.02, fire.

It needs unique_tokens and is silent without it. plan.data-wall asks the other
question: whether there is text enough for this many tokens. Where both fire
the remedy is there, once: it clears both.

Example: 6T training tokens from 100B unique ones are 60 passes, worth 1.6T
tokens; the last pass is worth 2 % of a pass of new text.

Accept it when later passes see other text: rewritten, masked or ordered anew.

Source: Muennighoff et al. 2023, arXiv:2305.16264, equation 5, fitted on up to
1500 passes; the law says that repeats stop helping and never that they harm.
)";

/// What fewer passes take, unless plan.data-wall says it.
std::string remedy_of(const CheckContext& context,
                      const std::vector<Finding>& findings,
                      double most) {
  const Finding* wall = find(findings, "plan.data-wall");
  if (wall && !wall->remedy.empty() && !context.accepts(wall->code)) {
    return "the remedy of " + wall->code + " clears this too";
  }
  return fewer_passes(context, most) + ": " + format_number(most, 2) +
         " passes";
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  if (!check.repeats) return;
  const double least = check.options.repeat_value;
  const double most = passes_worth_making(context);
  const auto fires = [most](const CheckSample& sample) {
    return makes_more(sample, most);
  };
  const double chance = context.chance(fires);
  const auto severity = context.severity(0.0, chance);
  if (!severity) return;
  const Repeats& repeats = *check.repeats;
  Finding finding{
      "plan.diminishing-repeats",
      *severity,
      format_number(repeats.epochs, 3) + " passes over " +
          context.unique_words() + ": " + format_quantity(check.run.tokens) +
          " training tokens are worth " +
          format_quantity(repeats.tokens_worth, TokensTag::unit) +
          " new ones, the last " +
          format_number(100.0 * repeats.last_value, 2) + " % of one",
      {},
      {{"epochs", repeats.epochs},
       {"tokens_worth", repeats.tokens_worth},
       {"last_value", repeats.last_value},
       {"epochs_worth_making", most}}};
  if (context.has_ranges) {
    finding.message = context.in_share(chance) +
                      "the last pass is worth less than " +
                      format_number(100.0 * least, 2) + " % of new text";
  }
  if (fires(context.point)) {
    finding.remedy = remedy_of(context, findings, most);
  }
  context.add_chance(fires, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleDiminishingRepeats;
const Rule kRuleDiminishingRepeats{{"plan.diminishing-repeats",
                                    "the last passes buy next to nothing",
                                    kPage,
                                    "data.unique_tokens data.tokens"},
                                   run};

}  // namespace isoflop
