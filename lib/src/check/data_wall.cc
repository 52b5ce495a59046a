// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "check/passes.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The plan trains on more tokens than its distinct ones give in useful passes:
tokens > unique_tokens x max_epochs. A repeated token is worth nearly as much
as a new one for about four passes; after sixteen a pass adds little, after
forty nothing.

The rule warns beyond max_epochs passes, 4 by default: up to there Muennighoff
et al. found no difference from new tokens. It fails beyond --hopeless-passes
times that, 4 and so 16 passes by default: there a repeated token is worth a
third of a new one. It needs unique_tokens and is silent without it. Where
plan.diminishing-repeats fires too, the remedy clears both.

Example: 13T training tokens of which 1T are distinct are 13 passes.

Accept it when the later passes are known to help: other epochs of a curated
mixture, or rewritten text that counts as new.

Source: Muennighoff et al. 2023, arXiv:2305.16264, section 6.
)";

/// Passes that clear this rule and, where it fires, that of the last ones.
double passes_to_make(const CheckContext& context) {
  const double useful = context.check.scenario.useful_epochs();
  const double worth = passes_worth_making(context);
  const bool is_held = !context.accepts("plan.diminishing-repeats") &&
                       makes_more(context.point, worth);
  return is_held ? std::min(useful, worth) : useful;
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  if (!check.scenario.unique_tokens) return;
  const double most = check.scenario.useful_epochs();
  const auto beyond = [](double times) {
    return [times](const CheckSample& sample) {
      return makes_more(sample, times * sample.useful_epochs);
    };
  };
  const auto warns = beyond(1.0);
  const double chance = context.chance(warns);
  const auto severity = context.severity(
      context.chance(beyond(check.options.hopeless_passes)), chance);
  if (!severity) return;
  const double epochs = check.repeats->epochs;
  const double passes = passes_to_make(context);
  std::string message = format_quantity(check.run.tokens) +
                        " training tokens are " + format_number(epochs, 3) +
                        " passes over " + context.unique_words() + "; " +
                        format_number(most, 3) + " are useful";
  if (context.has_ranges) {
    message = context.in_share(chance) + "there are more than " +
              format_number(most, 3) + " passes over the unique tokens";
  }
  Finding finding{
      "plan.data-wall",
      *severity,
      std::move(message),
      {},
      {{"epochs", epochs},
       {"unique_tokens_needed", check.run.tokens.value() / passes}}};
  if (warns(context.point)) finding.remedy = fewer_passes(context, passes);
  context.add_chance(warns, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleDataWall;
const Rule kRuleDataWall{
    {"plan.data-wall",
     "more training tokens than useful passes over the unique ones give",
     kPage,
     "data.unique_tokens data.tokens data.max_epochs"},
    run};

}  // namespace isoflop
