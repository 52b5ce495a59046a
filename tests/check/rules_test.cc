// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "check/plans.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/plan/lifetime.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::fired;
using ::testing::HasSubstr;
using testing::judge;
using testing::kDerivative;
using testing::kRounding;
using testing::near_rel;
using testing::of_size;
using testing::value_of;

constexpr double kBeyond = 1.0 + 1e-6;

/// Severity with which a code fires, or nothing.
std::optional<Severity> severity(const Check& check, const char* code) {
  const Finding* finding = fired(check, code);
  if (finding == nullptr) return std::nullopt;
  return finding->severity;
}

Scenario within(double params_low,
                double params_high,
                double tokens_low,
                double tokens_high) {
  Scenario scenario;
  scenario.params = Range<Params>(Params(params_low), Params(params_high));
  scenario.tokens = Range<Tokens>(Tokens(tokens_low), Tokens(tokens_high));
  return scenario;
}

// plan.overparameterized

TEST(Overparameterized, FiresFromItsThresholdsOn) {
  const Scenario plan = of_size(175e9, 300e9);
  const double waste = judge(plan).waste.compute_factor;
  CheckOptions options;
  options.waste_error = waste;
  EXPECT_EQ(severity(judge(plan, options), "plan.overparameterized"),
            Severity::Error);
  options.waste_error = waste * kBeyond;
  options.waste_warning = waste;
  EXPECT_EQ(severity(judge(plan, options), "plan.overparameterized"),
            Severity::Warning);
  options.waste_warning = waste * kBeyond;
  EXPECT_EQ(severity(judge(plan, options), "plan.overparameterized"),
            std::nullopt);
}

TEST(Overparameterized, HasItsNumbers) {
  const Check checked = judge(of_size(530e9, 270e9));
  const Finding& finding = *fired(checked, "plan.overparameterized");
  EXPECT_THAT(finding.message, HasSubstr("4 of 4 published laws"));
  EXPECT_THAT(finding.remedy, HasSubstr("train "));
  EXPECT_EQ(value_of(finding, "compute_factor"), checked.waste.compute_factor);
  EXPECT_EQ(value_of(finding, "params_over_optimal"),
            checked.waste.params_over_optimal);
  EXPECT_EQ(value_of(finding, "params_optimal"), checked.best.params.value());
  EXPECT_EQ(value_of(finding, "tokens_needed"), checked.needs.tokens);
}

TEST(Overparameterized, NeverFiresBelowTheOptimalSize) {
  EXPECT_EQ(severity(judge(of_size(1e9, 1e14)), "plan.overparameterized"),
            std::nullopt);
}

TEST(Overparameterized, SaysWhatIsBestInTheMiddleOfRanges) {
  const Check checked = judge(within(4e11, 6e11, 2e11, 3e11));
  EXPECT_THAT(fired(checked, "plan.overparameterized")->remedy,
              HasSubstr("in the middle of the ranges"));
}

// plan.overtrained

TEST(Overtrained, FiresFromItsThresholdOn) {
  const Scenario plan = of_size(6.7e9, 1e12);
  CheckOptions options;
  options.waste_warning = judge(plan).waste.compute_factor;
  EXPECT_EQ(severity(judge(plan, options), "plan.overtrained"), Severity::Note);
  options.waste_warning *= kBeyond;
  EXPECT_EQ(severity(judge(plan, options), "plan.overtrained"), std::nullopt);
}

/// Training and serving of a model of this size, 6 N D + 2 N T, whose data
/// give it this loss.
double lifetime_flops(const Law& law,
                      double loss,
                      double params,
                      double served) {
  const auto& c = law.coefficients;
  const double left = loss - c[0] - c[1] * std::pow(params, -c[3]);
  const double tokens = std::pow(left / c[2], -1.0 / c[4]);
  return 6.0 * params * tokens + 2.0 * params * served;
}

