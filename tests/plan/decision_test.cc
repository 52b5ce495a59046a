// SPDX-License-Identifier: Apache-2.0
// What a decision needs beside the run: shadow prices, the frontier and risk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/base/random.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/plan/what_if.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;

Law law() { return published_law("besiroglu2024"); }

Plan plan_with(const std::vector<std::string>& keys, const Law& by = law()) {
  return plan(by, edited({}, {keys}, "test"));
}

std::string refusal(const std::vector<std::string>& keys,
                    const Law& by = law()) {
  return message_of<std::invalid_argument>([&] { plan_with(keys, by); });
}

const Sensitivity& entry(const Plan& plan, const std::string& key) {
  for (const Sensitivity& found : plan.sensitivity) {
    if (found.key == key) return found;
  }
  throw std::out_of_range(key);
}

/// L(N, D) of the additive form from its coefficients E, A, B, alpha, beta.
double additive(const Eigen::VectorXd& c, double n, double d) {
  return c[0] + c[1] * std::pow(n, -c[3]) + c[2] * std::pow(d, -c[4]);
}

TEST(Sensitivity, OfComputeIsThatOfTheClosedForm) {
  const Plan made = plan_with({"budget.flops=1e24"});
  const Eigen::VectorXd c = law().coefficients;
  const Sensitivity& compute = entry(made, "budget.flops");
  EXPECT_EQ(compute.value, 1e24);
  // N* goes as C^(beta / (alpha + beta)), D* as C^(alpha / (alpha + beta)).
  EXPECT_THAT(compute.params_elasticity,
              near_rel(c[4] / (c[3] + c[4]), {1e-10}));
  EXPECT_THAT(compute.tokens_elasticity,
              near_rel(c[3] / (c[3] + c[4]), {1e-10}));
  EXPECT_THAT(compute.flops_elasticity, near_rel(1.0, {1e-10}));
  // L* - E goes as C^(-alpha beta / (alpha + beta)).
  const double excess = made.run.loss.value() - c[0];
  const double power = -c[3] * c[4] / (c[3] + c[4]);
  EXPECT_THAT(compute.loss_nats,
              near_rel(excess * std::expm1(power * std::log(1.1)), {1e-9}));
}

TEST(Sensitivity, OfDataThatBindIsTheirShadowPrice) {
  const Plan made = plan_with({"budget.flops=1e24", "data.unique_tokens=50B"});
  const Eigen::VectorXd c = law().coefficients;
  const Sensitivity& data = entry(made, "data.unique_tokens");
  EXPECT_THAT(data.tokens_elasticity, near_rel(1.0, {1e-10}));
  EXPECT_THAT(data.params_elasticity, near_rel(-1.0, {1e-10}));
  const double n = 1e24 / 6 / 200e9;
  // What four passes are worth: Muennighoff et al. 2023, R_D* = 15.39.
  const double d =
      worth_of_repeats(
          published_law("muennighoff2023"), Tokens(200e9), Tokens(50e9))
          .value();
  EXPECT_THAT(
      data.loss_nats,
      near_rel(additive(c, n / 1.1, d * 1.1) - additive(c, n, d), {1e-9}));
  // More passes give as many tokens, worn ones.
  const Plan passes = plan_with(
      {"budget.flops=1e24", "data.unique_tokens=50B", "data.max_epochs=4"});
  EXPECT_LT(entry(passes, "data.max_epochs").loss_nats, 0.0);
  EXPECT_GT(entry(passes, "data.max_epochs").loss_nats, data.loss_nats);
}

TEST(Sensitivity, OfScarceDataSaysWhatMoreTokensAreWorth) {
  // 1e24 FLOP on 100B distinct tokens. A law of fresh tokens makes the passes
  // that are as good as new ones, a law of repeats (Muennighoff et al. 2023,
  // arXiv:2305.16264) as many as pay; both pay for more tokens.
  const std::vector<std::string> keys = {"budget.flops=1e24",
                                         "data.unique_tokens=100B"};
  const Plan capped = plan_with(keys);
  EXPECT_THAT(capped.epochs, near_rel(4.0, kRounding));
  EXPECT_LT(entry(capped, "data.unique_tokens").loss_nats, -1e-3);
  EXPECT_THAT(find(capped.findings, "plan.data-wall")->remedy,
              HasSubstr("muennighoff2023, which weighs repeats"));
  const Plan weighed = plan_with(keys, published_law("muennighoff2023"));
  EXPECT_GT(weighed.epochs, 4.0);
  EXPECT_LT(weighed.epochs, 40.0);
  EXPECT_LT(entry(weighed, "data.unique_tokens").loss_nats, -1e-3);
  // Data are worth more than compute here, and less where they are plenty.
  EXPECT_LT(entry(weighed, "data.unique_tokens").loss_nats,
            entry(weighed, "budget.flops").loss_nats);
  const Plan plenty = plan_with({"budget.flops=1e24", "data.unique_tokens=10T"},
                                published_law("muennighoff2023"));
  EXPECT_GT(entry(plenty, "data.unique_tokens").loss_nats,
            entry(plenty, "budget.flops").loss_nats);
}

