// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/valleys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::kRounding;
using testing::kSolver;
using testing::message_of;
using testing::near_rel;
using testing::printed;

/// L = 1.69 + 406.4 / N^alpha + 410.7 / D^beta.
struct Exponents {
  double alpha;
  double beta;
};

double loss(double params, double tokens, const Exponents& law) {
  return 1.69 + 406.4 / std::pow(params, law.alpha) +
         410.7 / std::pow(tokens, law.beta);
}

double optimal_tokens(double flops, const Exponents& law) {
  const double g = std::pow(law.alpha * 406.4 / (law.beta * 410.7),
                            1.0 / (law.alpha + law.beta));
  const double params =
      g * std::pow(flops / 6.0, law.beta / (law.alpha + law.beta));
  return flops / 6.0 / params;
}

/// Five budgets, 15 amounts of data each, evenly in log D about the optimum
/// and as far as `decades`; the centre moves by `drift` decades in all.
Runs sweeps(const Exponents& law, double decades, double drift = 0.0) {
  constexpr int kBudgets = 5;
  constexpr int kPoints = 15;
  Runs runs;
  runs.params.resize(kBudgets * kPoints);
  runs.tokens.resize(runs.params.size());
  runs.loss_nats.resize(runs.params.size());
  Eigen::Index row = 0;
  for (int i = 0; i < kBudgets; ++i) {
    const double flops = std::pow(10.0, 17 + i);
    for (int j = 0; j < kPoints; ++j, ++row) {
      const double place = decades * (j - 7) / 7.0 + drift * i / 4.0;
      runs.tokens[row] = optimal_tokens(flops, law) * std::pow(10.0, place);
      runs.params[row] = flops / 6.0 / runs.tokens[row];
      runs.loss_nats[row] = loss(runs.params[row], runs.tokens[row], law);
    }
  }
  runs.flops = 6.0 * (runs.params.array() * runs.tokens.array()).matrix();
  return runs;
}

ValleyOptions quick() {
  ValleyOptions options;
  options.bootstrap = 0;
  options.flops = {Flops(1e24)};
  return options;
}

/// Runs of one budget of 6e18 FLOP by tokens in billions.
Runs one_budget(const std::vector<double>& losses) {
  Runs runs;
  const auto n = static_cast<Eigen::Index>(losses.size());
  runs.tokens.resize(n);
  runs.loss_nats.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    runs.tokens[i] = 1e9 * std::pow(2.0, static_cast<double>(i));
    runs.loss_nats[i] = losses[static_cast<std::size_t>(i)];
  }
  runs.params = (1e18 / runs.tokens.array()).matrix();
  runs.flops = Eigen::VectorXd::Constant(n, 6e18);
  return runs;
}

struct KnownBias {
  Exponents law;
  double decades;
  const char* per_cent;  ///< of D* at 1e24 FLOP
};

class ParabolaBias : public ::testing::TestWithParam<KnownBias> {};

TEST_P(ParabolaBias, IsThatOfTheDesign) {
  const auto& [law, decades, per_cent] = GetParam();
  const ValleyResult found = isoflop_valleys(sweeps(law, decades), quick());
  ASSERT_EQ(found.estimates.size(), 1U);
  const ValleyEstimate& at = found.estimates.front();
  const double off =
      100.0 * (at.tokens.value() / optimal_tokens(1e24, law) - 1.0);
  EXPECT_THAT(off, near_rel(printed(per_cent)));
  // The same by the law fitted to the runs, which is exact here.
  ASSERT_TRUE(at.tokens_bias);
  EXPECT_THAT(100.0 * *at.tokens_bias, near_rel(printed(per_cent)));
  EXPECT_THAT(found.tokens->exponent,
              near_rel(law.alpha / (law.alpha + law.beta), kSolver));
}

// Measured with NumPy's polyfit on the same designs.
INSTANTIATE_TEST_SUITE_P(
    Valleys,
    ParabolaBias,
    ::testing::Values(KnownBias{{.34, .28}, 0.3, "-.32"},
                      KnownBias{{.34, .28}, 1.0, "-3.55"},
                      KnownBias{{.34, .28}, 1.5, "-7.80"},
                      KnownBias{{.465, .155}, 0.3, "-1.66"},
                      KnownBias{{.465, .155}, 1.0, "-16.7"},
                      KnownBias{{.465, .155}, 1.5, "-33.1"}));

TEST(Valleys, HaveNoBiasForEqualExponents) {
  const Exponents law{.31, .31};
  const ValleyResult found = isoflop_valleys(sweeps(law, 1.5), quick());
  EXPECT_THAT(found.estimates[0].tokens.value(),
              near_rel(optimal_tokens(1e24, law), kSolver));
  EXPECT_EQ(find(found.findings, "valleys.bias"), nullptr);
}

TEST(Valleys, HaveAnotherExponentWhenTheirCentreDrifts) {
  const Exponents law{.34, .28};
  const ValleyResult still = isoflop_valleys(sweeps(law, 1.0), quick());
  const ValleyResult moved = isoflop_valleys(sweeps(law, 1.0, 0.4), quick());
  EXPECT_THAT(still.params->exponent, near_rel(printed(".4516")));
  EXPECT_THAT(moved.params->exponent, near_rel(printed(".4477")));
  ASSERT_TRUE(moved.exponent_bias);
  EXPECT_THAT(*moved.exponent_bias,
              near_rel(moved.params->exponent - still.params->exponent,
                       testing::Tolerance{1e-3}));  // the law is fitted
}

