// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "isoflop/laws/predict.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;
using testing::Tolerance;

Law law_of(const char* form, std::vector<double> coefficients) {
  Law law;
  law.id = form;
  law.form = find_form(form);
  law.coefficients = Eigen::Map<const Eigen::VectorXd>(
      coefficients.data(), static_cast<Eigen::Index>(coefficients.size()));
  return law;
}

/// The fit to the 100M model of the source.
Law multi_power() {
  return law_of(
      "multi_power",
      {2.65145, 0.60115, 0.45296, 437.946, 2.13245, 0.59785, 0.65524});
}

Law annealing() {
  return law_of("annealing", {2.7888, 0.5926, 0.4548, 0.4812, 0.999});
}

/// `hold` steps at the peak, then `rest` at another rate.
LearningRateSchedule two_stages(int hold, int rest, double low) {
  LearningRateSchedule schedule;
  schedule.rates.setConstant(hold + rest, 3e-4);
  schedule.rates.tail(rest).setConstant(low);
  return schedule;
}

TEST(Schedule, CosineFallsFromThePeakToTheEnd) {
  const LearningRateSchedule schedule =
      parse_schedule("cosine:steps=1000,peak=3e-4,warmup=100,end=3e-5");
  ASSERT_EQ(schedule.rates.size(), 1000);
  EXPECT_EQ(schedule.warmup, 100);
  EXPECT_THAT(schedule.rates[0], near_rel(3e-6, kRounding));
  EXPECT_THAT(schedule.rates[99], near_rel(3e-4, kRounding));
  EXPECT_THAT(schedule.rates[549], near_rel(1.65e-4, kRounding));
  EXPECT_THAT(schedule.rates[999], near_rel(3e-5, kRounding));
}

TEST(Schedule, WsdHoldsThePeakUntilItsDecay) {
  const LearningRateSchedule schedule =
      parse_schedule("wsd:steps=1000,peak=1e-3,decay=200");
  EXPECT_EQ(schedule.rates[799], 1e-3);
  EXPECT_THAT(schedule.rates[899], near_rel(5e-4, kRounding));
  EXPECT_THAT(schedule.rates[999], near_rel(0, Tolerance{0, 1e-15}));
}

TEST(Schedule, RefusesWhatCannotBeMeant) {
  for (const auto& [text, problem] :
       std::vector<std::pair<const char*, const char*>>{
           {"cosin:steps=10,peak=1", "did you mean 'cosine'?"},
           {"", "kind is ''"},
           {"cosine", "needs steps"},
           {"cosine:steps=10", "needs peak"},
           {"cosine:steps=10,peak=1,wramup=1", "did you mean 'warmup'?"},
           {"cosine:steps=10,peak=1,warmup=11", "warmup is 11"},
           {"cosine:steps=0,peak=1", "steps is 0"},
           {"cosine:steps=-5,peak=1", "steps is -5"},
           {"cosine:steps=1e12,peak=1", "steps is 1e+12"},
           {"cosine:steps=10,peak=0", "peak is 0"},
           {"cosine:steps=10,steps=20,peak=1", "steps is given twice"},
           {"cosine:steps=10,peak=1,decay=2", "decay belongs to wsd"},
           {"cosine:steps=10,peak=1,end=2", "end is 2"},
           {"cosine:steps,peak=1", "key steps has no value"}}) {
    EXPECT_THAT(
        message_of<std::invalid_argument>([&] { parse_schedule(text); }),
        HasSubstr(problem))
        << text;
  }
}

// By each coefficient on its search scale, along a schedule that falls, rises
// and ends at zero.
TEST(LossCurve, HasTheDerivativesOfItsDifferences) {
  LearningRateSchedule schedule =
      parse_schedule("wsd:steps=400,peak=3e-4,warmup=40,decay=200");
  schedule.rates.segment(100, 50).setConstant(1e-4);
  Eigen::MatrixXd steps(4, 1);
  steps << 400, 90, 130, 300;
  for (const Law& law : {multi_power(), annealing()}) {
    const auto form = dynamic_cast<const CurveForm&>(*law.form).along(schedule);
    const Eigen::VectorXd theta =
        form->theta_from_coefficients(law.coefficients);
    Eigen::VectorXd at, above, below;
    Eigen::MatrixXd jacobian;
    form->evaluate_columns(theta, steps, at, &jacobian);
    for (Eigen::Index i = 0; i < steps.rows(); ++i) {
      EXPECT_THAT(
          at[i],
          near_rel(form->evaluate(theta.data(), &steps(i, 0)), kRounding));
    }
    for (Eigen::Index j = 0; j < theta.size(); ++j) {
      constexpr double kStep = 1e-5;
      Eigen::VectorXd moved = theta;
      moved[j] += kStep;
      form->evaluate_columns(moved, steps, above, nullptr);
      moved[j] -= 2 * kStep;
      form->evaluate_columns(moved, steps, below, nullptr);
      for (Eigen::Index i = 0; i < steps.rows(); ++i) {
        EXPECT_THAT(jacobian(i, j),
                    near_rel((above[i] - below[i]) / (2 * kStep),
                             Tolerance{1e-6, 1e-9}))
            << law.id << " "
            << form->coefficients()[static_cast<std::size_t>(j)].name << " "
            << i;
      }
    }
  }
}

