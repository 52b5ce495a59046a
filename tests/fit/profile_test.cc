// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/linear_law.h"
#include "isoflop/units/text.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::fixed_ratio;
using testing::isoflop_sweep;
using testing::LinearLaw;
using testing::near_rel;
using testing::observe;
using testing::Tolerance;
using testing::without_bootstrap;

/// An end is where the deviance is within 1e-5 of the cut.
constexpr Tolerance kEnd{1e-5};
/// Two descents that stop a millionth of the cut above the least deviance.
constexpr Tolerance kDeviance{1e-4};

FitOptions profiled(FitOptions options = without_bootstrap()) {
  options.interval = IntervalMethod::Profile;
  return options;
}

TEST(Profile, OfALinearLawIsStudentsInterval) {
  const LinearLaw linear;
  const FitResult result = fit(linear.runs, profiled(LinearLaw::options()));
  ASSERT_TRUE(result.profile.has_value());
  const double t = student_quantile(0.95, linear.freedom());
  for (int j = 0; j < 3; ++j) {
    const char* name = LinearLaw::kNames[j];
    const double half = t * std::sqrt(linear.variance() * linear.inverse(j, j));
    const Interval interval = result.named_intervals().at(name);
    EXPECT_THAT(interval.high - linear.coefficients[j], near_rel(half, kEnd))
        << name;
    EXPECT_THAT(linear.coefficients[j] - interval.low, near_rel(half, kEnd))
        << name;
    const Profile* profile = result.profile->find(name);
    ASSERT_NE(profile, nullptr);
    EXPECT_TRUE(profile->is_closed());
    EXPECT_EQ(profile->interval, interval);
  }
}

/// The objective of the additive law with a part of its formula replaced.
double objective_of(const Runs& runs,
                    const std::string& formula,
                    const FitOptions& options) {
  FitOptions held = options;
  held.law = formula;
  held.interval = IntervalMethod::Percentile;
  return fit(runs, held).objective_value;
}

double deviance_of(const FitResult& fit,
                   const Profile& profile,
                   double objective) {
  // The reported objective of Huber is delta^2 F.
  const double delta = fit.options.huber_delta;
  return 2.0 * (objective - fit.objective_value) / (delta * delta) /
         profile.lambda;
}

TEST(Profile, EndsWhereARefitWithTheCoefficientGivenReachesTheCut) {
  const Runs runs = observe(isoflop_sweep(5, 7, 4), chinchilla_law(), 0.004);
  const FitResult result = fit(runs, profiled());
  const Profile* alpha = result.profile->find("alpha");
  ASSERT_NE(alpha, nullptr);
  for (const double end : {alpha->interval.low, alpha->interval.high}) {
    const double objective = objective_of(
        runs, "E + A/N^" + format_exact(end) + " + B/D^beta", result.options);
    EXPECT_THAT(deviance_of(result, *alpha, objective),
                near_rel(result.profile->cut, kDeviance));
  }
  const Profile* floor = result.profile->find("E");
  ASSERT_NE(floor, nullptr);
  for (const double end : {floor->interval.low, floor->interval.high}) {
    const double objective = objective_of(
        runs, format_exact(end) + " + A/N^alpha + B/D^beta", result.options);
    EXPECT_THAT(deviance_of(result, *floor, objective),
                near_rel(result.profile->cut, kDeviance));
  }
}

TEST(Profile, OfTheOptimumEndsWhereARefitOnItReachesTheCut) {
  const Runs runs = observe(isoflop_sweep(5, 7, 4), chinchilla_law(), 0.004);
  FitOptions options = profiled();
  options.flops = {Flops(1e22)};
  const FitResult result = fit(runs, options);
  ASSERT_EQ(result.optimum.size(), 1U);
  const Profile* size = nullptr;
  for (const Profile& profile : result.profile->profiles) {
    if (profile.quantity == "params") size = &profile;
  }
  ASSERT_NE(size, nullptr);
  const Interval sizes = *result.optimum[0].params;
  EXPECT_LT(sizes.low, result.optimum[0].best.params.value());
  EXPECT_GT(sizes.high, result.optimum[0].best.params.value());
  for (const double end : {sizes.low, sizes.high}) {
    // alpha A / N*^alpha = beta B / D*^beta, solved for A.
    const std::string n = format_exact(end);
    const std::string d = format_exact(1e22 / 6.0 / end);
    const double objective =
        objective_of(runs,
                     "E + B * (beta / alpha) * " + n + "^alpha / " + d +
                         "^beta / N^alpha + B / D^beta",
                     result.options);
    EXPECT_THAT(deviance_of(result, *size, objective),
                near_rel(result.profile->cut, kDeviance));
  }
  const Interval losses = *result.optimum[0].loss_nats;
  EXPECT_LT(losses.low, result.optimum[0].best.loss.value());
  EXPECT_GT(losses.high, result.optimum[0].best.loss.value());
}