TEST(Valleys, SayTheirBiasWhenItIsLarge) {
  const ValleyResult found = isoflop_valleys(sweeps({.34, .28}, 1.5), quick());
  const Finding* said = find(found.findings, "valleys.bias");
  ASSERT_NE(said, nullptr);
  EXPECT_THAT(said->message, HasSubstr("1e24 FLOP"));
}

TEST(Valleys, RefuseAMaximum) {
  const ValleyResult found =
      isoflop_valleys(one_budget({3.300, 3.295, 3.285, 3.265, 3.230}), quick());
  ASSERT_EQ(found.valleys.size(), 1U);
  EXPECT_EQ(found.valleys[0].shape, ValleyShape::Maximum);
  EXPECT_THAT(found.valleys[0].best_tokens->value() / 1e9,
              near_rel(printed("1.231")));
  EXPECT_FALSE(found.params);
  EXPECT_NE(find(found.findings, "valleys.not-bracketed"), nullptr);
  EXPECT_NE(find(found.findings, "valleys.no-frontier"), nullptr);
}

TEST(Valleys, RefuseALowestPointBeyondTheRuns) {
  const ValleyResult found =
      isoflop_valleys(one_budget({3.300, 3.200, 3.120, 3.060, 3.020}), quick());
  ASSERT_EQ(found.valleys.size(), 1U);
  EXPECT_EQ(found.valleys[0].shape, ValleyShape::Edge);
  EXPECT_THAT(found.valleys[0].best_tokens->value() / 1e10,
              near_rel(printed("4.525")));
  EXPECT_EQ(worst(found.findings), Severity::Error);
}

TEST(Valleys, RefuseCurvatureWithinTheScatter) {
  const ValleyResult found =
      isoflop_valleys(one_budget({3.1, 3.2, 3.0, 3.21, 3.08}), quick());
  EXPECT_EQ(found.valleys[0].shape, ValleyShape::Flat);
  EXPECT_FALSE(found.valleys[0].best_params);
}

TEST(Valleys, NeedThreeSizes) {
  const ValleyResult found = isoflop_valleys(one_budget({3.1, 3.2}), quick());
  EXPECT_EQ(found.valleys[0].shape, ValleyShape::TooFew);
}

TEST(Valleys, KeepNearBudgetsApartAndOneBudgetTogether) {
  Runs runs = one_budget({3.2, 3.1, 3.05, 3.1, 3.2, 3.2, 3.1, 3.0, 3.1, 3.2});
  // 1.5e19 and 2.4e19 agree to one digit; rounding moves C by a few per cent.
  for (int i = 0; i < 10; ++i) {
    runs.flops[i] = (i < 5 ? 1.5e19 : 2.4e19) * (1.0 + 0.01 * (i % 3));
  }
  const ValleyResult found = isoflop_valleys(runs, quick());
  ASSERT_EQ(found.valleys.size(), 2U);
  EXPECT_EQ(found.valleys[0].runs, 5);
  EXPECT_EQ(found.valleys[1].runs, 5);
}

TEST(Valleys, RefuseRunsThatChainWithoutAGap) {
  Runs runs = one_budget({3.2, 3.1, 3.05, 3.1, 3.2, 3.3});
  for (int i = 0; i < 6; ++i) runs.flops[i] = 1e19 * std::pow(1.15, i);
  const ValleyResult found = isoflop_valleys(runs, quick());
  ASSERT_EQ(found.valleys.size(), 1U);
  EXPECT_EQ(found.valleys[0].shape, ValleyShape::Spread);
}

TEST(Valleys, DoNotDependOnTheOrderOfRows) {
  const Runs runs = sweeps({.34, .28}, 1.0);
  Runs reversed = runs;
  reversed.params = runs.params.reverse().eval();
  reversed.tokens = runs.tokens.reverse().eval();
  reversed.flops = runs.flops.reverse().eval();
  reversed.loss_nats = runs.loss_nats.reverse().eval();
  EXPECT_EQ(isoflop_valleys(runs, quick()).params->exponent,
            isoflop_valleys(reversed, quick()).params->exponent);
}

TEST(Valleys, RefuseNoRunsAndOptionsOutOfRange) {
  EXPECT_THAT(message_of([] { isoflop_valleys({}); }), HasSubstr("no runs"));
  ValleyOptions options;
  options.budget_ratio = 0.5;
  EXPECT_THAT(message_of([&] {
                isoflop_valleys(one_budget({3.1, 3.2}), options);
              }),
              HasSubstr("budget_ratio is 0.5"));
}

// y = 2 x + 1 exactly but for the last: by hand.
TEST(PowerLaw, HasTheIntervalOfALine) {
  const Eigen::Vector4d x(0.0, 1.0, 2.0, 3.0);
  const Eigen::Vector4d y(1.0, 3.0, 5.0, 8.0);
  const PowerLaw law = fit_power_law(x, y);
  EXPECT_THAT(law.exponent, near_rel(2.3, kRounding));
  EXPECT_THAT(law.log_factor, near_rel(0.8, kRounding));
  EXPECT_THAT(law.residual_sd, near_rel(std::sqrt(0.3 / 2.0), kRounding));
  // t(0.95, 2) = 2.91998558 (tables); Sxx = 5.
  const double half = 2.919985580355516 * std::sqrt(0.15 / 5.0);
  EXPECT_THAT(law.exponent_interval(0.9)->high,
              near_rel(2.3 + half, testing::kSolver));
  const double at = 2.919985580355516 * std::sqrt(0.15 * (0.25 + 2.25 / 5.0));
  EXPECT_THAT(law.interval_at(Flops(1.0), 0.9)->low,
              near_rel(std::exp(0.8 - at), testing::kSolver));
  EXPECT_FALSE(fit_power_law(x.head(2), y.head(2)).exponent_interval(0.9));
}

}  // namespace
}  // namespace isoflop
