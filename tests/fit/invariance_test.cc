// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "fit/designs.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::isoflop_sweep;
using testing::kSolver;
using testing::near_rel;
using testing::observe;
using testing::rows_of;
using testing::without_bootstrap;

/// What does not change the law moves its coefficients by less than this.
constexpr testing::Tolerance kSameLaw{1e-9};

FitOptions few_refits() {
  FitOptions options;
  options.bootstrap = 60;
  options.threads = 1;
  return options;
}

Runs sample() {
  return observe(isoflop_sweep(7, 9, 4), chinchilla_law(), 0.01, 3);
}

/// Every number of two fits, bit by bit.
void expect_same(const FitResult& a, const FitResult& b) {
  EXPECT_EQ(a.law.coefficients, b.law.coefficients);
  EXPECT_TRUE(a.law.draws == b.law.draws);
  EXPECT_EQ(a.objective_value, b.objective_value);
  EXPECT_EQ(a.residual_scale, b.residual_scale);
  EXPECT_TRUE(a.intervals == b.intervals);
  EXPECT_EQ(a.search.optima, b.search.optima);
  EXPECT_EQ(a.search.gradient_norm, b.search.gradient_norm);
  EXPECT_EQ(a.bootstrap.failed, b.bootstrap.failed);
  EXPECT_EQ(a.bootstrap.escalated, b.bootstrap.escalated);
  EXPECT_EQ(a.identifiability.condition, b.identifiability.condition);
}

TEST(Fit, OrderOfRowsDoesNotMatter) {
  const Runs runs = sample();
  const FitResult result = fit(runs, few_refits());
  std::vector<int> rows(63);
  std::iota(rows.begin(), rows.end(), 0);
  std::reverse(rows.begin(), rows.end());
  expect_same(fit(rows_of(runs, rows), few_refits()), result);
  RandomStream random(1, 0);
  for (std::uint32_t i = 62; i > 0; --i) {
    std::swap(rows[i], rows[random.below(i + 1)]);
  }
  expect_same(fit(rows_of(runs, rows), few_refits()), result);
}

TEST(Fit, NumberOfThreadsDoesNotMatter) {
  FitOptions options = few_refits();
  const FitResult result = fit(sample(), options);
  for (const int threads : {2, 3, 8, 0}) {
    options.threads = threads;
    SCOPED_TRACE(threads);
    expect_same(fit(sample(), options), result);
  }
}

TEST(Fit, SeedNamesTheDraws) {
  FitOptions options = few_refits();
  const FitResult first = fit(sample(), options);
  expect_same(fit(sample(), options), first);
  options.seed = 2;
  const FitResult other = fit(sample(), options);
  EXPECT_EQ(other.law.coefficients, first.law.coefficients);
  EXPECT_FALSE(other.law.draws == first.law.draws);
}

TEST(Fit, FirstDrawsDoNotDependOnHowManyThereAre) {
  FitOptions options = few_refits();
  const FitResult many = fit(sample(), options);
  options.bootstrap = 20;
  const FitResult few = fit(sample(), options);
  EXPECT_TRUE(few.law.draws == many.law.draws.topRows(20));
}

TEST(Fit, OnlyRatiosOfWeightsMatter) {
  Runs runs = sample();
  runs.weight.resize(63);
  for (int i = 0; i < 63; ++i) runs.weight[i] = 0.5 + i % 4;
  const FitResult result = fit(runs, few_refits());
  runs.weight *= 1024.0;
  expect_same(fit(runs, few_refits()), result);
  runs.weight *= 3e-5;
  const FitResult scaled = fit(runs, few_refits());
  EXPECT_THAT(scaled.objective_value,
              near_rel(result.objective_value, kSolver));
  for (int j = 0; j < 5; ++j) {
    EXPECT_THAT(scaled.law.coefficients[j],
                near_rel(result.law.coefficients[j], kSameLaw));
  }
}

TEST(Fit, EqualWeightsAreNoWeights) {
  Runs runs = sample();
  const FitResult result = fit(runs, few_refits());
  runs.weight = Eigen::VectorXd::Constant(63, 4.0);
  expect_same(fit(runs, few_refits()), result);
}

TEST(Fit, EveryRunTwiceIsTheSameLaw) {
  const Runs runs = sample();
  std::vector<int> rows;
  for (int i = 0; i < 126; ++i) rows.push_back(i % 63);
  for (const Objective objective :
       {Objective::Huber, Objective::Squared, Objective::Absolute}) {
    FitOptions options = without_bootstrap();
    options.objective = objective;
    const FitResult once = fit(runs, options);
    const FitResult twice = fit(rows_of(runs, rows), options);
    for (int j = 0; j < 5; ++j) {
      EXPECT_THAT(twice.law.coefficients[j],
                  near_rel(once.law.coefficients[j], kSameLaw))
          << to_string(objective) << " " << j;
    }
  }
}

TEST(Fit, WeightOfTwoIsTheRunTwice) {
  Runs runs = sample();
  std::vector<int> rows(63);
  std::iota(rows.begin(), rows.end(), 0);
  for (int i = 0; i < 63; i += 3) rows.push_back(i);
  const FitResult repeated = fit(rows_of(runs, rows), without_bootstrap());
  runs.weight = Eigen::VectorXd::Ones(63);
  for (int i = 0; i < 63; i += 3) runs.weight[i] = 2.0;
  const FitResult weighted = fit(runs, without_bootstrap());
  for (int j = 0; j < 5; ++j) {
    EXPECT_THAT(weighted.law.coefficients[j],
                near_rel(repeated.law.coefficients[j], kSameLaw));
  }
}

/// Units of the runs change the coefficients as algebra says.
struct Scaling {
  const char* name;
  double params, tokens, loss;

  friend void PrintTo(const Scaling& scaling, std::ostream* out) {
    *out << scaling.name;
  }
};

class FitScaling : public ::testing::TestWithParam<Scaling> {};

TEST_P(FitScaling, MovesCoefficientsAsAlgebraSays) {
  const Runs runs = sample();
  const FitResult before = fit(runs, without_bootstrap());
  const Scaling& k = GetParam();
  Runs scaled = runs;
  scaled.params *= k.params;
  scaled.tokens *= k.tokens;
  scaled.flops *= k.params * k.tokens;
  scaled.loss_nats *= k.loss;
  const FitResult after = fit(scaled, without_bootstrap());
  const auto& c = before.law.coefficients;
  Eigen::VectorXd expected = c;
  expected[0] *= k.loss;
  expected[1] *= k.loss * std::pow(k.params, c[3]);
  expected[2] *= k.loss * std::pow(k.tokens, c[4]);
  EXPECT_THAT(after.objective_value, near_rel(before.objective_value, kSolver));
  for (int j = 0; j < 5; ++j) {
    EXPECT_THAT(after.law.coefficients[j], near_rel(expected[j], kSameLaw))
        << j;
  }
}

INSTANTIATE_TEST_SUITE_P(Units,
                         FitScaling,
                         ::testing::Values(Scaling{"Params", 1e3, 1, 1},
                                           Scaling{"Tokens", 1, 1e-3, 1},
                                           Scaling{"Loss", 1, 1, 1.4427},
                                           Scaling{"All", 7, 0.3, 0.5}),
                         [](const auto& entry) {
                           return std::string(entry.param.name);
                         });

}  // namespace
}  // namespace isoflop
