// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/lifetime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kRounding;
using testing::kSolverParameters;
using testing::message_of;
using testing::near_rel;
using testing::printed;

/// alpha .34, beta .28: the rounded exponents of Hoffmann et al. 2022.
Law hoffmann() { return published_law("hoffmann2022"); }

TEST(Lifetime, OvertrainingCostsWhatTheClosedFormSays) {
  // Independent of A, B and budget: k ((1 - (b/a) (k^-a - 1))^(-1/b)) - 1.
  const std::pair<double, const char*> known[] = {
      {0.9, "0.36"}, {0.75, "2.85"}, {0.5, "20.80"}, {0.3, "105.54"}};
  for (const double flops : {1e21, 1e25}) {
    for (const auto& [factor, percent] : known) {
      const auto found =
          overtraining_overhead(hoffmann(), Flops(flops), factor);
      ASSERT_TRUE(found.has_value());
      EXPECT_THAT(100 * *found, near_rel(printed(percent))) << factor;
    }
  }
}

TEST(Lifetime, LossIsNotAttainableBelowTheCriticalSize) {
  const double critical = std::pow(1 + 0.34 / 0.28, -1 / 0.34);
  const Flops flops(1e23);
  EXPECT_TRUE(
      overtraining_overhead(hoffmann(), flops, 1.01 * critical).has_value());
  EXPECT_FALSE(
      overtraining_overhead(hoffmann(), flops, 0.99 * critical).has_value());
}

TEST(Lifetime, WithoutDemandItIsComputeOptimal) {
  for (const char* id : {"hoffmann2022", "besiroglu2024"}) {
    const Law law = published_law(id);
    for (const double flops : {1e21, 1e24}) {
      const Optimum best = optimum(law, Flops(flops));
      const auto found = cheapest_lifetime(law, best.loss, Tokens(0));
      ASSERT_TRUE(found.has_value());
      EXPECT_THAT(found->flops.value(), near_rel(flops, kSolverParameters));
      // The valley is flat: its place is known to the root of that.
      EXPECT_THAT(found->params.value(), near_rel(best.params.value(), {1e-4}));
    }
  }
}

TEST(Lifetime, DemandMakesModelsSmallerAndTrainedForLonger) {
  const Law law = hoffmann();
  const Nats loss = optimum(law, Flops(1e23)).loss;
  Optimum last = *cheapest_lifetime(law, loss, Tokens(0));
  for (const double served : {1e10, 1e11, 1e12, 1e13, 1e14}) {
    const Optimum now = *cheapest_lifetime(law, loss, Tokens(served));
    EXPECT_LT(now.params, last.params);
    EXPECT_GT(now.tokens, last.tokens);
    EXPECT_THAT(now.loss.value(), near_rel(loss.value(), {1e-9}));
    // No other size that reaches the loss is cheaper in its life.
    const auto life = [&](Params n, Tokens d) {
      return n.value() * (6 * d.value() + 2 * served);
    };
    for (double factor = 0.5; factor < 2.1; factor *= 1.01) {
      const Params params = now.params * factor;
      const auto tokens = tokens_for_loss(law, params, loss);
      if (!tokens) continue;
      EXPECT_GE(life(params, *tokens),
                life(now.params, now.tokens) * (1 - 1e-9));
    }
    last = now;
  }
}

TEST(Lifetime, BoundsAreKept) {
  const Law law = hoffmann();
  const Nats loss = optimum(law, Flops(1e23)).loss;
  const Optimum open = *cheapest_lifetime(law, loss, Tokens(1e13));
  const auto few = cheapest_lifetime(
      law, loss, Tokens(1e13), {open.params * 2, open.tokens / 2});
  ASSERT_TRUE(few.has_value());
  EXPECT_THAT(few->tokens.value(), near_rel(open.tokens.value() / 2, {1e-9}));
  EXPECT_FALSE(
      cheapest_lifetime(law, loss, Tokens(0), {open.params / 100, open.tokens})
          .has_value());
  EXPECT_FALSE(cheapest_lifetime(law, Nats(1.5), Tokens(0)).has_value());
}

TEST(Lifetime, SizeAndDataForALossAreInverse) {
  const Law law = hoffmann();
  const Tokens tokens = *tokens_for_loss(law, Params(7e9), Nats(2.1));
  EXPECT_THAT(law.loss(Params(7e9), tokens).value(), near_rel(2.1, {1e-11}));
  EXPECT_THAT(params_for_loss(law, tokens, Nats(2.1))->value(),
              near_rel(7e9, {1e-8}));
}

Plan plan_with(const std::vector<std::string>& keys) {
  return plan(hoffmann(), edited({}, {keys}, "test"));
}

TEST(Lifetime, PlansForALoss) {
  const Plan training = plan_with({"goal.loss=2.0"});
  const Optimum best = optimum(hoffmann(), training.run.flops);
  EXPECT_THAT(training.run.loss.value(), near_rel(2.0, {1e-9}));
  EXPECT_THAT(best.loss.value(), near_rel(2.0, {1e-9}));
  EXPECT_EQ(training.binding, "goal.loss");
  const Plan life = plan_with(
      {"goal.loss=2.0", "goal.minimise=lifetime_cost", "serving.tokens=10T"});
  EXPECT_LT(life.run.params, training.run.params);
  EXPECT_GT(life.run.flops, training.run.flops);
  EXPECT_THAT(life.run.loss.value(), near_rel(2.0, {1e-9}));
  const Plan sized = plan_with({"goal.loss=2.0", "model.params=20B"});
  EXPECT_EQ(sized.run.params, Params(20e9));
  EXPECT_THAT(sized.run.loss.value(), near_rel(2.0, {1e-9}));
}

TEST(Lifetime, PlansSayWhenALossIsOutOfReach) {
  // E is 1.69.
  for (const std::vector<std::string>& keys :
       {std::vector<std::string>{"goal.loss=1.6"},
        {"goal.loss=2.0", "model.params=1B"},
        {"goal.loss=2.0", "data.unique_tokens=1B"}}) {
    const Plan made = plan_with(keys);
    EXPECT_FALSE(made.is_answered);
    const Finding* finding = find(made.findings, "plan.unreachable-loss");
    ASSERT_NE(finding, nullptr) << keys[0];
    EXPECT_EQ(finding->severity, Severity::Error);
  }
  const Plan dear = plan_with({"goal.loss=2.0", "budget.flops=1e22"});
  EXPECT_TRUE(dear.is_answered);
  EXPECT_NE(find(dear.findings, "plan.over-budget"), nullptr);
}

TEST(Lifetime, GoalsThatContradictAreRefused) {
  const auto refusal = [](const std::vector<std::string>& keys) {
    return message_of<std::invalid_argument>([&] { plan_with(keys); });
  };
  EXPECT_THAT(refusal({"goal.minimise=lifetime_cost", "budget.flops=1e24"}),
              HasSubstr("needs target_loss"));
  EXPECT_THAT(refusal({"goal.minimise=loss", "goal.loss=2"}),
              HasSubstr("target_loss"));
  EXPECT_THAT(refusal({"goal.minimise=lifetime_cost", "goal.loss=2"}),
              HasSubstr("serving_tokens"));
  EXPECT_THAT(refusal({"goal.loss=2", "model.params=1B", "data.tokens=1T"}),
              HasSubstr("leave one open"));
}

}  // namespace
}  // namespace isoflop
