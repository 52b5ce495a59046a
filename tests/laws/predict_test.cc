// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::IsEmpty;
using testing::near_rel;
using testing::printed;

TEST(Predict, GivesTheLossOfTheLaw) {
  const Law law = published_law("besiroglu2024");
  const Prediction made = predict(law, Params(70e9), Tokens(1.4e12));
  EXPECT_EQ(made.output, "loss");
  EXPECT_EQ(made.value, law.loss(Params(70e9), Tokens(1.4e12)).value());
  EXPECT_THAT(made.value, near_rel(printed("1.9734159")));
  EXPECT_EQ(*made.flops, train_flops(Params(70e9), Tokens(1.4e12)));
  EXPECT_EQ(made.law, "besiroglu2024");
}

TEST(Predict, IntervalHoldsTheLossAndWidensWithTheLevel) {
  const Law law = published_law("besiroglu2024");
  const Prediction narrow = predict(law, Params(70e9), Tokens(1.4e12), {0.5});
  const Prediction wide = predict(law, Params(70e9), Tokens(1.4e12), {0.95});
  ASSERT_TRUE(narrow.interval && wide.interval);
  EXPECT_LT(wide.interval->low, narrow.interval->low);
  EXPECT_GT(wide.interval->high, narrow.interval->high);
  EXPECT_LT(wide.interval->low, narrow.value);
  EXPECT_GT(wide.interval->high, narrow.value);
}

