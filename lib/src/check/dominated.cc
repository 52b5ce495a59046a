// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/root.h"
#include "check/rule.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/lifetime.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kPage = R"(
Another plan has the same loss and costs less over its life, and the finding
shows it. The compute of a life is that of training and of each token served:

  6 N D + 2 N serving_tokens

and by model.flops_rule where that is another than 6 N. Where serving.tokens is
given, the other plan is the cheapest of all runs of this loss: it may be larger
or smaller. Without it nobody knows what size costs in use, so only a plan that
is smaller and takes less to train counts: too many parameters again, told as
what can be saved. With a cluster the finding has the dollars of both, and there
is none where the other plan costs more of them: serving is bound by memory as
well as by compute. Nor is there one where the other plan misses
serving.min_tokens_per_second or serving.max_usd_per_million_tokens.

The rule warns when the plan costs --waste-warning, 10 %, or more above the
other: what is less is within the doubt of the law, for the reasons given for
plan.overparameterized. It is no error: what a plan costs is its owner's choice.

Example: MT-NLG, 530B parameters on 270B tokens. By besiroglu2024 51B parameters
on 952B tokens reach its loss with a third of the compute.

Accept it when the size is wanted for another reason, such as the memory of the
devices that serve it, or when the demand is a guess.

Source: Sardana et al. 2023, arXiv:2401.00448, equation 2.
)";

/// A size and its tokens, counted so that 6 N D is the compute.
struct Size {
  double log_params = 0.0;
  double log_counted = 0.0;
};

/// Training and serving.
Flops life_of(const Size& size, double served) {
  return life_flops(Params(std::exp(size.log_params)),
                    Tokens(std::exp(size.log_counted)),
                    Tokens(served));
}

Size own_size(const CheckSample& sample) {
  return {sample.log_params, sample.log_tokens + sample.log_factor};
}

/// ln tokens, counted, on which this size has the loss; nothing below its
/// reach.
std::optional<double> log_counted_for(const CheckSample& sample,
                                      double log_params,
                                      double log_loss) {
  const auto gap = [&](double log_counted) {
    const double inputs[2] = {log_params, log_counted};
    return sample.form->evaluate(sample.theta.data(), inputs) - log_loss;
  };
  constexpr double kMost = 92.0;  // 1e40
  double low = sample.log_counted();
  double step = 0.5;
  while (low > 0.0 && gap(low) < 0.0) low -= step *= 2.0;
  double high = std::max(low, sample.log_counted());
  step = 0.5;
  while (high < kMost && gap(high) > 0.0) high += step *= 2.0;
  const double at_low = gap(low);
  const double at_high = gap(high);
  if (!(at_low >= 0.0 && at_high <= 0.0)) return std::nullopt;
  return bracketed_root(gap, low, high, at_low, at_high);
}

/// The run of the same loss whose life is cheapest: where compute moved from
/// size to data changes nothing, (dL / d ln N) / (dL / d ln D) =
/// 1 + served / (3 D).
std::optional<Size> cheapest(const CheckSample& sample) {
  const double* theta = sample.theta.data();
  const double inputs[2] = {sample.log_params, sample.log_counted()};
  const double log_loss = sample.form->evaluate(theta, inputs);
  constexpr double kEnd = 50.0;
  const auto slope = [&](double log_params) {
    const auto log_counted = log_counted_for(sample, log_params, log_loss);
    if (!log_counted) return kEnd;  // too small for this loss
    const double ratio =
        slope_ratio(*sample.form, theta, log_params, *log_counted);
    if (!(ratio > 0.0)) return ratio <= 0.0 ? -kEnd : kEnd;
    return std::clamp(
        std::log(ratio) -
            std::log1p(sample.serving_tokens / (3.0 * std::exp(*log_counted))),
        -kEnd,
        kEnd);
  };
  double low = sample.log_params;
  double high = low;
  double step = 0.25;
  while (slope(low) < 0.0 && low > 0.0) low -= step *= 2.0;
  step = 0.25;
  while (slope(high) > 0.0 && high < 92.0) high += step *= 2.0;
  const double at = bracketed_root(slope, low, high, slope(low), slope(high));
  if (!std::isfinite(at)) return std::nullopt;
  const auto log_counted = log_counted_for(sample, at, log_loss);
  if (!log_counted) return std::nullopt;
  return Size{at, *log_counted};
}

