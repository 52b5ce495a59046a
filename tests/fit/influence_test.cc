// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/influence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/linear_law.h"
#include "fit/residual_checks.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::grid;
using ::testing::HasSubstr;
using testing::isoflop_sweep;
using testing::kRounding;
using testing::LinearLaw;
using testing::near_rel;
using testing::observe;
using testing::Tolerance;
using testing::without_bootstrap;

/// Closed forms against fits that end where their objective is flat.
constexpr Tolerance kAtOptimum{1e-6};
/// The same of shifts, which may be nearly zero themselves.
constexpr Tolerance kShift{1e-5, 2e-7};

FitOptions with_influence(FitOptions options) {
  options.influence = true;
  return options;
}

TEST(Influence, OfALinearLawIsTheClosedForm) {
  const LinearLaw linear;
  const FitResult result =
      fit(linear.runs, with_influence(LinearLaw::options()));
  ASSERT_TRUE(result.influence.has_value());
  EXPECT_EQ(result.influence->left_out, 14);
  ASSERT_EQ(result.influence->runs.size(), 14U);
  // Equal exponents of a half: N* = A / B sqrt(C / 6), and both terms are
  // sqrt(A B) / (C / 6)^(1/4).
  const double tokens_times_params =
      result.identifiability.target.value() / 6.0;
  const auto log_loss = [&](const Eigen::Vector3d& c) {
    return std::log(c[0] + 2.0 * std::sqrt(1e3 * c[1] * 1e4 * c[2]) /
                               std::pow(tokens_times_params, 0.25));
  };
  for (int i = 0; i < 14; ++i) {
    SCOPED_TRACE(i);
    const RunInfluence& run =
        result.influence->runs[static_cast<std::size_t>(i)];
    EXPECT_EQ(run.row, i);
    EXPECT_THAT(run.leverage, near_rel(linear.hat(i, i), kAtOptimum));
    const double fitted = linear.y[i] - linear.residuals[i];
    EXPECT_THAT(run.residual,
                near_rel(std::log(linear.y[i] / fitted), {1e-6, 1e-9}));
    const Eigen::Vector3d without =
        linear.coefficients - linear.inverse * linear.x.row(i).transpose() *
                                  linear.residuals[i] /
                                  (1.0 - linear.hat(i, i));
    ASSERT_TRUE(run.shift_log_loss.has_value());
    EXPECT_THAT(
        *run.shift_log_loss,
        near_rel(log_loss(without) - log_loss(linear.coefficients), kShift));
    EXPECT_THAT(
        *run.shift_log_params,
        near_rel(std::log(without[1] / without[2]) -
                     std::log(linear.coefficients[1] / linear.coefficients[2]),
                 kShift));
  }
}

TEST(Influence, IsARefitWithoutTheRun) {
  const Runs runs = observe(isoflop_sweep(4, 5, 4), chinchilla_law(), 0.003);
  const FitResult result = fit(runs, with_influence(without_bootstrap()));
  FitOptions options = without_bootstrap();
  options.flops = {result.identifiability.target};
  const Optimum with = optimum(result.law, result.identifiability.target);
  for (const int left : {0, 7, 19}) {
    std::vector<int> rows;
    for (int i = 0; i < 20; ++i) {
      if (i != left) rows.push_back(i);
    }
    const FitResult refit = fit(testing::rows_of(runs, rows), options);
    const Optimum without = optimum(refit.law, result.identifiability.target);
    const RunInfluence& run =
        result.influence->runs[static_cast<std::size_t>(left)];
    EXPECT_THAT(*run.shift_log_params,
                near_rel(std::log(without.params / with.params), {1e-5, 1e-6}));
    EXPECT_THAT(*run.shift_log_loss,
                near_rel(std::log(without.loss / with.loss), {1e-5, 1e-7}));
  }
}

TEST(Influence, NamesTheRunThatDecides) {
  // Squares follow the one run that is far from the others and wrong.
  testing::DesignPoints design = grid(4, 4, 4e7, 4e8, 1e9, 1e10);
  design.add(1.6e10, 3.2e11);
  Runs runs = observe(design, chinchilla_law(), 0.001);
  runs.loss_nats[16] *= 1.03;
  runs.name.assign(17, "small");
  runs.name[16] = "large";
  FitOptions options = with_influence(without_bootstrap());
  options.objective = Objective::Squared;
  const FitResult result = fit(runs, options);
  const Finding* finding = find(result.findings, "fit.influential");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->message, HasSubstr("large"));
}

TEST(Influence, IsLeftOutUnlessAsked) {
  EXPECT_FALSE(
      fit(LinearLaw().runs, LinearLaw::options()).influence.has_value());
}

