// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/base/error.h"
#include "isoflop/base/random.h"
#include "isoflop/fit/backtest.h"
#include "isoflop/fit/compare.h"
#include "isoflop/fit/envelope.h"
#include "isoflop/fit/fit.h"
#include "isoflop/fit/valleys.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/laws/predict.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kSolver;
using testing::message_of;
using testing::near_rel;

/// Losses of compute alone under E + (C0/C)^gamma.
Runs compute_runs(int count, double noise, double decades = 4.0) {
  Eigen::VectorXd flops(count);
  Eigen::VectorXd loss(count);
  RandomStream random(7, 0);
  for (int i = 0; i < count; ++i) {
    flops[i] = 1e18 * std::pow(10.0, decades * i / (count - 1));
    loss[i] = (1.7 + std::pow(3e21 / flops[i], 0.16)) *
              std::exp(noise * random.normal());
  }
  return runs_from_columns({{"flops", flops}, {"loss", loss}});
}

FitOptions quick() {
  FitOptions options;
  options.bootstrap = 100;
  options.threads = 1;
  return options;
}

TEST(ComputeLaw, IsTakenForRunsOfComputeAlone) {
  const FitResult result = fit(compute_runs(12, 0.0), quick());
  EXPECT_EQ(result.law.form->name(), "compute_frontier");
  EXPECT_THAT(result.law.coefficients[0], near_rel(1.7, kSolver));
  EXPECT_THAT(result.law.coefficients[1], near_rel(3e21, kSolver));
  EXPECT_THAT(result.law.coefficients[2], near_rel(0.16, kSolver));
  EXPECT_TRUE(result.search.is_confirmed);
  EXPECT_NE(find(result.findings, "runs.compute-only"), nullptr);
  FitOptions options = quick();
  options.law = kAutoLaw;
  EXPECT_EQ(fit(compute_runs(12, 0.0), options).law.form->name(),
            "compute_frontier");
}

TEST(ComputeLaw, IsDoubtedLikeAnyOther) {
  const FitResult result = fit(compute_runs(24, 0.002), quick());
  EXPECT_TRUE(result.is_identified());
  EXPECT_EQ(result.law.draws.rows(), 100);
  ASSERT_EQ(result.intervals.size(), 3u);
  EXPECT_LT(result.intervals[2].low, 0.16);
  EXPECT_GT(result.intervals[2].high, 0.16);
  EXPECT_TRUE(result.optimum.empty());
  ASSERT_TRUE(result.law.range.flops);
  EXPECT_THAT(result.law.range.flops->high, near_rel(1e22, kSolver));
  EXPECT_FALSE(result.law.range.params);
  EXPECT_FALSE(result.law.widening.empty());
  // Three runs for three coefficients say nothing of their error.
  EXPECT_FALSE(fit(compute_runs(3, 0.002), quick()).is_identified());
  // Nor do runs of one budget.
  EXPECT_FALSE(fit(compute_runs(10, 0.002, 1e-9), quick()).is_identified());
}

TEST(ComputeLaw, PredictsFromComputeAndDividesNone) {
  const FitResult result = fit(compute_runs(24, 0.002), quick());
  PredictInputs inputs;
  inputs.law = "fitted";
  inputs.flops = Flops(1e23);
  const Prediction at = predict(result.law, inputs);
  const double truth = 1.7 + std::pow(3e21 / 1e23, 0.16);
  EXPECT_THAT(at.value, near_rel(truth, {0.01}));
  ASSERT_TRUE(at.interval);
  EXPECT_LT(at.interval->low, truth);
  EXPECT_GT(at.interval->high, truth);
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [&] { optimum(result.law, Flops(1e23)); }),
              HasSubstr("a law of compute alone, which does not say how to "
                        "divide it into size and data"));
}

TEST(ComputeLaw, IsRefusedWhereSizeAndDataAreNeeded) {
  const Runs runs = compute_runs(24, 0.002);
  const auto refusal = [](const auto& act) {
    return message_of<DataError>(act);
  };
  const auto says_why = HasSubstr("needs params or tokens beside flops");
  EXPECT_THAT(refusal([&] { forecast(runs); }), says_why);
  EXPECT_THAT(refusal([&] { isoflop_valleys(runs); }), says_why);
  EXPECT_THAT(refusal([&] { envelope(runs); }), says_why);
  EXPECT_THAT(refusal([&] { compare_runs(runs, runs); }), says_why);
  FitOptions options = quick();
  options.law = "kaplan";
  EXPECT_THAT(message_of<std::invalid_argument>([&] { fit(runs, options); }),
              HasSubstr("reads params, a column that these runs do not have"));
}

TEST(ComputeLaw, IsBackTestedAndComparedByItself) {
  const Runs runs = compute_runs(40, 0.002);
  BacktestOptions options;
  options.bootstrap = 20;
  options.law = {"(C0/C)^gamma"};
  const Backtest test = backtest(runs, options);
  ASSERT_EQ(test.methods.size(), 2u);
  EXPECT_EQ(test.methods.front().name, "compute_frontier");
  EXPECT_EQ(test.trusted, "compute_frontier");
  EXPECT_LT(test.methods.front().overall->mean_abs_error, 0.02);
  CompareOptions compare;
  compare.law = {"compute_frontier", "(C0/C)^gamma"};
  const FormComparison forms = compare_forms(runs, compare);
  EXPECT_EQ(forms.forms.front().law, "compute_frontier");
  EXPECT_GT(*forms.forms.back().cv_error, 2 * *forms.forms.front().cv_error);
}

TEST(ComputeLaw, IsTheSameForAnyOrderOfRows) {
  Runs runs = compute_runs(24, 0.002);
  const FitResult first = fit(runs, quick());
  runs.flops.reverseInPlace();
  runs.loss_nats.reverseInPlace();
  EXPECT_EQ(fit(runs, quick()).law.coefficients, first.law.coefficients);
}

}  // namespace
}  // namespace isoflop
