// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "fit/likelihood.h"
#include "isoflop/base/random.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kRounding;
using testing::kSolver;
using testing::message_of;
using testing::near_rel;
using testing::Tolerance;

/// A grid of runs of L = 1.8 + 400 / (kN)^.34 + 2000 / (kD)^.37.
Runs grid(double k, double sd, std::uint64_t seed = 1) {
  constexpr int kSide = 8;
  RandomStream random(seed, 0);
  Runs runs;
  runs.params.resize(kSide * kSide);
  runs.tokens.resize(kSide * kSide);
  runs.loss_nats.resize(kSide * kSide);
  Eigen::Index row = 0;
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j, ++row) {
      runs.params[row] = 3e7 * std::pow(300.0, i / (kSide - 1.0));
      runs.tokens[row] = 6e8 * std::pow(300.0, j / (kSide - 1.0));
      const double loss = 1.8 + 400.0 / std::pow(k * runs.params[row], 0.34) +
                          2000.0 / std::pow(k * runs.tokens[row], 0.37);
      runs.loss_nats[row] = loss * std::exp(sd * random.normal());
    }
  }
  runs.flops = 6.0 * (runs.params.array() * runs.tokens.array()).matrix();
  runs.source = "grid";
  return runs;
}

CompareOptions forms(std::vector<std::string> laws) {
  CompareOptions options;
  options.law = std::move(laws);
  options.objective = Objective::Squared;
  return options;
}

TEST(Likelihood, IsGaussianForSquaresAndLaplaceForAbsolutes) {
  const double n = 50.0;
  const double rss = 2e-4;
  const double variance = rss / n;
  EXPECT_THAT(
      *log_likelihood(Objective::Squared, rss, 1e-3, 1.0, n),
      near_rel(-0.5 * n * std::log(2.0 * std::numbers::pi * variance) - 0.5 * n,
               kRounding));
  const double sum = 0.3;
  const double b = sum / n;
  EXPECT_THAT(*log_likelihood(Objective::Absolute, sum, 1e-3, 1.0, n),
              near_rel(-n * std::log(2.0 * b) - n, kRounding));
}

TEST(Likelihood, OfHuberHasBothLimits) {
  const double n = 50.0;
  // Within delta: rho = r^2 / 2.
  EXPECT_THAT(*log_likelihood(Objective::Huber, 1e-4, 1e3, 1.0, n),
              near_rel(*log_likelihood(Objective::Squared, 2e-4, 1e3, 1.0, n),
                       kSolver));
  // Far beyond it: rho = delta (|r| - delta / 2).
  const double delta = 1e-9;
  const double sum = 0.3;
  EXPECT_THAT(
      *log_likelihood(
          Objective::Huber, delta * (sum - n * delta / 2), delta, 1.0, n),
      near_rel(*log_likelihood(Objective::Absolute, sum, delta, 1.0, n),
               Tolerance{1e-6}));
}

// By the integral over both sides, summed.
TEST(Likelihood, OfUnequalCostsHasASmallerScaleOfLowPredictions) {
  const double ratio = 3.0;
  const double value = 0.02;
  const double n = 50.0;
  const auto sum_of = [&](double s, const auto& rho) {
    constexpr double kStep = 1e-6;
    double sum = 0.0;
    for (double r = 0.5 * kStep; r < 0.05; r += kStep) {
      sum += kStep * (std::exp(-rho(r) / s) + std::exp(-ratio * rho(r) / s));
    }
    return sum;
  };
  const auto absolute = [](double r) { return r; };
  // The scale at its maximum is the mean of the objective.
  const double s = value / n;
  EXPECT_THAT(
      *log_likelihood(Objective::Absolute, value, 1e-3, ratio, n),
      near_rel(-n * (std::log(sum_of(s, absolute)) + 1.0), Tolerance{1e-6}));
  const double delta = 1e-3;
  const double objective = 2e-5;
  const auto huber = [&](double r) {
    return r < delta ? 0.5 * r * r : delta * (r - 0.5 * delta);
  };
  double most = -1e300;
  for (double t = 0.2 * objective / n; t < 5.0 * objective / n; t *= 1.02) {
    most = std::max(most, -n * std::log(sum_of(t, huber)) - objective / t);
  }
  EXPECT_THAT(*log_likelihood(Objective::Huber, objective, delta, ratio, n),
              near_rel(most, Tolerance{1e-4}));
}

