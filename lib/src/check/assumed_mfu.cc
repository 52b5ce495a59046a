// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
Device-hours follow from the model FLOP utilisation. None was found for this
accelerator, so the span over all accelerators stands in: 0.34 to 0.52 of the
bf16 peak. New devices begin at its lower end.

Give cluster.mfu from a run of your own: 6 N D over the peak of the devices
times the time that they computed.

Example: an H20, on which no run has been reported.

Accept it when the span is doubt enough: the days and dollars have an interval
over it.

Source: data/accelerators.csv, columns mfu_low and mfu_high.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.assumed-mfu", findings);
}

}  // namespace

extern const Rule kRuleAssumedMfu;
const Rule kRuleAssumedMfu{{"plan.assumed-mfu",
                            "no large run reports its MFU on this accelerator",
                            kPage,
                            "cluster.accelerator"},
                           run};

}  // namespace isoflop