TEST(Overtrained, SizeIsTheCheapestForTheDemandItNames) {
  const Law law = published_law("besiroglu2024");
  for (const auto& [n, d] : {std::pair(8.03e9, 15e12), {6.7e9, 1e12}}) {
    const Check checked = judge(of_size(n, d));
    const double served =
        value_of(*fired(checked, "plan.overtrained"), "tokens_served_cheapest");
    const double loss = checked.run.loss.value();
    for (const double step : {0.97, 0.99, 1.01, 1.03}) {
      EXPECT_GT(lifetime_flops(law, loss, n * step, served),
                lifetime_flops(law, loss, n, served));
    }
  }
}

TEST(Overtrained, PaysFromWhereTheOptimalRunCostsAsMuch) {
  const Law law = published_law("besiroglu2024");
  for (const auto& [n, d] : {std::pair(8.03e9, 15e12), {6.7e9, 1e12}}) {
    const Check checked = judge(of_size(n, d));
    const double served =
        value_of(*fired(checked, "plan.overtrained"), "tokens_served_to_pay");
    const Optimum same_loss =
        optimum(law, checked.run.flops / (1.0 + checked.waste.compute_factor));
    EXPECT_THAT(lifetime_flops(law, checked.run.loss.value(), n, served),
                near_rel(same_loss.flops.value() +
                             2.0 * same_loss.params.value() * served,
                         {1e-9}));
  }
}

TEST(Overtrained, FiresOverRangesByItsShare) {
  EXPECT_EQ(severity(judge(within(6e9, 9e9, 1e13, 2e13)), "plan.overtrained"),
            Severity::Note);
  EXPECT_EQ(severity(judge(within(4e11, 6e11, 2e11, 3e11)), "plan.overtrained"),
            std::nullopt);
}

// plan.data-wall

TEST(DataWall, FiresBeyondTheUsefulPasses) {
  Scenario plan = of_size(70e9, 1.4e12);
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), std::nullopt);
  plan.unique_tokens = Tokens(0.35e12);
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), std::nullopt);
  plan.unique_tokens = Tokens(0.35e12 / kBeyond);
  const Check warned = judge(plan);
  EXPECT_EQ(severity(warned, "plan.data-wall"), Severity::Warning);
  EXPECT_THAT(value_of(*fired(warned, "plan.data-wall"), "epochs"),
              near_rel(4.0 * kBeyond, kRounding));
  plan.unique_tokens = Tokens(0.35e12 / 4.0);
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), Severity::Warning);
  plan.unique_tokens = Tokens(0.35e12 / 4.0 / kBeyond);
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), Severity::Error);
}

TEST(DataWall, FollowsMaxEpochs) {
  Scenario plan = of_size(70e9, 1.4e12);
  plan.unique_tokens = Tokens(1.3e12);
  plan.max_epochs = 1;
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), Severity::Warning);
  plan.max_epochs = 1.1;
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), std::nullopt);
}

TEST(DataWall, RemedyClearsIt) {
  Scenario plan = of_size(70e9, 1.4e12);
  plan.unique_tokens = Tokens(0.1e12);
  const double needed =
      value_of(*fired(judge(plan), "plan.data-wall"), "unique_tokens_needed");
  plan.unique_tokens = Tokens(needed);
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), std::nullopt);
}

TEST(DataWall, FiresOverRangesByItsShare) {
  Scenario plan = of_size(70e9, 1.4e12);
  // Uniform in the logarithm: below 350B in 1 %, 10 % and 50 %.
  plan.unique_tokens = Range<Tokens>(Tokens(0.345e12), Tokens(1.4e12));
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), std::nullopt);
  plan.unique_tokens = Range<Tokens>(Tokens(0.3e12), Tokens(1.4e12));
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), Severity::Note);
  plan.unique_tokens = Range<Tokens>(Tokens(0.175e12), Tokens(0.7e12));
  const Check half = judge(plan);
  EXPECT_EQ(severity(half, "plan.data-wall"), Severity::Warning);
  // Four standard deviations of a share of 2000.
  EXPECT_NEAR(
      value_of(*fired(half, "plan.data-wall"), "probability"), 0.5, 0.045);
  plan.unique_tokens = Range<Tokens>(Tokens(0.01e12), Tokens(0.1e12));
  EXPECT_EQ(severity(judge(plan), "plan.data-wall"), Severity::Error);
}