TEST(Likelihood, IsNoneForAnExactFit) {
  EXPECT_FALSE(log_likelihood(Objective::Squared, 0.0, 1e-3, 1.0, 10.0));
}

// The criteria of a Gaussian fit from its residual sum of squares.
TEST(CompareForms, GivesTheCriteriaOfTheirDefinitions) {
  const Runs runs = grid(1.0, 0.003);
  const FormComparison found =
      compare_forms(runs, forms({"additive", "kaplan"}));
  const double n = 64.0;
  double total = 0.0;
  for (const FormScore& form : found.forms) {
    const double k = form.coefficients + 1.0;
    const double minus_two_log =
        n * std::log(2.0 * std::numbers::pi * form.objective_value / n) + n;
    EXPECT_THAT(*form.bic, near_rel(minus_two_log + k * std::log(n), kSolver));
    EXPECT_THAT(
        *form.aicc,
        near_rel(minus_two_log + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0),
                 kSolver));
    total += *form.aicc_weight;
  }
  EXPECT_THAT(total, near_rel(1.0, kRounding));
}

TEST(CompareForms, PrefersTheLawThatMadeTheRuns) {
  const FormComparison found = compare_forms(
      grid(1.0, 0.003), forms({"kaplan", "additive_tied", "additive"}));
  ASSERT_EQ(found.forms.size(), 3U);
  EXPECT_EQ(found.forms[0].law, "additive");
  EXPECT_TRUE(found.forms[0].is_close);
  EXPECT_FALSE(found.forms[0].cv_excess);
  // Held out errors are about the scatter, and a little above it.
  EXPECT_THAT(*found.forms[0].cv_error, near_rel(0.003, Tolerance{0.3}));
  EXPECT_EQ(found.forms[2].law, "kaplan");
  EXPECT_FALSE(found.forms[2].is_close);
  EXPECT_GT(found.forms[2].cv_excess->low, 0.0);
  EXPECT_GT(*found.forms[0].aicc_weight, 0.9);
}

TEST(CompareForms, HoldsCoefficientsInTheFormsThatHaveThem) {
  const Runs runs = grid(1.0, 0.003);
  CompareOptions options = forms({"additive", "coupled"});
  options.fix = {"gamma=1"};
  const FormComparison held = compare_forms(runs, options);
  // Without its own exponent the coupled form is the additive one.
  ASSERT_EQ(held.forms[0].coefficients, 5);
  ASSERT_EQ(held.forms[1].coefficients, 5);
  EXPECT_THAT(held.forms[1].objective_value,
              near_rel(held.forms[0].objective_value, kSolver));
  options.fix = {"gamma=1", "E=1.5"};
  const FormComparison worse = compare_forms(runs, options);
  EXPECT_EQ(worse.forms[0].coefficients, 4);
  EXPECT_GT(worse.forms[0].objective_value,
            1.5 * held.forms[0].objective_value);
  options.fix = {"gama=1"};
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { compare_forms(runs, options); }),
      HasSubstr("none of the forms has all the coefficients in it: additive "
                "and coupled"));
}

TEST(CompareForms, CountsTheCostOfLowPredictions) {
  const Runs runs = grid(1.0, 0.003);
  CompareOptions options = forms({"additive"});
  options.cost_ratio = 4.0;
  FitOptions fitted;
  fitted.bootstrap = 0;
  fitted.objective = Objective::Squared;
  fitted.cost_ratio = 4.0;
  EXPECT_EQ(compare_forms(runs, options).forms[0].objective_value,
            fit(runs, fitted).objective_value);
}

TEST(CompareForms, DoesNotDependOnTheOrderOfRows) {
  const Runs runs = grid(1.0, 0.003);
  Runs reversed = runs;
  reversed.params = runs.params.reverse().eval();
  reversed.tokens = runs.tokens.reverse().eval();
  reversed.flops = runs.flops.reverse().eval();
  reversed.loss_nats = runs.loss_nats.reverse().eval();
  const CompareOptions options = forms({"additive"});
  EXPECT_THAT(
      *compare_forms(reversed, options).forms[0].cv_error,
      near_rel(*compare_forms(runs, options).forms[0].cv_error, kRounding));
}