TEST(Predict, LawWithoutDrawsHasNoInterval) {
  const Prediction made =
      predict(published_law("hoffmann2022"), Params(1e9), Tokens(20e9));
  EXPECT_FALSE(made.interval.has_value());
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

Law law_of(const char* form, std::vector<double> coefficients) {
  Law law;
  law.id = form;
  law.form = find_form(form);
  law.coefficients = Eigen::Map<const Eigen::VectorXd>(
      coefficients.data(), static_cast<Eigen::Index>(coefficients.size()));
  return law;
}

/// The law of Llama 3 with the digits of its figure 3: tokens of a budget.
Law tokens_of_compute() { return law_of("tokens_allocation", {0.299, 0.537}); }

TEST(Predict, AllocationAnswersSizeAndDataOfABudget) {
  PredictInputs inputs;
  inputs.flops = Flops(3.8e25);
  const Prediction made = predict(tokens_of_compute(), inputs);
  EXPECT_EQ(made.output, "tokens");
  EXPECT_THAT(
      made.value,
      near_rel(0.299 * std::pow(3.8e25, 0.537), testing::Tolerance{1e-12, 0}));
  ASSERT_TRUE(made.allocation.has_value());
  EXPECT_THAT(
      6 * made.allocation->params->value() * made.allocation->tokens->value(),
      near_rel(3.8e25, testing::kRounding));
}

TEST(Predict, LawOfComputeTakesSizeAndData) {
  const Law law = law_of("compute_frontier", {0.5066, 5.984e22, 0.0737});
  PredictInputs by_size;
  by_size.params = Params(13e9);
  by_size.tokens = Tokens(260e9);
  PredictInputs by_compute;
  by_compute.flops = Flops(6.0 * 13e9 * 260e9);
  EXPECT_EQ(predict(law, by_size).value, predict(law, by_compute).value);
}

TEST(Predict, RepeatedTokensAreWorthLess) {
  const Law law =
      law_of("data_constrained", {1.87, 521, 1488, 0.353, 0.353, 15.4, 5.3});
  PredictInputs inputs;
  inputs.params = Params(4e9);
  inputs.tokens = Tokens(800e9);
  const double fresh = predict(law, inputs).value;
  inputs.unique_tokens = Tokens(800e9);
  EXPECT_EQ(predict(law, inputs).value, fresh);
  inputs.unique_tokens = Tokens(100e9);
  const double repeated = predict(law, inputs).value;
  EXPECT_GT(repeated, fresh);
  inputs.tokens = Tokens(100e9);
  EXPECT_LT(repeated, predict(law, inputs).value);
}

TEST(Predict, RefusesWhatTheLawDoesNotRead) {
  PredictInputs inputs;
  inputs.params = Params(1e9);
  inputs.tokens = Tokens(2e10);
  inputs.experts = 8;
  EXPECT_THAT(testing::message_of<std::invalid_argument>(
                  [&] { predict(published_law("besiroglu2024"), inputs); }),
              ::testing::HasSubstr("does not read experts"));
}

TEST(Predict, NamesWhatIsMissing) {
  PredictInputs inputs;
  inputs.params = Params(1e9);
  EXPECT_THAT(testing::message_of<std::invalid_argument>(
                  [&] { predict(published_law("besiroglu2024"), inputs); }),
              ::testing::HasSubstr("needs tokens"));
}

TEST(Predict, ColumnsOfAFormulaAreNameAndNumber) {
  PredictInputs inputs;
  inputs.params = Params(1e9);
  inputs.tokens = Tokens(2e10);
  inputs.column = {"experts"};
  EXPECT_THAT(testing::message_of<std::invalid_argument>(
                  [&] { predict(published_law("besiroglu2024"), inputs); }),
              ::testing::HasSubstr("must be NAME=NUMBER"));
}

PredictInputs size_and_data(double params, double tokens) {
  PredictInputs inputs;
  inputs.params = Params(params);
  inputs.tokens = Tokens(tokens);
  return inputs;
}

TEST(Predict, ErrorRateIsThatOfTheErrorLawAtTheLoss) {
  PredictInputs inputs = size_and_data(6.9e9, 138e9);
  inputs.downstream = "gadre2024-c4-error";
  const Prediction made = predict(published_law("gadre2024-c4-all"), inputs);
  ASSERT_TRUE(made.downstream.has_value());
  // Gadre et al. 2024, arXiv:2403.08540: eps - k exp(-gamma L).
  EXPECT_THAT(made.downstream->error_rate,
              near_rel(0.8497 - 2.079 * std::exp(-0.7561 * made.value),
                       testing::Tolerance{1e-12, 0}));
  ASSERT_TRUE(made.downstream->interval.has_value());
  EXPECT_LT(made.downstream->interval->low, made.downstream->error_rate);
  EXPECT_GT(made.downstream->interval->high, made.downstream->error_rate);
  EXPECT_EQ(find(made.findings, "law.other-losses"), nullptr);
}

TEST(Predict, ErrorRateOfOtherLossesIsMarked) {
  PredictInputs inputs = size_and_data(6.9e9, 138e9);
  inputs.downstream = "gadre2024-c4-error";
  const Prediction made = predict(published_law("besiroglu2024"), inputs);
  EXPECT_NE(find(made.findings, "law.other-losses"), nullptr);
}

TEST(Predict, DrawsWithoutAnAnswerLeaveNoInterval) {
  // A quarter of the draws have an E below which no error rate is defined.
  PredictInputs inputs = size_and_data(1e18, 1e18);
  inputs.downstream = "gadre2024-c4-error";
  const Prediction made = predict(published_law("gadre2024-c4-all"), inputs);
  ASSERT_TRUE(made.downstream.has_value());
  EXPECT_FALSE(made.downstream->interval.has_value());
  EXPECT_TRUE(made.interval.has_value());
}

TEST(Predict, MixturesThatCountRestingExpertsHaveNoComputeOfTheirOwn) {
  const Prediction made =
      predict(published_law("krajewski2024"), size_and_data(1e9, 2e10));
  EXPECT_FALSE(made.flops.has_value());
  EXPECT_TRUE(
      predict(published_law("kaplan2020"), size_and_data(1e9, 2e10)).flops);
}

TEST(Predict, SaysTheUnitOfItsAnswer) {
  EXPECT_EQ(
      predict(published_law("minicpm2024", true), size_and_data(2.4e9, 1e12))
          .answers_nats(),
      false);
  EXPECT_EQ(predict(published_law("besiroglu2024"), size_and_data(1e9, 1e10))
                .answers_nats(),
            true);
}

TEST(Predict, MarksWhatLiesBeyondTheRunsInAnyInput) {
  PredictInputs inputs;
  inputs.active_params = Params(1e9);
  inputs.tokens = Tokens(2e10);
  inputs.experts = 32;
  const Law law = published_law("ludziejewski2025");
  EXPECT_EQ(find(predict(law, inputs).findings, "law.extrapolation"), nullptr);
  inputs.experts = 1000;
  EXPECT_NE(find(predict(law, inputs).findings, "law.extrapolation"), nullptr);
}

TEST(Predict, RefusesWhatIsNotFinite) {
  PredictInputs inputs;
  inputs.column = {"months=1e9"};
  EXPECT_THAT(testing::message_of<std::invalid_argument>(
                  [&] { predict(published_law("ho2024"), inputs); }),
              ::testing::HasSubstr("no finite answer"));
}

}  // namespace
}  // namespace isoflop
