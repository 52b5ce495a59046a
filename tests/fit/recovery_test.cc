// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "fit/designs.h"
#include "isoflop/base/interrupt.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::additive_law;
using testing::chinchilla_law;
using testing::grid;
using ::testing::HasSubstr;
using testing::isoflop_sweep;
using testing::kSolverParameters;
using testing::message_of;
using testing::near_rel;
using testing::observe;
using testing::without_bootstrap;

struct Truth {
  const char* name;
  double e, a, b, alpha, beta;

  friend void PrintTo(const Truth& truth, std::ostream* out) {
    *out << truth.name;
  }
};

class Recovery : public ::testing::TestWithParam<Truth> {
 protected:
  Law law() const {
    const Truth& t = GetParam();
    return additive_law(t.e, t.a, t.b, t.alpha, t.beta);
  }
};

TEST_P(Recovery, ExactRunsGiveTheLawBack) {
  const Law truth = law();
  const Runs runs = observe(grid(8, 7), truth);
  for (const Objective objective :
       {Objective::Huber, Objective::Squared, Objective::Absolute}) {
    for (const Residual residual : {Residual::LogLoss, Residual::Loss}) {
      FitOptions options = without_bootstrap();
      options.objective = objective;
      options.residual = residual;
      const FitResult result = fit(runs, options);
      SCOPED_TRACE(std::string(to_string(objective)) + " on " +
                   std::string(to_string(residual)));
      EXPECT_TRUE(result.search.converged);
      EXPECT_TRUE(std::isfinite(result.objective_value));
      EXPECT_LT(result.residual_scale, 1e-6);
      for (int j = 0; j < 5; ++j) {
        EXPECT_THAT(result.law.coefficients[j],
                    near_rel(truth.coefficients[j], kSolverParameters))
            << truth.form->coefficients()[static_cast<std::size_t>(j)].name;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Laws,
    Recovery,
    ::testing::Values(
        Truth{"Chinchilla", 1.81686, 482.00572, 2085.4342, 0.34781, 0.36585},
        Truth{
            "Hoffmann", 1.693374, 406.40102, 410.72283, 0.33917084, 0.2849083},
        Truth{"EqualExponents", 1.7, 300, 900, 0.31, 0.31},
        Truth{"Steep", 2.483, 2.43e4, 2.65e7, 0.579, 0.813},
        Truth{"Unequal", 1.763, 123.7, 323, 0.252, 0.279},
        Truth{"SmallIrreducible", 0.3, 60, 300, 0.15, 0.2}),
    [](const auto& entry) { return std::string(entry.param.name); });

TEST(Fit, ExactRunsConvergeWithZeroNoise) {
  FitOptions options;
  options.bootstrap = 50;
  const FitResult result = fit(observe(grid(6, 6), chinchilla_law()), options);
  EXPECT_TRUE(result.is_identified());
  EXPECT_TRUE(result.search.converged);
  EXPECT_EQ(find(result.findings, "fit.outliers"), nullptr);
  EXPECT_EQ(result.bootstrap.failed, 0);
  ASSERT_EQ(result.intervals.size(), 5u);
  EXPECT_THAT(result.intervals[3].low, near_rel(0.34781, {1e-4}));
  EXPECT_THAT(result.intervals[3].high, near_rel(0.34781, {1e-4}));
}

TEST(Fit, NoisyRunsAreRecoveredWithinTheirIntervals) {
  const Law truth = chinchilla_law();
  int inside = 0;
  int of = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    FitOptions options;
    options.bootstrap = 200;
    const FitResult result =
        fit(observe(isoflop_sweep(7, 9, 4), truth, 0.005, seed), options);
    ASSERT_EQ(result.intervals.size(), 5u);
    for (std::size_t j = 0; j < 5; ++j) {
      const double value = truth.coefficients[static_cast<int>(j)];
      inside +=
          result.intervals[j].low <= value && value <= result.intervals[j].high;
      ++of;
    }
  }
  // 36 of 40 expected at 90 %, were they independent; coefficients of a fit
  // are not, and the bootstrap of 63 runs is a little narrow.
  EXPECT_GE(inside, 28) << "of " << of;
}

TEST(Fit, OneGrossOutlierHardlyMovesItAndIsNamed) {
  const Law truth = chinchilla_law();
  const Runs clean = observe(grid(14, 11), truth, 0.002);
  const FitResult before = fit(clean, without_bootstrap());
  for (const Eigen::Index row : {0, 77, 153}) {
    Runs runs = clean;
    runs.loss_nats[row] *= 10.0;
    runs.name.clear();
    for (int i = 0; i < 154; ++i) {
      runs.name.push_back("run" + std::to_string(i));
    }
    const FitResult after = fit(runs, without_bootstrap());
    for (int j = 0; j < 5; ++j) {
      // A and B go with their exponents, twenty times as far: in a corner of
      // the grid one run moves them a little more.
      const bool is_factor = j == 1 || j == 2;
      EXPECT_THAT(
          after.law.coefficients[j],
          near_rel(before.law.coefficients[j], {is_factor ? 0.015 : 0.01}))
          << "coefficient " << j << ", row " << row;
    }
    EXPECT_THAT(
        optimum(after.law, Flops(1e23)).params.value(),
        near_rel(optimum(before.law, Flops(1e23)).params.value(), {0.01}));
    const Finding* finding = find(after.findings, "fit.outliers");
    ASSERT_NE(finding, nullptr);
    EXPECT_THAT(finding->message, HasSubstr("run" + std::to_string(row)));
  }
}

TEST(Fit, OutlierWithoutANameIsToldByItsRow) {
  Runs runs = observe(grid(8, 8), chinchilla_law(), 0.002);
  runs.loss_nats[11] *= 3.0;
  const FitResult result = fit(runs, without_bootstrap());
  const Finding* finding = find(result.findings, "fit.outliers");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->message, HasSubstr("row 12"));
}

TEST(Fit, RangeOfTheLawIsThatOfTheRuns) {
  const FitResult result =
      fit(observe(grid(5, 5), chinchilla_law()), without_bootstrap());
  EXPECT_THAT(result.law.range.params->low, near_rel(4e7, {1e-12}));
  EXPECT_THAT(result.law.range.params->high, near_rel(1.6e10, {1e-12}));
  EXPECT_THAT(result.law.range.tokens->high, near_rel(3.2e11, {1e-12}));
  EXPECT_THAT(result.law.range.flops->high,
              near_rel(6 * 1.6e10 * 3.2e11, {1e-12}));
}

TEST(Fit, AbsentDataTermIsSaid) {
  // Losses that do not depend on the tokens.
  const Runs runs = observe(grid(7, 7), additive_law(1.8, 480, 0, 0.35, 0.3));
  const FitResult result = fit(runs, without_bootstrap());
  EXPECT_FALSE(result.is_identified());
  EXPECT_NE(find(result.findings, "fit.at-bound"), nullptr);
}

TEST(Fit, OptimaShownAreThoseOfTheLaw) {
  FitOptions options = without_bootstrap();
  options.flops = {Flops(3e20), Flops(1e25)};
  const FitResult result = fit(observe(grid(6, 6), chinchilla_law()), options);
  ASSERT_EQ(result.optimum.size(), 2u);
  for (const OptimumEstimate& entry : result.optimum) {
    EXPECT_EQ(entry.best.params, optimum(result.law, entry.best.flops).params);
    EXPECT_FALSE(entry.params.has_value());
  }
}

struct BadOption {
  const char* name;
  void (*set)(FitOptions&);
  const char* message;

  friend void PrintTo(const BadOption& bad, std::ostream* out) {
    *out << bad.name;
  }
};

class FitOptionsOutOfRange : public ::testing::TestWithParam<BadOption> {};

TEST_P(FitOptionsOutOfRange, AreRefused) {
  FitOptions options;
  GetParam().set(options);
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { fit(observe(grid(3, 3), chinchilla_law()), options); }),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Options,
    FitOptionsOutOfRange,
    ::testing::Values(
        BadOption{"DeltaZero",
                  [](FitOptions& o) { o.huber_delta = 0; },
                  "fit: huber_delta"},
        BadOption{"DeltaNegative",
                  [](FitOptions& o) { o.huber_delta = -1; },
                  "must be > 0"},
        BadOption{"DeltaNaN",
                  [](FitOptions& o) { o.huber_delta = NAN; },
                  "fit: huber_delta"},
        BadOption{"DeltaInfinite",
                  [](FitOptions& o) { o.huber_delta = HUGE_VAL; },
                  "fit: huber_delta"},
        BadOption{"BootstrapNegative",
                  [](FitOptions& o) { o.bootstrap = -1; },
                  "fit: bootstrap"},
        BadOption{
            "LevelZero", [](FitOptions& o) { o.level = 0; }, "fit: level"},
        BadOption{"LevelOne", [](FitOptions& o) { o.level = 1; }, "fit: level"},
        BadOption{"LevelInPercent",
                  [](FitOptions& o) { o.level = 90; },
                  "fit: level"},
        BadOption{"ThreadsNegative",
                  [](FitOptions& o) { o.threads = -1; },
                  "fit: threads"},
        BadOption{"FlopsZero",
                  [](FitOptions& o) { o.flops = {Flops(0)}; },
                  "fit: flops"},
        BadOption{"UnknownForm",
                  [](FitOptions& o) { o.law = "aditive"; },
                  "did you mean 'additive'"}),
    [](const auto& entry) { return std::string(entry.param.name); });

