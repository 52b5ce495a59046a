// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The plan lies beyond the runs the law was fitted on, in parameters, tokens or
compute. A law says least about what is farthest from its runs; the intervals
over its draws do not include that it may stop holding.

The rule notes up to a factor of 10,000 beyond the range and warns beyond. Most
plans for large models are noted: published laws were fitted up to 1e22 FLOP.

Accept it when nothing larger has been measured, and say so beside the plan.

Source: Besiroglu et al. 2024, arXiv:2404.10102, on how far the Chinchilla runs
carry.
)";

struct Beyond {
  std::string_view name;
  double factor = 1.0;
  bool is_below = false;
};

Beyond beyond(std::string_view name,
              double value,
              const std::optional<Interval>& range) {
  if (!range) return {name};
  if (value > range->high) return {name, value / range->high, false};
  if (value < range->low) return {name, range->low / value, true};
  return {name};
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  constexpr double kRounding = 1.0 + 1e-9;
  constexpr double kFar = 1e4;
  const Check& check = context.check;
  const LawRange& range = check.law.range;
  std::string message;
  double worst = 1.0;
  std::vector<Evidence> values;
  for (const Beyond& far :
       {beyond("parameters", check.run.params.value(), range.params),
        beyond("tokens", check.run.tokens.value(), range.tokens),
        beyond("compute", check.run.flops.value(), range.flops)}) {
    if (far.factor <= kRounding) continue;
    message += (message.empty() ? "" : ", ") + std::string(far.name) + " " +
               format_number(far.factor, 2) + "x" +
               (far.is_below ? " below" : "");
    values.push_back({std::string(far.name) + "_beyond", far.factor});
    worst = std::max(worst, far.factor);
  }
  if (message.empty()) return;
  findings.push_back(
      {"plan.outside-law",
       worst > kFar * kRounding ? Severity::Warning : Severity::Note,
       "beyond the runs of " + check.law.id + ": " + message,
       "back the plan with larger pilot runs",
       values});
}

}  // namespace

extern const Rule kRuleOutsideLaw;
const Rule kRuleOutsideLaw{{"plan.outside-law",
                            "beyond the runs the law was fitted on",
                            kPage,
                            "law model.params data.tokens budget.flops"},
                           run};

}  // namespace isoflop
