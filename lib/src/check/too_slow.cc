// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
Decoding reads the weights for each token, so one device can give one user at
most bandwidth / bytes of the weights and of the cache. The rule tries groups
of devices that fast links join, and serving.device alone; it fires when none
reaches serving.min_tokens_per_second, or the model does not fit.

The bound counts memory traffic and arithmetic only: real servers stay below.

Example: 7B parameters at 4 bits on a laptop with 120 GB/s decode at most
34 tokens/s.

What misses a demand is an error, the more so as real servers are slower.

Accept it when answers may be batched, or a draft model decodes ahead.

Source: Pope et al. 2022, arXiv:2211.05102.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.too-slow", findings);
}

}  // namespace

extern const Rule kRuleTooSlow;
const Rule kRuleTooSlow{
    {"plan.too-slow",
     "a user gets fewer tokens a second than serving demands",
     kPage,
     "serving.min_tokens_per_second"},
    run};

}  // namespace isoflop
