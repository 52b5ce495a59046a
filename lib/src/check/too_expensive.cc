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
