// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The devices together fail so often that, with a checkpoint at Young's interval
sqrt(2 x cost x time between failures), less than 90 % of the time becomes
training (--goodput-note); below 70 % it is a warning (--goodput-warning). Nine
tenths is what a run of the largest size reaches when it is well kept: Llama 3
405B reports more than 90 % on 16,384 devices. At seven tenths three dollars in
ten of rent train nothing, more than any choice of size wastes before it is an
error. `plan` notes and warns from the same two.

By default a device-hour fails as in the training of Llama 3 405B: 419
interruptions in 54 days on 16,384 H100, one in 50,677 device-hours. A
checkpoint stops training for 30 s and a restart takes 5 minutes;
cluster.device_hours_per_failure, checkpoint and restart set them.

Example: on 100,000 H100 there is an interruption every half an hour, and 70 %
of the time becomes training.

Accept it when the cluster has checkpoints and spares that the keys do not say.

Sources: Young 1974, doi:10.1145/361147.361115; Daly 2006,
doi:10.1016/j.future.2004.11.016; arXiv:2407.21783, section 3.3.4.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.fragile-run", findings);
}

}  // namespace

extern const Rule kRuleFragileRun;
const Rule kRuleFragileRun{{"plan.fragile-run",
                            "failures take a tenth of the time or more",
                            kPage,
                            "cluster.count cluster.accelerator"},
                           run};

}  // namespace isoflop
