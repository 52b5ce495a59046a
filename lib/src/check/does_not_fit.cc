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

The model is taken to have today's proportions; a mixture of experts or a
very long context differs.

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