// The sum of the source, term by term.
TEST(MultiPower, IsTheSumOfItsFalls) {
  const auto schedule = parse_schedule("cosine:steps=500,peak=3e-4,warmup=50");
  const LossCurve curve = loss_curve(multi_power(), schedule, 500);
  const Eigen::VectorXd& rates = schedule.rates;
  double gain = 0.0;
  double area = 0.0;
  for (int k = 499; k >= 50; --k) {
    area += rates[k];
    const double x = 2.13245 * std::pow(rates[k], -0.65524) * area;
    gain += (rates[k - 1] - rates[k]) * (1 - std::pow(x + 1, -0.59785));
  }
  EXPECT_THAT(curve.loss_nats[0],
              near_rel(2.65145 + 0.60115 * std::pow(rates.sum(), -0.45296) -
                           437.946 * gain,
                       Tolerance{1e-12, 0}));
}

TEST(MultiPower, ConstantRateIsAPowerLawOfTheArea) {
  const auto schedule = parse_schedule("constant:steps=5000,peak=3e-4");
  const LossCurve curve = loss_curve(multi_power(), schedule, 1000);
  ASSERT_EQ(curve.step.size(), 5);
  for (Eigen::Index i = 0; i < 5; ++i) {
    EXPECT_THAT(
        curve.loss_nats[i],
        near_rel(2.65145 + 0.60115 * std::pow(3e-4 * curve.step[i], -0.45296),
                 Tolerance{1e-12, 0}));
  }
}

TEST(MultiPower, OneDropGainsItsPower) {
  const double low = 1e-4;
  const LossCurve curve = loss_curve(multi_power(), two_stages(1000, 500, low));
  const double area = 3e-4 * 1000 + low * 500;
  const double x = 2.13245 * std::pow(low, -0.65524) * low * 500;
  const double gain = 437.946 * (3e-4 - low) * (1 - std::pow(x + 1, -0.59785));
  EXPECT_THAT(curve.loss_nats[1499],
              near_rel(2.65145 + 0.60115 * std::pow(area, -0.45296) - gain,
                       Tolerance{1e-12, 0}));
}

TEST(MultiPower, DecayToZeroIsFinite) {
  const LossCurve curve = loss_curve(
      multi_power(), parse_schedule("wsd:steps=2000,peak=3e-4,decay=500"));
  EXPECT_TRUE(curve.loss_nats.allFinite());
  EXPECT_LT(curve.loss_nats[1999], curve.loss_nats[1499]);
}

TEST(Annealing, OneDropGainsAGeometricSum) {
  const double low = 1e-4;
  const LossCurve curve = loss_curve(annealing(), two_stages(1000, 500, low));
  const double area = 3e-4 * 1000 + low * 500;
  double gain = 0;
  for (int i = 0; i < 500; ++i) gain += (3e-4 - low) * std::pow(0.999, i);
  EXPECT_THAT(
      curve.loss_nats[1499],
      near_rel(2.7888 + 0.5926 * std::pow(area, -0.4548) - 0.4812 * gain,
               Tolerance{1e-12, 0}));
}

TEST(LossCurve, IsThePredictionAtEachStep) {
  PredictInputs inputs;
  inputs.schedule = "cosine:steps=2000,peak=3e-4,warmup=200";
  inputs.step = 1500;
  const LossCurve curve =
      loss_curve(multi_power(), parse_schedule(inputs.schedule), 500);
  EXPECT_THAT(predict(multi_power(), inputs).value,
              near_rel(curve.loss_nats[2], kRounding));
}

TEST(LossCurve, RefusesOtherLawsAndMissingSchedules) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                loss_curve(published_law("besiroglu2024"),
                           parse_schedule("constant:steps=5,peak=1"));
              }),
              HasSubstr("no law of loss curves"));
  PredictInputs inputs;
  inputs.step = 10;
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { predict(multi_power(), inputs); }),
              HasSubstr("needs a schedule"));
  inputs.schedule = "constant:steps=5,peak=1";
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { predict(multi_power(), inputs); }),
              HasSubstr("no finite answer"));
}

}  // namespace
}  // namespace isoflop