TEST(LackOfFit, OfALinearLawIsTheFTest) {
  // Each of ten inputs twice, and a law that is off by a sine.
  const LinearLaw linear(20);
  Runs runs = linear.runs;
  Eigen::MatrixXd x = linear.x;
  Eigen::VectorXd y(20);
  RandomStream random(5, 0);
  for (int i = 0; i < 20; ++i) {
    runs.params[i] = linear.runs.params[i % 10];
    runs.tokens[i] = linear.runs.tokens[i % 10];
    x.row(i) = linear.x.row(i % 10);
    y[i] = linear.y[i % 10] + 0.01 * std::sin(2.0 * (i % 10)) +
           0.002 * random.normal();
  }
  runs.loss_nats = y;
  const FitResult result = fit(runs, LinearLaw::options());
  ASSERT_TRUE(result.residual_checks.lack_of_fit.has_value());
  const LackOfFit& found = *result.residual_checks.lack_of_fit;
  const Eigen::VectorXd residuals = y - x * x.colPivHouseholderQr().solve(y);
  double pure = 0.0;
  for (int i = 0; i < 10; ++i) pure += 0.5 * std::pow(y[i] - y[i + 10], 2);
  EXPECT_EQ(found.repeats, 10);
  EXPECT_EQ(found.freedom, 7);
  EXPECT_THAT(found.pure_sd, near_rel(std::sqrt(pure / 10.0), kAtOptimum));
  EXPECT_THAT(found.f,
              near_rel((residuals.squaredNorm() - pure) / 7.0 / (pure / 10.0),
                       kAtOptimum));
  EXPECT_LT(found.p_value, 0.01);
  EXPECT_NE(find(result.findings, "fit.lack-of-fit"), nullptr);
}

TEST(LackOfFit, IsQuietWhereTheLawHolds) {
  testing::DesignPoints design = grid(5, 5);
  const testing::DesignPoints once = design;
  design.runs.insert(design.runs.end(), once.runs.begin(), once.runs.end());
  int rejected = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FitOptions options = without_bootstrap();
    options.objective = Objective::Squared;
    const FitResult result =
        fit(observe(design, chinchilla_law(), 0.003, seed), options);
    ASSERT_TRUE(result.residual_checks.lack_of_fit.has_value());
    rejected += result.residual_checks.lack_of_fit->p_value < 0.01;
  }
  // Binomial(20, 0.01): three or more once in a thousand.
  EXPECT_LE(rejected, 2);
}

/// A grid seen twice, the second time with a loss 5 % higher.
Runs seen_twice() {
  testing::DesignPoints design = grid(5, 5);
  const testing::DesignPoints once = design;
  design.runs.insert(design.runs.end(), once.runs.begin(), once.runs.end());
  Runs runs = observe(design, chinchilla_law(), 0.003);
  runs.loss_nats.tail(25) *= 1.05;
  return runs;
}

TEST(LackOfFit, TakesRunsOfOtherUnreadColumnsForNoRepeats) {
  Runs runs = seen_twice();
  const FitResult same = fit(runs, without_bootstrap());
  ASSERT_TRUE(same.residual_checks.lack_of_fit.has_value());
  EXPECT_EQ(same.residual_checks.lack_of_fit->repeats, 25);
  EXPECT_EQ(find(same.findings, "fit.unread-column"), nullptr);
  Eigen::VectorXd experts = Eigen::VectorXd::Constant(50, 64.0);
  experts.tail(25).setConstant(1.0);
  runs.extra.push_back({"experts", experts});
  const FitResult other = fit(runs, without_bootstrap());
  EXPECT_FALSE(other.residual_checks.lack_of_fit.has_value());
  const Finding* said = find(other.findings, "fit.unread-column");
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->severity, Severity::Note);
  EXPECT_THAT(said->message, HasSubstr("differ in experts, which"));
  // Two losses 5 % apart lie half of that from their mean, one is free.
  EXPECT_THAT(said->values[0].value,
              near_rel(std::log(1.05) / std::sqrt(2.0), {0.15}));
  EXPECT_EQ(other.law.coefficients, same.law.coefficients);
}

TEST(LackOfFit, TakesUniqueTokensBeyondTheTokensForNone) {
  Runs runs = seen_twice();
  runs.unique_tokens = 2.0 * runs.tokens;
  runs.unique_tokens.tail(25) *= 3.0;
  const FitResult plenty = fit(runs, without_bootstrap());
  ASSERT_TRUE(plenty.residual_checks.lack_of_fit.has_value());
  EXPECT_EQ(plenty.residual_checks.lack_of_fit->repeats, 25);
  runs.unique_tokens.tail(25) *= 0.01;
  EXPECT_FALSE(
      fit(runs, without_bootstrap()).residual_checks.lack_of_fit.has_value());
}

TEST(ResidualTrend, EqualsScipy) {
  // scipy.stats.spearmanr 1.10.1.
  Eigen::VectorXd a(10);
  Eigen::VectorXd b(10);
  a << 1, 2, 2, 3, 5, 8, 8, 8, 9, 12;
  b << 2, 1, 4, 4, 3, 7, 9, 6, 8, 8;
  const auto found = rank_correlation(a, b);
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->value, near_rel(0.85142991418730762, kRounding));
  EXPECT_THAT(found->p_value, near_rel(0.0017745869572741728, {1e-10}));
  EXPECT_FALSE(rank_correlation(a, Eigen::VectorXd::Ones(10)).has_value());
}

TEST(ResidualTrend, IsSaidWhereTheFormIsWrong) {
  const Runs runs = observe(grid(8, 8), chinchilla_law(), 0.001);
  FitOptions options = without_bootstrap();
  options.law = "E + A/N^alpha";
  const FitResult result = fit(runs, options);
  const Finding* finding = find(result.findings, "fit.residual-trend");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->message, HasSubstr("more tokens lie lower"));
  EXPECT_EQ(find(fit(runs, without_bootstrap()).findings, "fit.residual-trend"),
            nullptr);
}

}  // namespace
}  // namespace isoflop