TEST(DataWall, FailsFromTheHopelessPassesOn) {
  Scenario plan = of_size(70e9, 1.4e12);
  plan.unique_tokens = Tokens(1.4e12 / 10.0);
  CheckOptions options;
  options.hopeless_passes = 2.5;
  EXPECT_EQ(severity(judge(plan, options), "plan.data-wall"),
            Severity::Warning);
  options.hopeless_passes = 2.5 / kBeyond;
  EXPECT_EQ(severity(judge(plan, options), "plan.data-wall"), Severity::Error);
}

// plan.diminishing-repeats

Scenario of_epochs(double epochs) {
  Scenario plan = of_size(7e9, 1e12);
  plan.unique_tokens = Tokens(1e12 / epochs);
  return plan;
}

TEST(DiminishingRepeats, FiresAtSixtyPassesAndNotAtFour) {
  EXPECT_EQ(severity(judge(of_epochs(4)), "plan.diminishing-repeats"),
            std::nullopt);
  const Check checked = judge(of_epochs(60));
  EXPECT_EQ(severity(checked, "plan.diminishing-repeats"), Severity::Warning);
  const Finding& finding = *fired(checked, "plan.diminishing-repeats");
  const Law law = published_law("muennighoff2023");
  EXPECT_THAT(
      value_of(finding, "tokens_worth"),
      near_rel(worth_of_repeats(law, Tokens(1e12), Tokens(1e12 / 60.0)).value(),
               kRounding));
  EXPECT_THAT(value_of(finding, "last_value"),
              near_rel(std::exp(-59.0 / 15.387756), kRounding));
}

TEST(DiminishingRepeats, LastValueIsTheSlopeOfTheWorth) {
  const Law law = published_law("muennighoff2023");
  const Tokens unique(1e10);
  for (const double epochs : {1.5, 4.0, 16.0, 60.0}) {
    const double step = 1e-4;
    const double slope =
        (worth_of_repeats(law, unique * (epochs + step), unique).value() -
         worth_of_repeats(law, unique * (epochs - step), unique).value()) /
        (2.0 * step * unique.value());
    Scenario plan = of_size(7e9, epochs * 1e10);
    plan.unique_tokens = unique;
    EXPECT_THAT(judge(plan).repeats->last_value, near_rel(slope, kDerivative));
  }
}

TEST(DiminishingRepeats, FiresFromItsThresholdOn) {
  CheckOptions options;
  options.repeat_value = judge(of_epochs(10)).repeats->last_value / kBeyond;
  EXPECT_EQ(severity(judge(of_epochs(10), options), "plan.diminishing-repeats"),
            std::nullopt);
  options.repeat_value *= kBeyond * kBeyond;
  EXPECT_EQ(severity(judge(of_epochs(10), options), "plan.diminishing-repeats"),
            Severity::Warning);
}

TEST(DiminishingRepeats, RemedyClearsIt) {
  const double most =
      value_of(*fired(judge(of_epochs(60)), "plan.diminishing-repeats"),
               "epochs_worth_making");
  EXPECT_EQ(severity(judge(of_epochs(most)), "plan.diminishing-repeats"),
            std::nullopt);
}

TEST(DiminishingRepeats, FiresOverRangesByItsShare) {
  Scenario plan = of_size(7e9, 1e12);
  const double most = 1.0 - 15.387756 * std::log(0.25);
  const double turning = 1e12 / most;
  plan.unique_tokens =
      Range<Tokens>(Tokens(turning / 2.0), Tokens(turning * 2.0));
  const Check half = judge(plan);
  EXPECT_NEAR(value_of(*fired(half, "plan.diminishing-repeats"), "probability"),
              0.5,
              0.045);
  EXPECT_EQ(severity(judge(of_size(7e9, 1e12)), "plan.diminishing-repeats"),
            std::nullopt);
}

// data.synthetic-unprofitable

