// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/optimum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;
using testing::printed;
using testing::Tolerance;

const double kBudgets[] = {1e18, 3e19, 1e21, 5.76e23, 1e24, 1e26, 1e28};

Law additive_law(double e, double a, double b, double alpha, double beta) {
  Law law;
  law.id = "test";
  law.form = find_form("additive");
  law.coefficients.resize(5);
  law.coefficients << e, a, b, alpha, beta;
  return law;
}

/// Published laws of the additive form, whose optimum is known.
std::vector<Law> additive_laws() { return published_laws({"additive", ""}); }

/// These and others far from them.
std::vector<Law> laws() {
  std::vector<Law> laws = additive_laws();
  laws.push_back(additive_law(0, 480, 2000, 0.35, 0.37));
  laws.push_back(additive_law(1.4, 21.7, 8.8e5, 0.138, 0.67));
  laws.push_back(additive_law(2.5, 2.4e4, 2.6e7, 0.58, 0.81));
  laws.push_back(additive_law(1.8, 100, 100, 0.3, 0.3));
  return laws;
}

TEST(Optimum, ClosedFormAgreesWithTheSearch) {
  for (const Law& law : laws()) {
    for (const double flops : kBudgets) {
      const Optimum closed = optimum(law, Flops(flops));
      const Optimum found = optimum_by_search(law, Flops(flops));
      const Tolerance tolerance{1e-9};
      EXPECT_THAT(found.params.value(),
                  near_rel(closed.params.value(), tolerance))
          << law.id << " at " << flops;
      EXPECT_THAT(found.tokens.value(),
                  near_rel(closed.tokens.value(), tolerance));
      EXPECT_THAT(found.loss.value(), near_rel(closed.loss.value(), kRounding));
    }
  }
}

TEST(Optimum, BalancesTheTwoTerms) {
  for (const Law& law : laws()) {
    const auto& c = law.coefficients;
    for (const double flops : kBudgets) {
      const Optimum best = optimum(law, Flops(flops));
      EXPECT_THAT(c[3] * c[1] * std::pow(best.params.value(), -c[3]),
                  near_rel(c[4] * c[2] * std::pow(best.tokens.value(), -c[4]),
                           kRounding))
          << law.id << " at " << flops;
      EXPECT_THAT(train_flops(best.params, best.tokens).value(),
                  near_rel(flops, kRounding));
    }
  }
}

TEST(Optimum, NoNeighbourIsBetter) {
  for (const Law& law : laws()) {
    const Optimum best = optimum(law, Flops(1e24));
    for (const double factor : {0.5, 0.99, 1.01, 2.0}) {
      EXPECT_GT(law.loss(best.params * factor, best.tokens / factor),
                best.loss);
    }
  }
}

TEST(Optimum, SlopeRatioIsOneThereAndAboveOneForSmallerModels) {
  for (const Law& law : laws()) {
    const Eigen::VectorXd theta =
        law.form->theta_from_coefficients(law.coefficients);
    const Optimum best = optimum(law, Flops(1e23));
    const double n = std::log(best.params.value());
    const double d = std::log(best.tokens.value());
    EXPECT_THAT(slope_ratio(*law.form, theta.data(), n, d),
                near_rel(1.0, {1e-9}));
    EXPECT_GT(slope_ratio(*law.form, theta.data(), n - 1, d + 1), 1.0);
    EXPECT_LT(slope_ratio(*law.form, theta.data(), n + 1, d - 1), 1.0);
  }
}

TEST(Optimum, ComputeForTheSameLossFollowsTheClosedForm) {
  for (const Law& law : laws()) {
    const auto& c = law.coefficients;
    const Eigen::VectorXd theta = law.form->theta_from_coefficients(c);
    // L*(C) - E is a power of C with this exponent.
    const double exponent = c[3] * c[4] / (c[3] + c[4]);
    for (const double n : {1e8, 7e10, 5e11}) {
      for (const double d : {1e10, 3e11, 1e13}) {
        const double own = 6.0 * n * d;
        const double best = optimum(law, Flops(own)).loss.value() - c[0];
        const double here = law.loss(Params(n), Tokens(d)).value() - c[0];
        const double expected =
            std::log(own) - std::log(here / best) / exponent;
        EXPECT_NEAR(log_flops_for_same_loss(
                        *law.form, theta.data(), std::log(n), std::log(d)),
                    expected,
                    1e-9)
            << law.id << " " << n << " " << d;
      }
    }
  }
}

TEST(Optimum, ComputeForTheSameLossIsItsOwnAtTheOptimum) {
  for (const Law& law : laws()) {
    const Eigen::VectorXd theta =
        law.form->theta_from_coefficients(law.coefficients);
    const Optimum best = optimum(law, Flops(1e23));
    // The loss is flat there: its last digit moves the compute by 1e-8.
    EXPECT_NEAR(log_flops_for_same_loss(*law.form,
                                        theta.data(),
                                        std::log(best.params.value()),
                                        std::log(best.tokens.value())),
                std::log(1e23),
                1e-8)
        << law.id;
  }
}

