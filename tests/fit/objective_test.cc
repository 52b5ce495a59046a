// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fit/designs.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::grid;
using testing::kSolver;
using testing::kSolverParameters;
using testing::near_rel;
using testing::observe;
using testing::without_bootstrap;

/// Runs whose only law is a constant, so that the optimum is a statistic of
/// their losses.
Runs scattered_losses() {
  Runs runs = observe(grid(5, 5), chinchilla_law());
  RandomStream random(21, 0);
  for (double& loss : runs.loss_nats) loss = std::exp(1.0 + random.normal());
  return runs;
}

double fitted_constant(const Runs& runs, const FitOptions& options) {
  return fit(runs, options).law.coefficients[0];
}

FitOptions constant(Objective objective, Residual residual) {
  FitOptions options = without_bootstrap();
  options.law = "E*1";
  options.objective = objective;
  options.residual = residual;
  return options;
}

std::vector<double> sorted_losses(const Runs& runs) {
  std::vector<double> losses(runs.loss_nats.begin(), runs.loss_nats.end());
  std::sort(losses.begin(), losses.end());
  return losses;
}

TEST(Objective, SquaresOfAConstantAreItsMean) {
  const Runs runs = scattered_losses();
  EXPECT_THAT(
      fitted_constant(runs, constant(Objective::Squared, Residual::Loss)),
      near_rel(runs.loss_nats.mean(), kSolver));
  EXPECT_THAT(
      fitted_constant(runs, constant(Objective::Squared, Residual::LogLoss)),
      near_rel(std::exp(runs.loss_nats.array().log().mean()), kSolver));
}

TEST(Objective, AbsoluteDeviationsOfAConstantAreItsMedian) {
  const Runs runs = scattered_losses();
  for (const Residual residual : {Residual::Loss, Residual::LogLoss}) {
    EXPECT_THAT(fitted_constant(runs, constant(Objective::Absolute, residual)),
                near_rel(sorted_losses(runs)[12], kSolverParameters));
  }
}

TEST(Objective, CostRatioOfAbsoluteDeviationsIsAQuantile) {
  // Koenker & Bassett 1978: the quantile at k / (1 + k), the loss of which is
  // predicted too low k times as dear.
  const Runs runs = scattered_losses();
  for (const auto& [ratio, rank] :
       {std::pair(4.1, 20), std::pair(1.0 / 4.1, 4), std::pair(9.5, 22)}) {
    FitOptions options = constant(Objective::Absolute, Residual::LogLoss);
    options.cost_ratio = ratio;
    EXPECT_THAT(fitted_constant(runs, options),
                near_rel(sorted_losses(runs)[static_cast<std::size_t>(rank)],
                         kSolverParameters))
        << ratio;
  }
}

TEST(Objective, CostRatioOfSquaresIsAnExpectile) {
  // Newey & Powell 1987: the weighted mean with the ratio as the weight of
  // what lies above it.
  const Runs runs = scattered_losses();
  FitOptions options = constant(Objective::Squared, Residual::Loss);
  options.cost_ratio = 3.0;
  const double found = fitted_constant(runs, options);
  double weight = 0.0;
  double sum = 0.0;
  for (const double loss : runs.loss_nats) {
    const double w = loss > found ? 3.0 : 1.0;
    weight += w;
    sum += w * loss;
  }
  EXPECT_THAT(found, near_rel(sum / weight, kSolver));
  EXPECT_GT(found, runs.loss_nats.mean());
}

TEST(Objective, DearUnderpredictionRaisesTheLaw) {
  const Runs runs = observe(grid(9, 8), chinchilla_law(), 0.01, 3);
  for (const Objective objective :
       {Objective::Huber, Objective::Squared, Objective::Absolute}) {
    FitOptions options = without_bootstrap();
    options.objective = objective;
    options.cost_ratio = 5.0;
    const FitResult result = fit(runs, options);
    EXPECT_TRUE(result.search.converged);
    EXPECT_TRUE(result.search.is_confirmed);
    int above = 0;
    for (Eigen::Index i = 0; i < runs.size(); ++i) {
      above += result.law.loss(Params(runs.params[i]), Tokens(runs.tokens[i]))
                   .value() > runs.loss_nats[i];
    }
    // Five in six for absolute deviations, more than half for all.
    EXPECT_GE(above, objective == Objective::Squared ? 45 : 56)
        << to_string(objective);
  }
}

TEST(Objective, HubersLossOfWideDeltaIsSquares) {
  const Runs runs = observe(grid(6, 6), chinchilla_law(), 0.01, 3);
  FitOptions options = without_bootstrap();
  options.huber_delta = 100.0;
  const FitResult wide = fit(runs, options);
  options.objective = Objective::Squared;
  const FitResult squared = fit(runs, options);
  EXPECT_THAT(2.0 * wide.objective_value,
              near_rel(squared.objective_value, kSolver));
  for (int j = 0; j < 5; ++j) {
    EXPECT_THAT(wide.law.coefficients[j],
                near_rel(squared.law.coefficients[j], kSolverParameters));
  }
}

}  // namespace
}  // namespace isoflop
