// SPDX-License-Identifier: Apache-2.0
// Why there is no plan, and plans for a downstream error.
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

Law law() { return published_law("besiroglu2024"); }

Plan plan_with(const std::vector<std::string>& keys, const Law& by = law()) {
  return plan(by, edited({}, {keys}, "test"));
}

std::string refusal(const std::vector<std::string>& keys,
                    const Law& by = law()) {
  return message_of<std::invalid_argument>([&] { plan_with(keys, by); });
}

TEST(Infeasible, SaysInHowManyDrawsALossIsReached) {
  // Without bounds a loss is reached where it is above E.
  const double wanted = 1.8;
  const Plan made = plan_with({"goal.loss=1.8"});
  ASSERT_FALSE(made.is_answered);
  const Finding* finding = find(made.findings, "plan.unreachable-loss");
  ASSERT_NE(finding, nullptr);
  double above = 0;
  const Eigen::MatrixXd draws = law().draws;
  for (Eigen::Index i = 0; i < draws.rows(); ++i) {
    above += draws(i, 0) < wanted ? 1.0 : 0.0;
  }
  EXPECT_EQ(finding->values.back().name, "probability");
  EXPECT_THAT(finding->values.back().value,
              near_rel(above / static_cast<double>(draws.rows()), {0.05}));
}

TEST(Infeasible, IsALossWithinTheDoubtOfWhereTheLawEnds) {
  // Above E, but not in every draw.
  const Plan made = plan_with({"goal.loss=1.82"});
  ASSERT_TRUE(made.is_answered);
  const Finding* finding = find(made.findings, "plan.unreachable-loss");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->severity, Severity::Error);
  EXPECT_EQ(
      find(plan_with({"goal.loss=1.95"}).findings, "plan.unreachable-loss"),
      nullptr);
}

TEST(Infeasible, NamesTheBoundThatWouldDo) {
  const Plan made =
      plan_with({"goal.loss=2.0", "model.params=20B", "data.unique_tokens=1B"});
  ASSERT_FALSE(made.is_answered);
  const Finding* finding = find(made.findings, "plan.unreachable-loss");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->remedy, HasSubstr("data.unique_tokens of "));
  double needed = 0.0;
  for (const Evidence& value : finding->values) {
    if (value.name == "tokens_needed") needed = value.value;
  }
  const Plan mended =
      plan_with({"goal.loss=2.0",
                 "model.params=20B",
                 "data.unique_tokens=" + format_exact(needed * (1 + 1e-9))});
  EXPECT_TRUE(mended.is_answered);
}

TEST(Infeasible, SaysWhatABudgetReachesOfALoss) {
  const Plan made = plan_with({"goal.loss=2.0", "budget.flops=1e22"});
  const Finding* finding = find(made.findings, "plan.over-budget");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->values[2].value,
              near_rel(optimum(law(), Flops(1e22)).loss.value(), {1e-12}));
  EXPECT_THAT(finding->remedy,
              HasSubstr("budget.flops alone reaches a loss of"));
}

TEST(Infeasible, DemandsThatNoModelMeetsAreAnAnswer) {
  const Plan made = plan_with({"budget.flops=1e24",
                               "serving.accelerator=h100-sxm",
                               "serving.min_tokens_per_second=1e9"});
  EXPECT_FALSE(made.is_answered);
  const Finding* finding = find(made.findings, "plan.too-slow");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->severity, Severity::Error);
  EXPECT_THAT(finding->message, HasSubstr("% less than"));
  EXPECT_THAT(finding->remedy, HasSubstr("serving.min_tokens_per_second"));
}

TEST(Infeasible, SaysHowManyDevicesHoldTheModel) {
  const Plan made = plan_with({"model.params=405B",
                               "data.tokens=1T",
                               "cluster.accelerator=h100-sxm",
                               "cluster.count=8"});
  const Finding* finding = find(made.findings, "plan.does-not-fit");
  ASSERT_NE(finding, nullptr);
  ASSERT_EQ(finding->values.back().name, "devices_needed");
  const double enough = finding->values.back().value;
  const Plan mended = plan_with({"model.params=405B",
                                 "data.tokens=1T",
                                 "cluster.accelerator=h100-sxm",
                                 "cluster.count=" + format_exact(enough)});
  EXPECT_EQ(find(mended.findings, "plan.does-not-fit"), nullptr);
}

TEST(Infeasible, SaysWhichSizeIsFastEnough) {
  const Plan made = plan_with({"model.params=200B",
                               "data.tokens=1T",
                               "serving.accelerator=h100-sxm",
                               "serving.min_tokens_per_second=100"});
  const Finding* finding = find(made.findings, "plan.too-slow");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->message, HasSubstr("% less than 100"));
  EXPECT_THAT(finding->remedy, HasSubstr("params meet"));
}

TEST(Downstream, AnErrorToReachIsALossToReach) {
  const Law loss_law = published_law("gadre2024-c4");
  const auto c = published_law("gadre2024-c4-error").named_coefficients();
  const Plan made = plan_with({"goal.error=0.5"}, loss_law);
  ASSERT_TRUE(made.is_answered);
  // Err = eps - k exp(-gamma L) solved for L.
  const double wanted =
      std::log(c.at("k") / (c.at("eps") - 0.5)) / c.at("gamma");
  EXPECT_THAT(made.run.loss.value(), near_rel(wanted, {1e-9}));
  ASSERT_TRUE(made.downstream.has_value());
  EXPECT_EQ(made.downstream->law, "gadre2024-c4-error");
  EXPECT_THAT(made.downstream->error_rate, near_rel(0.5, {1e-9}));
  const Plan same = plan_with({"goal.loss=" + format_exact(wanted)}, loss_law);
  EXPECT_THAT(made.run.params.value(),
              near_rel(same.run.params.value(), kSolverParameters));
}

TEST(Downstream, OfABudgetIsToldWhenALawIsNamed) {
  const Plan made =
      plan_with({"budget.flops=1e22", "goal.error_law=gadre2024-c4-error"},
                published_law("gadre2024-c4"));
  ASSERT_TRUE(made.downstream.has_value());
  EXPECT_THAT(made.downstream->error_rate,
              near_rel(published_law("gadre2024-c4-error")
                           .value({{"loss", made.run.loss.value()}}),
                       kRounding));
}

TEST(Downstream, RefusesLossesOfOtherData) {
  EXPECT_THAT(refusal({"goal.error=0.5"}), HasSubstr("needs error_law"));
  EXPECT_THAT(refusal({"goal.error=0.5", "goal.error_law=gadre2024-c4-error"}),
              HasSubstr("reads losses on C4"));
  EXPECT_THAT(refusal({"goal.error=0.5", "goal.error_law=gadre2024-c4-error"},
                      published_law("gadre2024-rpj")),
              HasSubstr("reads losses on C4"));
  EXPECT_THAT(refusal({"goal.error=0.9"}, published_law("gadre2024-c4")),
              HasSubstr("answers errors from"));
  EXPECT_THAT(
      refusal({"goal.error=0.5", "goal.loss=2"}, published_law("gadre2024-c4")),
      HasSubstr("leave one out"));
  EXPECT_THAT(refusal({"goal.error=0.5", "goal.error_law=hoffmann2022"}),
              HasSubstr("does not turn a loss into an error rate"));
}

}  // namespace
}  // namespace isoflop