TEST(Profile, PointsRiseAwayFromTheEstimate) {
  const FitResult result =
      fit(observe(isoflop_sweep(5, 7, 4), chinchilla_law(), 0.004), profiled());
  for (const Profile& profile : result.profile->profiles) {
    SCOPED_TRACE(profile.quantity);
    EXPECT_GE(profile.points.size(), 3U);
    for (std::size_t k = 1; k < profile.points.size(); ++k) {
      const ProfilePoint& a = profile.points[k - 1];
      const ProfilePoint& b = profile.points[k];
      EXPECT_LE(a.value, b.value);
      const bool is_below = b.value <= profile.estimate * (1 + 1e-12);
      // Within what a descent leaves.
      const double slack = 1e-4 * result.profile->cut;
      if (is_below) {
        EXPECT_GE(a.deviance, b.deviance - slack);
      } else {
        EXPECT_LE(a.deviance, b.deviance + slack);
      }
    }
  }
}

TEST(Profile, OfAFixedRatioIsOpenAndMakesTheFitWeak) {
  const Runs runs = observe(fixed_ratio(1.02), chinchilla_law(), 0.002);
  const FitResult result = fit(runs, profiled());
  ASSERT_TRUE(result.profile.has_value());
  bool is_open = false;
  for (const Profile& profile : result.profile->profiles) {
    is_open |= !profile.is_closed();
  }
  EXPECT_TRUE(is_open);
  FitOptions refitted = without_bootstrap();
  refitted.bootstrap = 20;
  const FitResult judged = fit(runs, refitted);
  EXPECT_EQ(judged.identifiability.status, IdentifiabilityStatus::Weak);
  EXPECT_THAT(
      judged.identifiability.reasons,
      ::testing::Contains(::testing::HasSubstr("the profile does not close")));
}

TEST(Profile, IsTheSameForAnyNumberOfThreads) {
  const Runs runs = observe(isoflop_sweep(4, 5, 4), chinchilla_law(), 0.004);
  FitOptions options = profiled();
  const FitResult one = fit(runs, options);
  options.threads = 3;
  const FitResult three = fit(runs, options);
  EXPECT_EQ(one.intervals, three.intervals);
}

TEST(Profile, IsRefusedWhereErrorsDoNotCountAlike) {
  FitOptions options = profiled();
  options.cost_ratio = 3.0;
  const Runs runs = observe(isoflop_sweep(4, 5, 4), chinchilla_law(), 0.004);
  EXPECT_THAT(
      testing::message_of<std::invalid_argument>([&] { fit(runs, options); }),
      ::testing::HasSubstr("interval profile"));
  options.interval = IntervalMethod::Percentile;
  options.bootstrap = 20;
  EXPECT_EQ(fit(runs, options).bootstrap.kind, BootstrapKind::Pairs);
  options.bootstrap_kind = BootstrapKind::Wild;
  EXPECT_THAT(
      testing::message_of<std::invalid_argument>([&] { fit(runs, options); }),
      ::testing::HasSubstr("bootstrap_kind wild"));
}

TEST(Profile, OfAbsoluteDeviationsIsFinite) {
  FitOptions options = profiled();
  options.objective = Objective::Absolute;
  const FitResult result =
      fit(observe(isoflop_sweep(5, 7, 4), chinchilla_law(), 0.004), options);
  ASSERT_TRUE(result.profile.has_value());
  for (int j = 0; j < 5; ++j) {
    const Interval interval = result.intervals[static_cast<std::size_t>(j)];
    EXPECT_LT(interval.low, result.law.coefficients[j]);
    EXPECT_GT(interval.high, result.law.coefficients[j]);
  }
}

}  // namespace
}  // namespace isoflop
