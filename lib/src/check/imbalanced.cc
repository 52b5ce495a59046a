// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The busiest expert of a layer gets far more than its share:

  MaxVio = max load / mean load - 1

The rule looks at the worst layer; the mean over the layers, which papers
print, stands beside it. It warns from 1 (--max-vio-warning: twice the mean)
and fails from 2 (--max-vio-error: three times). Runs that were balanced by an
auxiliary loss end at 0.5 to 0.7, those balanced by a bias at 0.04. Of Nemotron
3 Ultra it is reported that the busiest expert had 1.2 times the mean, and
twelve times shortly before the run diverged.

Uneven experts cost twice. A layer waits for the device with most tokens, so its
experts take

  slowest device = max over devices of their load / mean load of a device

times as long as even ones; more experts on a device even it out
(--experts-per-device; one is the worst case). And the mixture is worth fewer
experts than it has: exp(entropy) of the loads, put into the laws of mixtures,
gives the dense model that it equals.

Example: four experts with 70, 10, 10 and 10 % of the tokens have MaxVio 1.8,
are worth 2.56 experts, and take 2.8 times as long on a device each.

Accept it for a window of one domain, for which experts are meant to differ, or
where experts that are busy have copies.

Source: Wang et al. 2024, arXiv:2408.15664 (MaxVio, its values); DeepSeek-AI
2024, arXiv:2412.19437; Clark et al. 2022, arXiv:2202.01169 (what experts are
worth). The thresholds are ours.
)";

/// What it costs, as far as the sizes are known.
std::string cost_words(const RouterCheck& check) {
  std::string text =
      "; with " + std::to_string(check.options.experts_per_device) +
      (check.options.experts_per_device == 1 ? " expert" : " experts") +
      " a device the experts take " + format_number(check.slowest_device, 3) +
      " times as long as even ones";
  if (check.cost) {
    text += std::string(", a step ") +
            (check.cost->is_least ? "at least " : "") +
            format_number(check.cost->time_factor, 3) + " times";
  }
  return text;
}

void run(const RouterCheck& check, std::vector<Finding>& findings) {
  const RouterOptions& options = check.options;
  const RouterLayer& worst = check.worst;
  if (worst.max_vio < options.max_vio_warning &&
      worst.max_vio < options.max_vio_error) {
    return;
  }
  std::vector<Evidence> values = {{"max_vio", worst.max_vio},
                                  {"max_vio_mean", check.max_vio},
                                  {"layer", static_cast<double>(worst.layer)},
                                  {"effective_experts", check.effective},
                                  {"slowest_device", check.slowest_device}};
  if (check.cost) values.push_back({"time_factor", check.cost->time_factor});
  findings.push_back(
      {"moe.imbalanced",
       worst.max_vio >= options.max_vio_error ? Severity::Error
                                              : Severity::Warning,
       "the busiest expert of layer " + std::to_string(worst.layer) + " gets " +
           format_number(worst.max_vio + 1.0, 3) +
           " times an even load (MaxVio " + format_number(worst.max_vio, 3) +
           ", over all layers " + format_number(check.max_vio, 3) + ")" +
           cost_words(check),
       "balance the router to MaxVio below " +
           format_number(options.max_vio_warning, 3) +
           ": a bias on each expert's score reaches 0.04, an auxiliary loss "
           "0.5 to 0.7",
       std::move(values)});
}

}  // namespace

extern const Rule kRuleImbalanced;
const Rule kRuleImbalanced{
    {"moe.imbalanced",
     "some experts of a mixture get far more tokens than others",
     kPage},
    nullptr,
    run};

}  // namespace isoflop