TEST(Fit, NoRunsAreRefused) {
  EXPECT_THAT(message_of<std::invalid_argument>([] { fit(Runs()); }),
              HasSubstr("no runs"));
}

TEST(Fit, HundredThousandRunsNeedNoTableOfAllPairs) {
  // A table of 1e5 by 1e5 numbers is 80 GB.
  const Law truth = chinchilla_law();
  const FitResult result =
      fit(observe(grid(400, 250), truth, 0.01), without_bootstrap());
  EXPECT_TRUE(result.search.is_confirmed);
  EXPECT_TRUE(result.is_identified());
  for (int j = 0; j < 5; ++j) {
    EXPECT_THAT(result.law.coefficients[j],
                near_rel(truth.coefficients[j], {0.02}));
  }
}

TEST(Fit, StopsWhenAskedAndLeavesNothingBehind) {
  const Runs runs = observe(grid(6, 6), chinchilla_law(), 0.01);
  FitOptions options;
  options.bootstrap = 50;
  options.threads = 2;
  const FitResult before = fit(runs, options);
  static std::atomic<int> asked;
  for (const int last : {0, 10, 300}) {
    asked = last;
    set_interrupt_check([] { return asked-- <= 0; });
    EXPECT_THROW(fit(runs, options), Interrupted) << last;
  }
  set_interrupt_check(nullptr);
  EXPECT_TRUE(fit(runs, options).law.draws == before.law.draws);
}

}  // namespace
}  // namespace isoflop
