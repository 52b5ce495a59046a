// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
Size and data are given, and at the middle of the MFU's range the run takes
more than budget.usd or budget.energy. Dollars are device-hours times the rent,
energy is device-hours times the power times the PUE, device-hours are
6 N D / (peak x MFU), and the share of the time that failures lose is added
once the number of devices is known.

Where size or data are open, `plan` and `check` keep to the budget instead.

Example: 405B parameters on 15.6T tokens are 27M hours of an H100 at an MFU of
0.40; at 2 USD an hour 54M USD.

A bound is a bound: what exceeds it is an error. Where the rent or the budget is
a guess, a range of it gives the finding its chance.

Accept it when more can be had.

Source: docs/guide/costs.md has each formula with its source.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.over-budget", findings);
}

}  // namespace

extern const Rule kRuleOverBudget;
const Rule kRuleOverBudget{
    {"plan.over-budget",
     "the run costs more dollars or energy than the budget",
     kPage,
     "budget.usd budget.energy"},
    run};

}  // namespace isoflop