TEST(Sensitivity, OfABoundThatDoesNotBindIsNothing) {
  const Plan made = plan_with({"budget.flops=1e24",
                               "budget.usd=1e9",
                               "data.unique_tokens=10T",
                               "model.max_params=10T",
                               "cluster.accelerator=h100-sxm"});
  for (const char* key : {"budget.usd",
                          "data.unique_tokens",
                          "model.max_params",
                          "cluster.usd_per_hour"}) {
    EXPECT_EQ(entry(made, key).loss_nats, 0.0) << key;
    EXPECT_EQ(entry(made, key).params_elasticity, 0.0) << key;
  }
  EXPECT_LT(entry(made, "budget.flops").loss_nats, 0.0);
}

TEST(Sensitivity, OfTheClusterIsThatOfTheComputeItGives) {
  const Plan made =
      plan_with({"budget.usd=1e6", "cluster.accelerator=h100-sxm"});
  const Sensitivity& usd = entry(made, "budget.usd");
  const Sensitivity& mfu = entry(made, "cluster.mfu");
  const Sensitivity& rent = entry(made, "cluster.usd_per_hour");
  EXPECT_LT(usd.loss_nats, 0.0);
  EXPECT_THAT(mfu.loss_nats, near_rel(usd.loss_nats, {1e-9}));
  EXPECT_THAT(rent.params_elasticity, near_rel(-usd.params_elasticity, {1e-9}));
  EXPECT_GT(rent.loss_nats, 0.0);
  EXPECT_THAT(*usd.usd_elasticity, near_rel(1.0, {1e-9}));
}

TEST(Sensitivity, OfServingBoundsIsTheirShadowPrice) {
  const Plan made = plan_with({"budget.flops=1e25",
                               "serving.accelerator=h100-sxm",
                               "serving.min_tokens_per_second=60"});
  EXPECT_EQ(made.binding, "serving.min_tokens_per_second");
  EXPECT_GT(entry(made, "serving.min_tokens_per_second").loss_nats, 0.0);
  const Plan sized = plan_with({"budget.flops=1e25", "model.max_params=20B"});
  EXPECT_EQ(sized.binding, "model.max_params");
  EXPECT_EQ(sized.run.params, Params(20e9));
  EXPECT_LT(entry(sized, "model.max_params").loss_nats, 0.0);
  EXPECT_THAT(entry(sized, "model.max_params").params_elasticity,
              near_rel(1.0, {1e-9}));
}

TEST(Sensitivity, OfALossToReachIsInCompute) {
  const Plan made = plan_with({"goal.loss=2.0", "data.unique_tokens=100B"});
  EXPECT_LT(entry(made, "data.unique_tokens").flops_elasticity, 0.0);
  EXPECT_LT(entry(made, "goal.loss").flops_elasticity, 0.0);
}

TEST(Sensitivity, MoreOfEveryBudgetIsNeverWorse) {
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream random(7, i);
    const auto between = [&](double low, double high) {
      return format_exact(low * std::pow(high / low, random.uniform()));
    };
    const Plan made =
        plan_with({"budget.flops=" + between(1e20, 1e26),
                   "budget.usd=" + between(1e4, 1e9),
                   "budget.days=" + between(10, 300),
                   "budget.energy=" + between(1e11, 1e16),
                   "cluster.accelerator=h100-sxm",
                   "cluster.count=" +
                       format_exact(std::floor(8 + 4000 * random.uniform())),
                   "data.unique_tokens=" + between(1e9, 1e13)},
                  published_law("hoffmann2022"));
    int binding = 0;
    for (const char* key : {"budget.flops",
                            "budget.usd",
                            "budget.days",
                            "budget.energy",
                            "data.unique_tokens"}) {
      EXPECT_LE(entry(made, key).loss_nats, 1e-12) << key;
      binding += entry(made, key).loss_nats < 0.0 ? 1 : 0;
    }
    EXPECT_GE(binding, 1);
  }
}

