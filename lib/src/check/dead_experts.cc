// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
Some experts get next to no tokens: less than a tenth of an even load
(--dead-load). An expert without tokens gets no gradient, so it stays as it is
and the router has no reason to come back to it: what is dead early is dead in
the end, and its parameters take memory and no part in the answer.

  dead share = experts below dead_load x mean load, over all experts

The rule notes any dead expert, warns from 1 % of them (--dead-warning) and
fails from 10 % (--dead-error): one in ten is memory and network paid for
nothing, and a router that has lost so many goes on losing. A tenth of an even
load is low enough that a window of a thousand tokens an expert does not take
chance for death.

With --params, --active-params and --top-k it says how many parameters rest:

  dead share x E x p,   p = (N - Na) / (E - k)

for E experts of which k work on a token; without --top-k k is 1, the least.

Example: 1 of 8 experts dead in every layer of a mixture of 47B parameters, 13B
of them active by 2 experts: 5.7B parameters do nothing.

Accept it for a window so short that an expert may well have had no turn, or for
experts of a language or a task that the window does not hold.

Source: Fedus et al. 2021, arXiv:2101.03961, on experts that starve; Wang et
al. 2024, arXiv:2408.15664, on a bias that feeds them. The tenth is ours.
)";

void run(const RouterCheck& check, std::vector<Finding>& findings) {
  if (check.dead == 0) return;
  const RouterOptions& options = check.options;
  const RouterLayer& most =
      *std::max_element(check.layers.begin(),
                        check.layers.end(),
                        [](const RouterLayer& a, const RouterLayer& b) {
                          return a.dead < b.dead;
                        });
  const auto all = static_cast<double>(check.experts) *
                   static_cast<double>(check.layers.size());
  std::string message =
      format_number(check.dead, 9) + " of " + format_number(all, 9) +
      " experts (" + format_number(100 * check.dead_share, 2) +
      " %) get less than " + format_number(100 * options.dead_load, 3) +
      " % of an even load, most in layer " + std::to_string(most.layer) + " (" +
      std::to_string(most.dead) + " of " + std::to_string(check.experts) + ")";
  std::vector<Evidence> values = {
      {"dead_experts", static_cast<double>(check.dead)},
      {"dead_share", check.dead_share},
      {"layer_with_most", static_cast<double>(most.layer)}};
  if (check.cost) {
    message += std::string("; ") + (check.cost->is_least ? "at least " : "") +
               format_quantity(check.cost->idle_params, ParamsTag::unit) +
               " parameters do nothing";
    values.push_back({"idle_params", check.cost->idle_params});
  }
  findings.push_back(
      {"moe.dead-experts",
       check.dead_share >= options.dead_error     ? Severity::Error
       : check.dead_share >= options.dead_warning ? Severity::Warning
                                                  : Severity::Note,
       std::move(message),
       "feed them: a bias on each expert's score, moved by 0.001 a step "
       "towards the mean load, or a stronger auxiliary loss; " +
           format_number(check.effective, 3) +
           " even experts a layer would do as much",
       std::move(values)});
}

}  // namespace

extern const Rule kRuleDeadExperts;
const Rule kRuleDeadExperts{{"moe.dead-experts",
                             "experts of a mixture that get next to no tokens",
                             kPage},
                            nullptr,
                            run};

}  // namespace isoflop