// Copies of every run on both sides would make the held-out error too small.
TEST(CompareForms, HoldsRepeatsOfARunOutTogether) {
  const Runs once = grid(1.0, 0.003);
  Runs twice = once;
  const auto double_up = [](Eigen::VectorXd& values) {
    Eigen::VectorXd both(2 * values.size());
    both << values, values;
    values = both;
  };
  double_up(twice.params);
  double_up(twice.tokens);
  double_up(twice.flops);
  double_up(twice.loss_nats);
  const CompareOptions options = forms({"additive"});
  EXPECT_THAT(*compare_forms(twice, options).forms[0].cv_error,
              near_rel(*compare_forms(once, options).forms[0].cv_error,
                       Tolerance{1e-6}));
}

TEST(CompareForms, RefusesMoreFoldsThanRuns) {
  CompareOptions options = forms({"additive"});
  options.folds = 65;
  EXPECT_THAT(message_of([&] { compare_forms(grid(1.0, 0.0), options); }),
              HasSubstr("folds is 65"));
}

// Where every parameter and token counts for k, C counts for k^2.
TEST(CompareRuns, FindsTheGainOfABetterArchitecture) {
  CompareOptions options;
  options.bootstrap = 0;
  const RunsComparison found =
      compare_runs(grid(1.0, 0.0), grid(1.3, 0.0), options);
  ASSERT_EQ(found.gains.size(), 2U);
  for (const Gain& gain : found.gains) {
    EXPECT_THAT(gain.gain, near_rel(1.69, Tolerance{1e-5}));
    EXPECT_LT(gain.second_loss, gain.first_loss);
  }
  EXPECT_FALSE(found.gains[0].is_beyond);
  EXPECT_TRUE(found.gains[1].is_beyond);
}

TEST(CompareRuns, TakesTheOptionsOfTheFit) {
  CompareOptions options;
  options.bootstrap = 20;
  options.bootstrap_kind = BootstrapKind::Pairs;
  options.fix = {"E=1.8"};
  options.cost_ratio = 2.0;
  const RunsComparison found =
      compare_runs(grid(1.0, 0.003), grid(1.2, 0.003), options);
  for (const FitResult* side : {&found.first, &found.second}) {
    EXPECT_EQ(side->law.coefficients[0], 1.8);
    EXPECT_EQ(side->bootstrap.kind, BootstrapKind::Pairs);
    EXPECT_EQ(side->options.cost_ratio, 2.0);
  }
}

TEST(CompareRuns, IsOneForTheSameLaw) {
  CompareOptions options;
  options.bootstrap = 60;
  constexpr int kPairs = 10;
  int held = 0;
  for (int i = 0; i < kPairs; ++i) {
    const RunsComparison found = compare_runs(
        grid(1.0, 0.003, 2 * i + 1), grid(1.0, 0.003, 2 * i + 2), options);
    ASSERT_TRUE(found.gains[0].interval);
    held += found.gains[0].interval->low < 1.0 &&
                    found.gains[0].interval->high > 1.0
                ? 1
                : 0;
  }
  // Of ten intervals that hold nine times in ten, 1 % of the time fewer.
  EXPECT_GE(held, 7);
}

TEST(CompareRuns, IsInfiniteWhereTheFirstNeverReachesTheLoss) {
  Runs second = grid(1.0, 0.0);
  second.loss_nats *= 0.5;
  CompareOptions options;
  options.bootstrap = 0;
  options.flops = {Flops(1e24)};
  const RunsComparison found = compare_runs(grid(1.0, 0.0), second, options);
  EXPECT_TRUE(std::isinf(found.gains[0].gain));
}

TEST(CompareRuns, SaysNothingWhereALawIsNotIdentified) {
  Runs line = grid(1.0, 0.0);
  line.params.setConstant(1e8);
  line.flops = 6.0 * (line.params.array() * line.tokens.array()).matrix();
  CompareOptions options;
  options.bootstrap = 0;
  const RunsComparison found = compare_runs(grid(1.0, 0.0), line, options);
  EXPECT_TRUE(found.gains.empty());
  EXPECT_EQ(worst(found.findings), Severity::Error);
}

}  // namespace
}  // namespace isoflop