TEST(Frontier, HoldsThePlanAndFallsWithCompute) {
  const Plan made = plan_with({"budget.usd=2e6",
                               "budget.days=30",
                               "cluster.accelerator=h100-sxm",
                               "data.unique_tokens=100B"});
  ASSERT_EQ(made.frontier.size(), 5u);
  EXPECT_THAT(made.frontier[2].run.params.value(),
              near_rel(made.run.params.value(), {1e-9}));
  EXPECT_THAT(made.frontier[2].usd->value(),
              near_rel(made.cost.training->usd->value(), {1e-9}));
  for (std::size_t i = 1; i < made.frontier.size(); ++i) {
    EXPECT_LT(made.frontier[i].run.loss, made.frontier[i - 1].run.loss);
    EXPECT_GT(*made.frontier[i].usd, *made.frontier[i - 1].usd);
    EXPECT_GT(*made.frontier[i].days, *made.frontier[i - 1].days);
    EXPECT_LE(made.frontier[i].run.tokens.value(), 400e9 * (1 + 1e-9));
  }
  EXPECT_TRUE(made.serving_frontier.empty());
}

TEST(Frontier, OfServingTradesLossForPrice) {
  const Plan made =
      plan_with({"budget.flops=1e24", "serving.accelerator=h100-sxm"});
  ASSERT_EQ(made.serving_frontier.size(), 4u);
  EXPECT_EQ(made.serving_frontier[3].run.params, made.run.params);
  for (std::size_t i = 1; i < 4; ++i) {
    const FrontierPoint& small = made.serving_frontier[i - 1];
    const FrontierPoint& large = made.serving_frontier[i];
    EXPECT_GT(small.run.loss, large.run.loss);
    EXPECT_LT(*small.usd_per_million_tokens, *large.usd_per_million_tokens);
    EXPECT_THAT(small.run.flops.value(), near_rel(1e24, kRounding));
  }
}

/// Draws that scatter A and B alone: their mean is an additive law again.
Law scattered_terms(std::uint64_t seed) {
  Law made = law();
  made.draws.resize(400, made.draws.cols());
  for (Eigen::Index i = 0; i < made.draws.rows(); ++i) {
    RandomStream random(seed, static_cast<std::uint64_t>(i));
    made.draws.row(i) = made.coefficients;
    made.draws(i, 1) *= std::exp(0.5 * random.normal());
    made.draws(i, 2) *= std::exp(1.0 * random.normal());
  }
  return made;
}

TEST(Risk, MeanIsTheOptimumOfTheMeanLaw) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Law doubtful = scattered_terms(seed);
    Law mean = doubtful;
    mean.coefficients[1] = doubtful.draws.col(1).mean();
    mean.coefficients[2] = doubtful.draws.col(2).mean();
    const Optimum best = optimum(mean, Flops(1e24));
    const Plan made =
        plan_with({"budget.flops=1e24", "goal.risk=mean"}, doubtful);
    // A valley is flat: its place is known to the root of its depth.
    EXPECT_THAT(made.run.params.value(), near_rel(best.params.value(), {1e-5}));
    EXPECT_THAT(made.run.flops.value(), near_rel(1e24, kRounding));
    ASSERT_TRUE(made.risk.has_value());
    EXPECT_THAT(made.risk->by_risk.loss.value(),
                near_rel(best.loss.value(), {1e-9}));
    EXPECT_EQ(made.risk->by_point.params,
              optimum(doubtful, Flops(1e24)).params);
    // What the point's plan loses, by the mean law itself.
    const Optimum& point = made.risk->by_point;
    EXPECT_THAT(
        made.risk->regret_nats,
        near_rel((mean.loss(point.params, point.tokens) - best.loss).value(),
                 {1e-3}));
    EXPECT_GT(made.risk->regret_nats, 0.0);
  }
}