/// 100B parameters for some passes over 250B tokens, a 70B writer, a 7B judge.
Scenario with_writer(double epochs, double acceptance) {
  Scenario plan = of_size(100e9, epochs * 250e9);
  plan.unique_tokens = Tokens(250e9);
  plan.generator_params = Params(70e9);
  plan.verifier_params = Params(7e9);
  plan.acceptance = Share(acceptance);
  return plan;
}

TEST(SyntheticUnprofitable, FiresWhereEachTokenIsNewAndNotWhereAllAreWorn) {
  constexpr const char* kCode = "data.synthetic-unprofitable";
  const Check fresh = judge(with_writer(1.0, 0.3));
  EXPECT_EQ(severity(fresh, kCode), Severity::Warning);
  // 2 (70B + 7B) / 0.3.
  EXPECT_THAT(value_of(*fired(fresh, kCode), "flops_per_token"),
              near_rel(2.0 * 77e9 / 0.3, kRounding));
  EXPECT_EQ(severity(judge(with_writer(12.0, 0.3)), kCode), std::nullopt);
  EXPECT_EQ(severity(judge(of_size(100e9, 250e9)), kCode), std::nullopt);
}

TEST(SyntheticUnprofitable, FiresFromItsThresholdOn) {
  constexpr const char* kCode = "data.synthetic-unprofitable";
  const Check dear = judge(with_writer(8.0, 1e-3));
  ASSERT_EQ(severity(dear, kCode), Severity::Warning);
  const Finding& finding = *fired(dear, kCode);
  const double turning = 1e-3 * value_of(finding, "flops_per_token") /
                         value_of(finding, "worth_flops");
  EXPECT_EQ(severity(judge(with_writer(8.0, turning * kBeyond)), kCode),
            std::nullopt);
  EXPECT_EQ(severity(judge(with_writer(8.0, turning / kBeyond)), kCode),
            Severity::Warning);
}

TEST(SyntheticUnprofitable, FiresOverRangesByItsShare) {
  constexpr const char* kCode = "data.synthetic-unprofitable";
  Scenario plan = with_writer(8.0, 0.3);
  plan.unique_tokens = Range<Tokens>(Tokens(50e9), Tokens(8e12));
  const Check checked = judge(plan);
  ASSERT_NE(fired(checked, kCode), nullptr);
  const double probability = value_of(*fired(checked, kCode), "probability");
  EXPECT_GT(probability, 0.2);
  EXPECT_LT(probability, 0.9);
}

// plan.dominated

TEST(Dominated, ShowsTheSmallerPlanOfTheSameLoss) {
  const Check checked = judge(of_size(530e9, 270e9));
  const Finding& finding = *fired(checked, "plan.dominated");
  EXPECT_EQ(finding.severity, Severity::Warning);
  const Law law = published_law("besiroglu2024");
  const double params = value_of(finding, "params");
  const double tokens = value_of(finding, "tokens");
  EXPECT_LT(params, 530e9);
  EXPECT_THAT(law.loss(Params(params), Tokens(tokens)).value(),
              near_rel(checked.run.loss.value(), {1e-9}));
  EXPECT_THAT(
      value_of(finding, "flops_saved_share"),
      near_rel(1.0 - 1.0 / (1.0 + checked.waste.compute_factor), {1e-9}));
  EXPECT_EQ(severity(judge(of_size(70e9, 1.4e12)), "plan.dominated"),
            std::nullopt);
  // Smaller than optimal: what it costs in use is not known.
  EXPECT_EQ(severity(judge(of_size(7e9, 1e13)), "plan.dominated"),
            std::nullopt);
}

