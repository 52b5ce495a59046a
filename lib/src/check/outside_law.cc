// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
The plan lies beyond the runs the law was fitted on, in parameters, tokens,
compute or, of a mixture, experts. A law says least about what is farthest from
its runs; the intervals over its draws do not include that it may stop holding.

The rule notes up to a factor of --far-beyond, 10,000, and warns beyond. Most
plans for large models are noted: published laws were fitted up to 1e22 FLOP,
and the field itself has trusted them over four decades of compute, from pilot
runs to GPT-4. Nobody has published a check farther out.

Accept it when nothing larger has been measured, and say so beside the plan.

Source: Besiroglu et al. 2024, arXiv:2404.10102, on how far the Chinchilla runs
carry.
)";

struct Beyond {
  std::string_view name;
  double factor = 1.0;
  bool is_below = false;
};

Beyond beyond(std::string_view name,
              double value,
              const std::optional<Interval>& range) {
  if (!range) return {name};
  if (value > range->high) return {name, value / range->high, false};
  if (value < range->low) return {name, range->low / value, true};
  return {name};
}

/// The experts a layer that the runs had; nothing of a law of dense models.
std::optional<Interval> experts_of(const LawRange& range) {
  const auto found = range.others.find(kExperts.name);
  if (found == range.others.end()) return std::nullopt;
  return found->second;
}

/// As the law's runs count it, whatever the `flops_rule` of the plan.
double flops_of(double params, double tokens) {
  return train_flops(Params(params), Tokens(tokens)).value();
}

double worst_of(const CheckSample& sample, const LawRange& range) {
  const double params = std::exp(sample.log_params);
  const double tokens = sample.tokens();
  return std::max({beyond("", params, range.params).factor,
                   beyond("", tokens, range.tokens).factor,
                   beyond("", flops_of(params, tokens), range.flops).factor,
                   beyond("", sample.experts, experts_of(range)).factor});
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  constexpr double kRounding = 1.0 + 1e-9;
  const Check& check = context.check;
  const LawRange& range = check.law.range;
  std::string message;
  std::vector<Evidence> values;
  for (const Beyond& far :
       {beyond("parameters", check.run.params.value(), range.params),
        beyond("tokens", check.run.tokens.value(), range.tokens),
        beyond("compute",
               flops_of(check.run.params.value(), check.run.tokens.value()),
               range.flops),
        beyond("experts", context.point.experts, experts_of(range))}) {
    if (far.factor <= kRounding) continue;
    message += (message.empty() ? "" : ", ") + std::string(far.name) + " " +
               format_number(far.factor, 2) + "x" +
               (far.is_below ? " below" : "");
    values.push_back({std::string(far.name) + "_beyond", far.factor});
  }
  const auto exceeds = [&](double factor) {
    return [factor, &range](const CheckSample& sample) {
      return worst_of(sample, range) > factor * kRounding;
    };
  };
  const auto fires = exceeds(1.0);
  const double chance = context.chance(fires);
  if (chance < check.options.remote) return;
  const bool is_far = context.chance(exceeds(check.options.far_beyond)) >=
                      check.options.possible;
  const std::string runs = "the runs of " + check.law.id;
  Finding finding{"plan.outside-law",
                  is_far ? Severity::Warning : Severity::Note,
                  message.empty()
                      ? context.in_share(chance) + "the plan is beyond " + runs
                      : "beyond " + runs + ": " + message,
                  "back the plan with larger pilot runs",
                  values};
  context.add_chance(fires, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleOutsideLaw;
const Rule kRuleOutsideLaw{
    {"plan.outside-law",
     "beyond the runs the law was fitted on",
     kPage,
     "law model.params data.tokens budget.flops model.experts"},
    run};

}  // namespace isoflop
