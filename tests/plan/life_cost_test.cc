// SPDX-License-Identifier: Apache-2.0
// Plans for a loss are the cheapest in dollars where rents are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::near_rel;

Law bare() {
  Law law = published_law("besiroglu2024");
  law.draws.resize(0, law.draws.cols());
  return law;
}

Scenario scenario_of(const std::vector<std::string>& keys) {
  return edited({}, {keys}, "test");
}

std::vector<std::string> lifetime(const std::string& tokens,
                                  const std::string& rent) {
  return {"goal.loss=2.05",
          "goal.minimise=lifetime_cost",
          "serving.tokens=" + tokens,
          "cluster.accelerator=h100-sxm",
          "cluster.usd_per_hour=2",
          "serving.accelerator=h100-sxm",
          "serving.usd_per_hour=" + rent};
}

/// Least dollars of a life over sizes, by the bills of runs that reach the
/// loss: no search, and no objective of the planner.
double least_usd(const Law& law, const Scenario& scenario) {
  double least = HUGE_VAL;
  for (double n = 5e8; n < 1e13; n *= 1.004) {
    const auto tokens =
        tokens_for_loss(law, Params(n), scenario.target_loss->middle());
    if (!tokens) continue;
    const auto usd =
        run_cost(scenario, Params(n), *tokens, "test").lifetime_usd;
    if (usd) least = std::min(least, usd->value());
  }
  return least;
}

TEST(LifeCost, IsLeastInDollarsAmongAllSizes) {
  const Law law = bare();
  for (const char* tokens : {"1T", "100T"}) {
    for (const char* rent : {"0.5", "2", "20"}) {
      const Scenario scenario = scenario_of(lifetime(tokens, rent));
      const Plan made = plan_point(law, scenario);
      EXPECT_EQ(made.minimised, "usd");
      EXPECT_LE(made.cost.lifetime_usd->value(),
                least_usd(law, scenario) * (1 + 1e-3))
          << tokens << " " << rent;
      EXPECT_THAT(made.run.loss.value(), near_rel(2.05, {1e-9}));
    }
  }
}

TEST(LifeCost, ADearServerMakesTheModelSmaller) {
  const Law law = bare();
  double last = HUGE_VAL;
  for (const char* rent : {"0.2", "2", "20"}) {
    const Plan made = plan_point(law, scenario_of(lifetime("20T", rent)));
    EXPECT_LT(made.run.params.value(), last);
    last = made.run.params.value();
  }
  // By FLOP alone it is larger: decoding is bound by memory, which costs more.
  const Plan by_flops = plan_point(law,
                                   scenario_of({"goal.loss=2.05",
                                                "goal.minimise=lifetime_cost",
                                                "serving.tokens=20T"}));
  EXPECT_EQ(by_flops.minimised, "flops");
  EXPECT_GT(by_flops.run.params.value(), last);
}

TEST(LifeCost, WithoutDemandItIsComputeOptimal) {
  // Sardana et al. 2023, arXiv:2401.00448: zero demand is Chinchilla's.
  const Law law = bare();
  const Plan life = plan_point(law, scenario_of(lifetime("1", "2")));
  const Plan training = plan_point(law, scenario_of({"goal.loss=2.05"}));
  EXPECT_THAT(life.run.params.value(),
              near_rel(training.run.params.value(), {1e-3}));
  EXPECT_THAT(life.run.flops.value(),
              near_rel(optimum(law, training.run.flops).flops.value(), {1e-6}));
  double last = HUGE_VAL;
  for (const char* tokens : {"1B", "1T", "100T"}) {
    const Plan made = plan_point(law, scenario_of(lifetime(tokens, "2")));
    EXPECT_LT(made.run.params.value(), last) << tokens;
    last = made.run.params.value();
  }
}

TEST(LifeCost, FlopOfALifeAreTrainingAndServing) {
  EXPECT_EQ(life_flops(Params(2), Tokens(3), Tokens(5)).value(),
            6 * 2 * 3 + 2 * 2 * 5);
  EXPECT_EQ(served_flops(Params(2), Tokens(5)).value(), 20);
}

/// Cost of reaching a loss under each draw alone.
std::vector<double> flops_over_draws(const Law& law, Nats loss) {
  std::vector<double> flops;
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    Law one = law;
    one.coefficients = law.draws.row(i);
    one.draws.resize(0, law.draws.cols());
    const auto run = cheapest_lifetime(one, loss, Tokens(0));
    flops.push_back(run ? run->flops.value() : HUGE_VAL);
  }
  std::sort(flops.begin(), flops.end());
  return flops;
}

TEST(CostOverDraws, IsTheQuantileOfTheCheapestRuns) {
  Law law = published_law("besiroglu2024");
  const Eigen::MatrixXd few = law.draws.topRows(101);
  law.draws = few;
  for (const char* risk : {"point", "q90", "q75"}) {
    Scenario scenario = scenario_of({"goal.loss=2.05"});
    scenario.risk = parse_risk(risk);
    const Plan made = plan(law, scenario);
    ASSERT_TRUE(made.cost_over_draws.has_value());
    const CostOverDraws& cost = *made.cost_over_draws;
    const auto flops = flops_over_draws(law, Nats(2.05));
    const double share =
        scenario.risk->is_point() ? 0.5 : scenario.risk->quantile;
    const auto at = static_cast<std::size_t>(std::lround(share * 100));
    EXPECT_THAT(cost.flops_at_risk.value(), near_rel(flops[at], {1e-5}));
    EXPECT_THAT(cost.flops.low, near_rel(flops[5], {1e-5}));
    EXPECT_THAT(cost.flops.high, near_rel(flops[95], {1e-5}));
    EXPECT_EQ(cost.unreached, 0.0);
    EXPECT_FALSE(cost.usd.has_value());
  }
}

TEST(CostOverDraws, IsWithoutBoundWhereDrawsEndAboveTheLoss) {
  const Law law = published_law("besiroglu2024");
  const Plan made = plan(law, scenario_of({"goal.loss=1.84", "goal.risk=q90"}));
  if (made.is_answered) {
    EXPECT_GT(made.cost_over_draws->unreached, 0.0);
  }
  const Plan point = plan(law, scenario_of({"goal.loss=1.84"}));
  ASSERT_TRUE(point.is_answered);
  EXPECT_GT(point.cost_over_draws->unreached, 0.05);
  EXPECT_TRUE(std::isinf(point.cost_over_draws->flops.high));
}

TEST(CostOverDraws, IsInDollarsWhereRentsAreKnown) {
  Law law = published_law("besiroglu2024");
  const Eigen::MatrixXd few = law.draws.topRows(51);
  law.draws = few;
  const Plan made = plan(law, scenario_of(lifetime("20T", "2")));
  ASSERT_TRUE(made.cost_over_draws->usd.has_value());
  EXPECT_LT(made.cost_over_draws->usd->low, made.cost.lifetime_usd->value());
  EXPECT_GT(made.cost_over_draws->usd->high, made.cost.lifetime_usd->value());
  EXPECT_GT(made.cost_over_draws->usd_at_risk->value(), 0.0);
}

}  // namespace
}  // namespace isoflop
