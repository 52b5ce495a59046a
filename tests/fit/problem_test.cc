// SPDX-License-Identifier: Apache-2.0
#include "fit/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <cmath>

#include "fit/designs.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::grid;
using testing::kDerivative;
using testing::kRounding;
using testing::near_rel;
using testing::observe;

FitProblem problem_of(const Runs& runs, const FitOptions& options) {
  std::vector<Eigen::Index> order;
  return make_problem(runs, options, *find_form(options.law), order);
}

Eigen::VectorXd some_theta() {
  Eigen::VectorXd theta(5);
  theta << std::log(1.8), std::log(500.0), std::log(2000.0), 0.35, 0.365;
  return theta;
}

class FitGradient
    : public ::testing::TestWithParam<std::tuple<Objective, Residual, double>> {
};

TEST_P(FitGradient, AgreesWithCentralDifferences) {
  constexpr double kStep = 1e-7;
  FitOptions options;
  std::tie(options.objective, options.residual, options.huber_delta) =
      GetParam();
  Runs runs = observe(grid(6, 6), chinchilla_law(), 0.02);
  runs.weight = Eigen::VectorXd::LinSpaced(36, 0.5, 2.0);
  const FitProblem problem = problem_of(runs, options);
  FitEvaluator evaluator(problem);
  const Eigen::VectorXd theta = some_theta();
  Eigen::VectorXd gradient;
  evaluator(theta, &gradient);
  for (int j = 0; j < 5; ++j) {
    Eigen::VectorXd up = theta;
    Eigen::VectorXd down = theta;
    up[j] += kStep;
    down[j] -= kStep;
    const double difference =
        (evaluator(up, nullptr) - evaluator(down, nullptr)) / (2 * kStep);
    EXPECT_THAT(gradient[j],
                near_rel(difference,
                         {kDerivative.relative,
                          kDerivative.relative * gradient.norm()}))
        << j;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Objectives,
    FitGradient,
    ::testing::Combine(::testing::Values(Objective::Huber,
                                         Objective::Squared,
                                         Objective::Absolute),
                       ::testing::Values(Residual::LogLoss, Residual::Loss),
                       ::testing::Values(1e-3, 0.5)));

TEST(FitProblem, ObjectivesAreWhatTheyAreCalled) {
  const Runs runs = observe(grid(4, 4), chinchilla_law(), 0.02);
  const Eigen::VectorXd theta = some_theta();
  FitOptions options;
  options.huber_delta = 0.01;
  const FitProblem huber = problem_of(runs, options);
  FitEvaluator evaluator(huber);
  const Eigen::VectorXd r = evaluator.residuals(theta);
  double sum = 0;
  double squares = 0;
  double absolute = 0;
  for (const double x : r) {
    const double a = std::abs(x);
    sum += a <= 0.01 ? 0.5 * x * x : 0.01 * (a - 0.005);
    squares += x * x;
    absolute += a;
  }
  EXPECT_THAT(reported_objective(huber, r), near_rel(sum, kRounding));
  // F is the same without unit.
  EXPECT_THAT(evaluator(theta, nullptr),
              near_rel(sum / (0.01 * 0.01), kRounding));
  options.objective = Objective::Squared;
  EXPECT_THAT(reported_objective(problem_of(runs, options), r),
              near_rel(squares, kRounding));
  options.objective = Objective::Absolute;
  EXPECT_THAT(reported_objective(problem_of(runs, options), r),
              near_rel(absolute, kRounding));
}

TEST(FitProblem, ResidualsArePredictedLessObserved) {
  const Runs runs = observe(grid(3, 3), chinchilla_law(), 0.02);
  Law law = chinchilla_law();
  for (const Residual residual : {Residual::LogLoss, Residual::Loss}) {
    FitOptions options;
    options.residual = residual;
    std::vector<Eigen::Index> order;
    const FitProblem problem = make_problem(runs, options, *law.form, order);
    FitEvaluator evaluator(problem);
    const Eigen::VectorXd r = evaluator.residuals(
        law.form->theta_from_coefficients(law.coefficients));
    for (Eigen::Index i = 0; i < r.size(); ++i) {
      const Eigen::Index row = order[static_cast<std::size_t>(i)];
      const double predicted =
          law.loss(Params(runs.params[row]), Tokens(runs.tokens[row])).value();
      const double observed = runs.loss_nats[row];
      EXPECT_NEAR(r[i],
                  residual == Residual::Loss ? predicted - observed
                                             : std::log(predicted / observed),
                  1e-14);
    }
  }
}

TEST(FitProblem, CurvatureIsPositiveDefiniteWhereRunsTellEnough) {
  const FitProblem problem =
      problem_of(observe(grid(6, 6), chinchilla_law(), 0.02), {});
  FitEvaluator evaluator(problem);
  const Eigen::MatrixXd curvature = evaluator.curvature(some_theta());
  EXPECT_THAT((curvature - curvature.transpose()).norm(),
              near_rel(0.0, {0.0, 1e-9 * curvature.norm()}));
  EXPECT_EQ(Eigen::LLT<Eigen::MatrixXd>(curvature).info(), Eigen::Success);
}

TEST(FitProblem, OverflowIsAnInfinityNotAnError) {
  const FitProblem problem =
      problem_of(observe(grid(3, 3), chinchilla_law()), {});
  FitEvaluator evaluator(problem);
  Eigen::VectorXd theta = some_theta();
  theta[1] = 2000;
  EXPECT_EQ(evaluator(theta, nullptr), HUGE_VAL);
}

TEST(FitProblem, ResampleIsTheRowsWithTheirCounts) {
  const FitProblem problem =
      problem_of(observe(grid(3, 3), chinchilla_law(), 0.02), {});
  const FitProblem drawn = resample(problem, {0, 2, 0, 0, 1, 0, 3, 0, 3});
  ASSERT_EQ(drawn.size(), 4);
  EXPECT_EQ(drawn.weight, Eigen::Vector4d(2, 1, 3, 3));
  EXPECT_EQ(drawn.log_loss[2], problem.log_loss[6]);
  EXPECT_EQ(drawn.inputs.row(3), problem.inputs.row(8));
}

}  // namespace
}  // namespace isoflop
