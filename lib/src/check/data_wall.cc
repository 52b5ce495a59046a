// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The plan trains on more tokens than its distinct ones give in useful passes:
tokens > unique_tokens x max_epochs. A repeated token is worth nearly as much
as a new one for about four passes; after sixteen a pass adds little, after
forty nothing.

The rule warns beyond max_epochs passes (4 by default) and fails beyond four
times that. It needs unique_tokens and is silent without it.

Example: 13T training tokens of which 1T are distinct are 13 passes.

Accept it when the later passes are known to help: other epochs of a curated
mixture, or rewritten text that counts as new.

Source: Muennighoff et al. 2023, arXiv:2305.16264, section 6.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const Check& check = context.check;
  if (!check.scenario.unique_tokens) return;
  constexpr double kHopeless = 4.0;
  const double most = check.scenario.useful_epochs();
  const auto beyond = [](double epochs) {
    return [epochs](const CheckSample& sample) {
      return std::exp(sample.log_tokens) >
             epochs * sample.unique_tokens * (1.0 + 1e-12);
    };
  };
  const auto warns = beyond(most);
  const auto fails = beyond(kHopeless * most);
  const double chance = context.chance(warns(context.point), warns);
  const double chance_fail = context.chance(fails(context.point), fails);
  if (chance < kRemote) return;
  const double epochs =
      std::exp(context.point.log_tokens) / context.point.unique_tokens;
  const double needed = check.run.tokens.value() / most;
  std::string message =
      format_quantity(check.run.tokens) + " training tokens are " +
      format_number(epochs, 3) + " passes over " +
      format_quantity(context.point.unique_tokens, TokensTag::unit) +
      " unique ones; " + format_number(most, 3) + " are useful";
  if (context.has_ranges) {
    message = "in " + format_number(100 * chance, 2) +
              " % of what is possible there are more than " +
              format_number(most, 3) + " passes over the unique tokens";
  }
  std::vector<Evidence> values = {{"epochs", epochs},
                                  {"unique_tokens_needed", needed}};
  context.add_chance(chance, values);
  findings.push_back(
      {"plan.data-wall",
       chance_fail >= kLikely ? Severity::Error
       : chance >= kPossible  ? Severity::Warning
                              : Severity::Note,
       std::move(message),
       warns(context.point)
           ? "find " + format_quantity(needed, TokensTag::unit) +
                 " unique tokens, or train on " +
                 format_quantity(context.point.unique_tokens * most,
                                 TokensTag::unit)
           : std::string(),
       std::move(values)});
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
