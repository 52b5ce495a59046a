// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::IsEmpty;
using testing::near_rel;
using testing::printed;

TEST(Predict, GivesTheLossOfTheLaw) {
  const Law law = published_law("besiroglu2024");
  const Prediction made = predict(law, Params(70e9), Tokens(1.4e12));
  EXPECT_EQ(made.loss, law.loss(Params(70e9), Tokens(1.4e12)));
  EXPECT_THAT(made.loss.value(), near_rel(printed("1.9734159")));
  EXPECT_EQ(made.flops, train_flops(Params(70e9), Tokens(1.4e12)));
  EXPECT_EQ(made.law, "besiroglu2024");
}

TEST(Predict, IntervalHoldsTheLossAndWidensWithTheLevel) {
  const Law law = published_law("besiroglu2024");
  const Prediction narrow = predict(law, Params(70e9), Tokens(1.4e12), {0.5});
  const Prediction wide = predict(law, Params(70e9), Tokens(1.4e12), {0.95});
  ASSERT_TRUE(narrow.loss_interval && wide.loss_interval);
  EXPECT_LT(wide.loss_interval->low, narrow.loss_interval->low);
  EXPECT_GT(wide.loss_interval->high, narrow.loss_interval->high);
  EXPECT_LT(wide.loss_interval->low, narrow.loss.value());
  EXPECT_GT(wide.loss_interval->high, narrow.loss.value());
}

TEST(Predict, LawWithoutDrawsHasNoInterval) {
  const Prediction made =
      predict(published_law("hoffmann2022"), Params(1e9), Tokens(20e9));
  EXPECT_FALSE(made.loss_interval.has_value());
}

TEST(Predict, WarnsFarBeyondTheRunsOfTheLaw) {
  Law law = published_law("besiroglu2024");
  law.range.flops = Interval{1e18, 6e20};
  // 6 N D is 100 times the largest run, then just above.
  EXPECT_THAT(predict(law, Params(1e11), Tokens(1e11)).findings, IsEmpty());
  const Prediction far = predict(law, Params(1e11), Tokens(1.01e11));
  EXPECT_THAT(*far.extrapolation, near_rel(101, testing::kRounding));
  const Finding* finding = find(far.findings, "law.extrapolation");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->severity, Severity::Warning);
  law.range.flops.reset();
  const Prediction unknown = predict(law, Params(1e11), Tokens(1.01e11));
  EXPECT_FALSE(unknown.extrapolation.has_value());
  EXPECT_THAT(unknown.findings, IsEmpty());
}

TEST(Predict, RefusesALevelOutOfRange) {
  const Law law = published_law("besiroglu2024");
  for (const double level : {0.0, 1.0, -0.1, 90.0}) {
    EXPECT_THROW(predict(law, Params(1e9), Tokens(1e10), {level}),
                 std::invalid_argument);
  }
}

}  // namespace
}  // namespace isoflop