TEST(Dominated, IsTheCheapestLifeForTheDemand) {
  const Law law = published_law("besiroglu2024");
  for (const double served : {1e11, 1e13}) {
    Scenario plan = of_size(70e9, 1.4e12);
    plan.serving_tokens = Tokens(served);
    plan.accelerator = "h100-sxm";
    plan.serving_accelerator = "h100-sxm";
    CheckOptions options;
    options.waste_warning = 1e-6;
    options.waste_error = 10.0;
    const Check checked = judge(plan, options);
    const Finding& finding = *fired(checked, "plan.dominated");
    const auto best = cheapest_lifetime(law, checked.run.loss, Tokens(served));
    ASSERT_TRUE(best.has_value());
    // Near its bottom a valley is flat: sizes agree to the root of what
    // losses do.
    EXPECT_THAT(value_of(finding, "params"),
                near_rel(best->params.value(), {1e-4}));
    EXPECT_THAT(finding.remedy, HasSubstr("USD instead of"));
  }
}

// A larger model is no better plan where a smaller one is asked for.
TEST(Dominated, OtherPlanMeetsTheDemandsOnServing) {
  Scenario plan = of_size(8e9, 15e12);
  plan.serving_tokens = Tokens(10e12);
  plan.serving_accelerator = "h100-sxm";
  EXPECT_EQ(severity(judge(plan), "plan.dominated"), Severity::Warning);
  plan.max_usd_per_million_tokens = UsdPerMillionTokens(0.02);
  const Check checked = judge(plan);
  EXPECT_EQ(severity(checked, "plan.dominated"), std::nullopt);
  EXPECT_EQ(severity(checked, "plan.too-expensive"), Severity::Error);
  EXPECT_THAT(fired(checked, "plan.overtrained")->remedy,
              HasSubstr("serving.tokens is 10T"));
}

TEST(Dominated, FiresFromItsThresholdOn) {
  const Scenario plan = of_size(175e9, 300e9);
  CheckOptions options;
  options.waste_warning = judge(plan).waste.compute_factor;
  EXPECT_EQ(severity(judge(plan, options), "plan.dominated"),
            Severity::Warning);
  options.waste_warning *= kBeyond;
  EXPECT_EQ(severity(judge(plan, options), "plan.dominated"), std::nullopt);
}

TEST(Dominated, FiresOverRangesByItsShare) {
  EXPECT_EQ(severity(judge(within(4e11, 6e11, 2e11, 3e11)), "plan.dominated"),
            Severity::Warning);
  EXPECT_EQ(
      severity(judge(within(5e10, 8e10, 1.3e12, 1.6e12)), "plan.dominated"),
      std::nullopt);
}

// plan.memorizes

double bits_per_token() {
  return irreducible_loss(published_law("besiroglu2024")).value() /
         std::numbers::ln2;
}

TEST(Memorizes, FiresWhenCapacityExceedsInformation) {
  Scenario plan = of_size(70e9, 1.4e12);
  const double unique = 70e9 * 3.6 / bits_per_token();
  plan.unique_tokens = Tokens(unique * kBeyond);
  EXPECT_EQ(severity(judge(plan), "plan.memorizes"), std::nullopt);
  plan.unique_tokens = Tokens(unique / kBeyond);
  const Check warned = judge(plan);
  EXPECT_EQ(severity(warned, "plan.memorizes"), Severity::Warning);
  const Finding& finding = *fired(warned, "plan.memorizes");
  EXPECT_THAT(value_of(finding, "capacity_bits"),
              near_rel(70e9 * 3.6, kRounding));
  EXPECT_THAT(value_of(finding, "unique_tokens_needed"),
              near_rel(unique, kRounding));
  EXPECT_THAT(finding.message, ::testing::Not(HasSubstr("taken as distinct")));
}

TEST(Memorizes, TakesTrainingTokensAsDistinctAndSaysSo) {
  const Check checked = judge(of_size(530e9, 270e9));
  ASSERT_NE(fired(checked, "plan.memorizes"), nullptr);
  EXPECT_THAT(fired(checked, "plan.memorizes")->message,
              HasSubstr("taken as distinct"));
  EXPECT_EQ(severity(judge(of_size(7e9, 1e12)), "plan.memorizes"),
            std::nullopt);
}