TEST(Risk, QuantileIsLeastAmongSizes) {
  const Law doubtful = scattered_terms(4);
  const Plan made = plan_with({"budget.flops=1e24", "goal.risk=q90"}, doubtful);
  const auto q90 = [&](double params) {
    Eigen::VectorXd losses(doubtful.draws.rows());
    for (Eigen::Index i = 0; i < losses.size(); ++i) {
      losses[i] = additive(doubtful.draws.row(i), params, 1e24 / 6 / params);
    }
    return quantile(losses, 0.9);
  };
  const double own = q90(made.run.params.value());
  EXPECT_THAT(made.risk->by_risk.loss.value(), near_rel(own, {1e-12}));
  for (double factor = 0.05; factor < 20; factor *= 1.05) {
    EXPECT_GE(q90(made.run.params.value() * factor), own * (1 - 1e-6));
  }
}

TEST(Risk, OfALawWithoutDoubtIsThePoint) {
  Law sure = law();
  for (Eigen::Index i = 0; i < sure.draws.rows(); ++i) {
    sure.draws.row(i) = sure.coefficients;
  }
  const Plan mean = plan_with({"budget.flops=1e24", "goal.risk=mean"}, sure);
  const Plan point = plan_with({"budget.flops=1e24"}, sure);
  EXPECT_THAT(mean.run.params.value(),
              near_rel(point.run.params.value(), {1e-6}));
  EXPECT_THAT(point.risk->regret_nats, near_rel(0.0, {0, 1e-12}));
}

TEST(Risk, PlansKeepTheBounds) {
  for (const char* risk : {"goal.risk=mean", "goal.risk=q75"}) {
    const Plan data =
        plan_with({"budget.flops=1e24", "data.unique_tokens=20B", risk});
    EXPECT_EQ(data.binding, "data.unique_tokens");
    EXPECT_THAT(data.run.tokens.value(), near_rel(80e9, {1e-12}));
    EXPECT_THAT(data.run.flops.value(), near_rel(1e24, {1e-12}));
    const Plan size =
        plan_with({"budget.flops=1e24", "model.max_params=7B", risk});
    EXPECT_EQ(size.binding, "model.max_params");
    EXPECT_EQ(size.run.params, Params(7e9));
    const Plan both = plan_with({"budget.flops=1e24",
                                 "model.max_params=7B",
                                 "data.unique_tokens=20B",
                                 risk});
    EXPECT_EQ(both.binding, "model.max_params, data.unique_tokens");
    EXPECT_EQ(both.run.params, Params(7e9));
    EXPECT_THAT(both.run.tokens.value(), near_rel(80e9, {1e-12}));
  }
}

TEST(Risk, ALossIsReachedInTheShareThatIsAskedFor) {
  const Plan point = plan_with({"goal.loss=2.0"});
  const Plan safe = plan_with({"goal.loss=2.0", "goal.risk=q90"});
  const double one_draw = 1.0 / static_cast<double>(law().draws.rows());
  EXPECT_THAT(*safe.loss_chance, near_rel(0.9, {0, 1.5 * one_draw}));
  EXPECT_GT(safe.run.flops, point.run.flops);
  EXPECT_LT(*point.loss_chance, 0.8);
  // The law's own loss of that run is below the one wanted.
  EXPECT_LT(safe.run.loss.value(), 2.0);
  EXPECT_THAT(safe.risk->by_risk.loss.value(), near_rel(2.0, {1e-6}));
}

TEST(Risk, MeansWhatItSaysInWhatIf) {
  WhatIfOptions options;
  options.vary = {"goal.risk=point,mean,q90"};
  const WhatIf result =
      what_if(law(), edited({}, {{"budget.flops=1e24"}}, "test"), options);
  ASSERT_EQ(result.points.size(), 3u);
  EXPECT_EQ(result.points[0].run.params,
            plan_with({"budget.flops=1e24"}).run.params);
  EXPECT_EQ(result.points[2].run.params,
            plan_with({"budget.flops=1e24", "goal.risk=q90"}).run.params);
  EXPECT_NE(result.points[0].run.params, result.points[1].run.params);
}

TEST(Risk, NeedsDrawsAndAWordThatIsKnown) {
  EXPECT_THAT(refusal({"budget.flops=1e24", "goal.risk=mean"},
                      published_law("hoffmann2022")),
              HasSubstr("needs a law with draws"));
  for (const char* word : {"median", "q0", "q100", "q", "90"}) {
    EXPECT_THAT(refusal({std::string("goal.risk=") + word}),
                HasSubstr("point, mean or a quantile such as q90"))
        << word;
  }
  EXPECT_EQ(to_string(parse_risk("q97.5")), "q97.5");
  EXPECT_EQ(parse_risk("point"), Risk());
}

}  // namespace
}  // namespace isoflop
