// SPDX-License-Identifier: Apache-2.0
#include "check/rule.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The cheapest group of devices, with as many users as memory and
serving.min_tokens_per_second allow, costs more for a million tokens than
serving.max_usd_per_million_tokens. The price is the rent over the tokens that
are decoded at the bound of memory traffic and arithmetic, so the true one is
higher; idle hours and prompts are not in it.

What exceeds the bound is an error: the true price is higher still.

Example: 70B parameters in 16 bits on eight H100 at 2 USD an hour, 30 tokens/s
for each user, cost at least 0.23 USD a million tokens.

Accept it when the rent is not what serving is paid by.

Source: docs/guide/costs.md.
)";

void run(const CheckContext& context, std::vector<Finding>& findings) {
  add_cost_findings(context, "plan.too-expensive", findings);
}

}  // namespace

extern const Rule kRuleTooExpensive;
const Rule kRuleTooExpensive{
    {"plan.too-expensive",
     "a million tokens cost more to serve than is allowed",
     kPage,
     "serving.max_usd_per_million_tokens"},
    run};

}  // namespace isoflop
