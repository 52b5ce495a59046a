// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"
#include "units/threshold_text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The model could memorise all its data: its capacity, about 3.6 bits a
parameter, exceeds the information in the unique tokens. Early benchmark gains
are then partly recall, and loss on the training text says little about new
text.

  capacity = N x bits_per_param
  information = unique_tokens x E / ln 2

N counts all parameters, of a mixture the experts that rest as well.
E is the irreducible loss of the law, in nats a token: what is left to say
about a token once all that can be predicted is. Without unique_tokens the
training tokens count as all distinct, and the message says so. The rule warns
when the capacity exceeds the information, and is silent under a law whose E is
less than half of the plan's loss. Where the two are equal memorisation ends
being possible, so the threshold is the formula's; --bits-per-param sets what
a parameter holds.

Any model can hold what it has seen until its capacity is full. The answer has
the share of training in which that is so, from its start: gains on a benchmark
whose texts are among the data may be recall until then. A plan on which the
rule fires never leaves that phase.

Example: a 2T model on 1T unique tokens holds 7.2e12 bits against 2.6e12. 70B
parameters on 1.4T tokens are full after 96B tokens, 6.8 % of training.

Accept it when no benchmark is read before the end, or its texts are known not
to be among the data.

Source: Morris et al. 2025, arXiv:2505.24832, for bits per parameter, measured
on models of up to 1.5B parameters. That E bounds the information of a token is
an approximation of ours.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  if (!check.recall) return;
  const Recall& recall = *check.recall;
  // Tokens that a parameter can hold.
  const double held = recall.tokens_held / check.run.params.value();
  const auto fires = [held](const CheckSample& sample) {
    const double distinct =
        sample.unique_tokens > 0
            ? std::min(sample.unique_tokens, sample.tokens())
            : sample.tokens();
    return std::exp(sample.log_params) * held > distinct;
  };
  const double chance = context.chance(fires);
  const auto severity = context.severity(0.0, chance);
  if (!severity) return;
  const double unique =
      recall.information_bits * recall.tokens_held / recall.capacity_bits;
  std::string message = "capacity " + format_number(recall.capacity_bits, 2) +
                        " bits exceeds the " +
                        format_number(recall.information_bits, 2) +
                        " bits in " +
                        (context.point.unique_tokens > 0
                             ? context.unique_words()
                             : format_quantity(unique, TokensTag::unit) +
                                   " unique tokens (all training tokens taken "
                                   "as distinct)");
  if (context.has_ranges) {
    message =
        context.in_share(chance) + "the model could memorise all its data";
  }
  Finding finding{"plan.memorizes",
                  *severity,
                  message + "; gains may be recall throughout training",
                  {},
                  {{"capacity_bits", recall.capacity_bits},
                   {"information_bits", recall.information_bits},
                   {"unique_tokens_needed", recall.tokens_held},
                   {"recall_share", recall.share_of_training}}};
  if (fires(context.point)) {
    // More distinct tokens than there are in training take a longer one.
    const bool is_short = recall.tokens_held > check.run.tokens.value();
    finding.remedy = (is_short ? "train on " : "use ") +
                     format_at_least(recall.tokens_held, TokensTag::unit) +
                     " unique tokens or more, or at most " +
                     format_at_most(unique / held, ParamsTag::unit) +
                     " parameters";
  }
  context.add_chance(fires, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleMemorizes;
const Rule kRuleMemorizes{{"plan.memorizes",
                           "the model could hold all its data by heart",
                           kPage,
                           "model.params data.unique_tokens data.tokens"},
                          run};

}  // namespace isoflop