TEST(Optimum, GrowsWithTheBudget) {
  for (const Law& law : laws()) {
    Optimum last = optimum(law, Flops(1e17));
    for (const double flops : kBudgets) {
      const Optimum best = optimum(law, Flops(flops));
      EXPECT_GT(best.params, last.params);
      EXPECT_GT(best.tokens, last.tokens);
      EXPECT_LT(best.loss, last.loss);
      last = best;
    }
  }
}

TEST(Optimum, ReplicationOfChinchillaAtItsBudget) {
  const Optimum best = optimum(published_law("besiroglu2024"), Flops(5.76e23));
  EXPECT_THAT(best.params.value() / 1e9, near_rel(printed("72.35")));
  EXPECT_THAT(best.tokens.value() / 1e12, near_rel(printed("1.327")));
  EXPECT_THAT(best.loss.value(), near_rel(printed("1.974")));
}

TEST(Optimum, RoundedCoefficientsAreAnotherLaw) {
  EXPECT_THAT(
      optimum(published_law("hoffmann2022"), Flops(1e21)).tokens_per_param(),
      near_rel(printed("50")));
  EXPECT_THAT(optimum(published_law("hoffmann2022-unrounded"), Flops(1e21))
                  .tokens_per_param(),
              near_rel(printed("34")));
}

TEST(Optimum, AllocationsAreThoseOfTheLaw) {
  int with_loss = 0;
  for (const Law& law : published_laws()) {
    for (const Allocation& at : law_allocations(law)) {
      SCOPED_TRACE(law.id);
      if (at.loss) {
        const Optimum best = optimum(law, at.flops);
        EXPECT_EQ(*at.params, best.params);
        EXPECT_EQ(*at.loss, best.loss);
        ++with_loss;
      } else {
        EXPECT_EQ(law.form->input_count(), 1);
      }
      if (!at.params) continue;
      EXPECT_THAT(train_flops(*at.params, *at.tokens).value(),
                  near_rel(at.flops.value(), {1e-12}));
    }
  }
  EXPECT_GT(with_loss, 60);
  EXPECT_TRUE(law_allocations(published_law("clark2022-hash")).empty());
  EXPECT_TRUE(law_allocations(published_law("steplaw2025-lr")).empty());
  // 16.3T tokens and 389B parameters at 3.8e25, so about half at 1e25.
  const auto llama = law_allocations(published_law("llama3-2024"));
  ASSERT_EQ(llama.size(), 3u);
  EXPECT_THAT(llama[2].tokens->value(),
              near_rel(0.299 * std::pow(1e25, 0.537), kRounding));
}

TEST(Optimum, IrreducibleLossIsE) {
  for (const Law& law : additive_laws()) {
    EXPECT_THAT(irreducible_loss(law).value(),
                near_rel(law.coefficients[0], kRounding));
  }
}

TEST(Optimum, EstimateHoldsTheIntervalsOfTheDraws) {
  Law law = additive_law(1.8, 480, 2000, 0.35, 0.37);
  EXPECT_FALSE(optimum_estimate(law, Flops(1e24), 0.9).params.has_value());
  law.draws.resize(101, 5);
  for (int i = 0; i <= 100; ++i) {
    law.draws.row(i) = law.coefficients.transpose();
    law.draws(i, 0) = 1.75 + 0.001 * i;
  }
  const OptimumEstimate estimate = optimum_estimate(law, Flops(1e24), 0.9);
  // E moves the loss alone: its 5th to 95th percentile, and one size.
  ASSERT_TRUE(estimate.loss_nats.has_value());
  EXPECT_THAT(estimate.loss_nats->high - estimate.loss_nats->low,
              near_rel(0.090, {1e-9}));
  EXPECT_THAT(estimate.params->low,
              near_rel(estimate.best.params.value(), kRounding));
  EXPECT_THAT(estimate.params->high,
              near_rel(estimate.best.params.value(), kRounding));
  EXPECT_THAT(estimate.tokens_per_param->low,
              near_rel(estimate.best.tokens_per_param(), kRounding));
}

TEST(Optimum, RefusesABudgetThatIsNone) {
  const Law law = published_law("besiroglu2024");
  for (const double flops : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THAT(
        message_of<std::invalid_argument>([&] { optimum(law, Flops(flops)); }),
        HasSubstr("flops"))
        << flops;
  }
}

TEST(Optimum, LawWithoutADataTermHasNone) {
  const Law law = additive_law(1.8, 480, 0, 0.35, 0.37);
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { optimum(law, Flops(1e22)); }),
      HasSubstr("no optimal size"));
}

}  // namespace
}  // namespace isoflop