/// What the plan costs above the cheapest one of its loss, as a share of it.
double excess(const CheckSample& sample) {
  if (sample.serving_tokens == 0.0) {
    return sample.is_over(0.0) ? sample.waste : 0.0;
  }
  const auto best = cheapest(sample);
  if (!best) return 0.0;
  return life_of(own_size(sample), sample.serving_tokens) /
             life_of(*best, sample.serving_tokens) -
         1.0;
}

/// Dollars of a life, or of training where serving has no price.
std::optional<Usd> usd_of(const RunCost& cost) {
  if (cost.lifetime_usd) return cost.lifetime_usd;
  return cost.training ? cost.training->usd : std::nullopt;
}

/// A demand on serving that the other plan misses.
bool misses_demand(const RunCost& cost) {
  return find(cost.findings, "plan.too-slow") != nullptr ||
         find(cost.findings, "plan.too-expensive") != nullptr;
}

/// @return whether it saves: what is less compute may be more dollars, or miss
///     what serving demands.
bool add_remedy(const CheckContext& context,
                const Size& best,
                Finding& finding) {
  const Check& check = context.check;
  const Params params(std::exp(best.log_params));
  const Tokens tokens(
      std::exp(best.log_counted - context.compute.log_factor(best.log_params)));
  const double served = context.point.serving_tokens;
  const Flops own = life_of(own_size(context.point), served);
  const Flops other = life_of(best, served);
  finding.remedy =
      "train " + format_quantity(params) + " parameters on " +
      format_quantity(tokens) +
      (check.repeats ? " distinct tokens: loss " : " tokens: loss ") +
      format_number(check.run.loss.value(), 4) + " for " +
      format_quantity(other) + " FLOP instead of " + format_quantity(own);
  finding.values = {{"params", params.value()},
                    {"tokens", tokens.value()},
                    {"flops", other.value()},
                    {"flops_saved_share", 1.0 - other / own}};
  const RunCost bill = run_cost(check.scenario, params, tokens, "check");
  if (misses_demand(bill)) return false;
  const auto usd = usd_of(check.cost);
  const auto usd_other = usd_of(bill);
  if (!usd || !usd_other) return true;
  finding.remedy += ", " + format_quantity(*usd_other) + " USD instead of " +
                    format_quantity(*usd);
  finding.values.push_back({"usd", usd_other->value()});
  return *usd_other < *usd;
}

void run(const CheckContext& context, std::vector<Finding>& findings) {
  const double least = context.check.options.waste_warning;
  const auto fires = [least](const CheckSample& sample) {
    return excess(sample) >= least;
  };
  const double chance = context.chance(fires);
  const auto severity = context.severity(0.0, chance);
  if (!severity) return;
  const bool is_served = context.point.serving_tokens > 0.0;
  Finding finding{
      "plan.dominated",
      *severity,
      context.in_share(chance) +
          (is_served ? "another plan has the same loss and takes less compute "
                       "to train and serve"
                     : "a smaller plan has the same loss and takes less "
                       "compute to train"),
      {},
      {}};
  if (const auto best = cheapest(context.point); best && fires(context.point)) {
    if (!add_remedy(context, *best, finding)) {
      if (!context.has_ranges) return;
      finding.remedy.clear();
      finding.values.clear();
    }
  }
  context.add_chance(fires, finding);
  findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule kRuleDominated;
const Rule kRuleDominated{{"plan.dominated",
                           "another plan has the same loss and costs less",
                           kPage,
                           "model.params data.tokens serving.tokens"},
                          run};

}  // namespace isoflop