TEST(Memorizes, AnswerHasTheShareOfTrainingThatIsRecall) {
  const Check checked = judge(of_size(70e9, 1.4e12));
  const Recall& recall = checked.recall.value();
  EXPECT_THAT(recall.tokens_held,
              near_rel(70e9 * 3.6 / bits_per_token(), kRounding));
  EXPECT_THAT(recall.share_of_training,
              near_rel(recall.tokens_held / 1.4e12, kRounding));
  // What is never full never stops.
  EXPECT_EQ(judge(of_size(530e9, 270e9)).recall->share_of_training, 1.0);
  Scenario repeated = of_size(70e9, 1.4e12);
  repeated.unique_tokens = Tokens(90e9);
  EXPECT_EQ(judge(repeated).recall->share_of_training, 1.0);
}

TEST(Memorizes, FollowsBitsPerParam) {
  CheckOptions options;
  options.bits_per_param = 3.6 * 1000;
  EXPECT_EQ(severity(judge(of_size(7e9, 1e12), options), "plan.memorizes"),
            Severity::Warning);
}

TEST(Memorizes, FiresOverRangesByItsShare) {
  EXPECT_EQ(severity(judge(within(4e11, 6e11, 1e11, 2e11)), "plan.memorizes"),
            Severity::Warning);
  EXPECT_EQ(severity(judge(within(4e9, 6e9, 1e12, 2e12)), "plan.memorizes"),
            std::nullopt);
}

// plan.outside-law

TEST(OutsideLaw, FiresBeyondTheRunsAndWarnsFarBeyond) {
  Law law = published_law("besiroglu2024");
  law.range.params = Interval{1e8, 1e10};
  law.range.tokens = Interval{1e9, 1e12};
  law.range.flops = Interval{1e18, 1e23};
  const auto at = [&](double params, double tokens) {
    return severity(check(law, of_size(params, tokens)), "plan.outside-law");
  };
  EXPECT_EQ(at(1e10, 1e12), std::nullopt);
  EXPECT_EQ(at(1e8, 1e10), std::nullopt);
  EXPECT_EQ(at(1.001e10, 1e11), Severity::Note);
  EXPECT_EQ(at(1e9, 1.001e12), Severity::Note);
  EXPECT_EQ(at(0.999e8, 1e10), Severity::Note);
  EXPECT_EQ(at(1e9, 0.999e9), Severity::Note);
  EXPECT_EQ(at(1e14, 1e9), Severity::Note);
  EXPECT_EQ(at(1.001e14, 1e9), Severity::Warning);
}

TEST(OutsideLaw, NamesWhatIsBeyondAndByHowMuch) {
  const Check checked = judge(of_size(160e9, 300e9));
  const Finding& finding = *fired(checked, "plan.outside-law");
  EXPECT_THAT(value_of(finding, "parameters_beyond"),
              near_rel(10.0, kRounding));
  EXPECT_THAT(value_of(finding, "compute_beyond"), near_rel(28.8, kRounding));
  EXPECT_THAT(finding.message, HasSubstr("besiroglu2024"));
}

TEST(OutsideLaw, WarnsFromFarBeyondOn) {
  CheckOptions options;
  const Scenario plan = of_size(160e9, 300e9);
  const double factor =
      value_of(*fired(judge(plan), "plan.outside-law"), "compute_beyond");
  options.far_beyond = factor;
  EXPECT_EQ(severity(judge(plan, options), "plan.outside-law"), Severity::Note);
  options.far_beyond = factor / kBeyond;
  EXPECT_EQ(severity(judge(plan, options), "plan.outside-law"),
            Severity::Warning);
}

TEST(OutsideLaw, FiresOverRangesByItsShare) {
  // Beyond 16B parameters in half of the samples.
  const Check half = judge(within(8e9, 32e9, 1e10, 1.01e10));
  EXPECT_NEAR(
      value_of(*fired(half, "plan.outside-law"), "probability"), 0.5, 0.045);
}

TEST(OutsideLaw, LawWithoutRangeIsSilent) {
  Law law = published_law("besiroglu2024");
  law.range = {};
  EXPECT_EQ(severity(check(law, of_size(1e15, 1e15)), "plan.outside-law"),
            std::nullopt);
}

}  // namespace
}  // namespace isoflop
