// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
Size and data are given, and the devices of the cluster need more days than
there are, the time that failures lose included. Without cluster.count as many
devices are taken as the days ask for, and the finding says that no number is
enough: beyond some number each added device costs more in failures than it
brings.

A bound is a bound: what exceeds it is an error. Give a range where it is soft,
budget.days = "60..90", and the finding has its chance.

Example: 405B parameters on 15.6T tokens take 74 days on 16,384 H100 at an MFU
of 0.40.

Accept it when the date can move.

Source: docs/guide/costs.md.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.not-on-time", findings);
}

}  // namespace

extern const Rule kRuleNotOnTime;
const Rule kRuleNotOnTime{{"plan.not-on-time",
                           "the run takes longer than budget.days",
                           kPage,
                           "budget.days"},
                          run};

}  // namespace isoflop
