// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
No sharding of the model over the devices fits nine tenths of their memory:
tensor-parallel groups within the fast links, pipelines, ZeRO to stage 2, with
activations recomputed or not.

Training in 16 bits with Adam holds 16 bytes a parameter: weights 2, gradients
2, and 12 for the 32-bit copy, mean and variance.

A tenth is left to the allocator and the buffers of the network; that share is
the only threshold, since what does not fit does not run.

Example: 405B parameters on 64 H100 hold 6.5 TB of state against 5.1 TB.

Accept it when weights are offloaded or kept in fewer bits: the model here is
taken to have today's proportions, and a mixture of experts or a very long
context differs.

Sources: Rajbhandari et al. 2020, arXiv:1910.02054; Korthikanti et al. 2022,
arXiv:2205.05198.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.does-not-fit", findings);
}

}  // namespace

extern const Rule kRuleDoesNotFit;
const Rule kRuleDoesNotFit{
    {"plan.does-not-fit",
     "weights, optimiser state and activations exceed the memory",
     kPage,
     "serving.device cluster.count cluster.accelerator serving.accelerator"},
    run};

}  // namespace isoflop
