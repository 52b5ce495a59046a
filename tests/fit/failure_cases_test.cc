// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fit/designs.h"
#include "fit/polish.h"
#include "fit/problem.h"
#include "fit/search.h"
#include "fit/seeds.h"
#include "isoflop/runs/read_runs.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using testing::additive_law;
using testing::chinchilla_law;
using testing::grid;
using testing::kSolver;
using testing::near_rel;
using testing::observe;
using testing::printed;
using testing::shared_path;
using testing::without_bootstrap;

/// Where other tools stop early or elsewhere on the 240 digitised runs of
/// Hoffmann et al. and say that they converged.
class WhereOthersStop : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = shared_path("chinchilla_epoch.csv");
    if (path.empty()) GTEST_SKIP() << "chinchilla_epoch.csv is not here";
    ReadOptions options;
    all_ = read_runs(path, options);
    options.where = {"outlier=0"};
    runs_ = read_runs(path, options);
    problem_ = make_problem(runs_, {}, *form_, order_);
    best_ = fit(runs_, without_bootstrap());
  }

  /// J of an objective over the lowest.
  double times_lowest(const Law& law) const {
    FitEvaluator evaluator(problem_);
    const Eigen::VectorXd theta =
        form_->theta_from_coefficients(law.coefficients);
    return reported_objective(problem_, evaluator.residuals(theta)) /
           best_.objective_value;
  }

  Polished polish_from(const Law& law) const {
    return polish(problem_, form_->theta_from_coefficients(law.coefficients));
  }

  void expect_lowest(const Polished& end) const {
    EXPECT_TRUE(end.converged);
    FitEvaluator evaluator(problem_);
    EXPECT_THAT(reported_objective(problem_, evaluator.residuals(end.theta)),
                near_rel(best_.objective_value, kSolver));
  }

  std::shared_ptr<const Form> form_ = find_form("additive");
  Runs all_;
  Runs runs_;
  std::vector<Eigen::Index> order_;
  FitProblem problem_;
  FitResult best_;
};

/// Hoffmann et al.'s coefficients before they were rounded.
Law hoffmann() {
  return additive_law(1.693374, 406.40102, 410.72283, 0.33917084, 0.2849083);
}
Law hoffmann_rounded() { return additive_law(1.69, 406.4, 410.7, 0.34, 0.28); }

TEST_F(WhereOthersStop, ScaleOfTheObjectiveDoesNotMatter) {
  const Polished plain = polish_from(hoffmann());
  expect_lowest(plain);
  for (const double factor : {1e-6, 1e-3, 1e3, 1e6}) {
    FitProblem scaled = problem_;
    scaled.weight *= factor;
    const Polished end =
        polish(scaled, form_->theta_from_coefficients(hoffmann().coefficients));
    EXPECT_TRUE(end.converged);
    for (int j = 0; j < 5; ++j) {
      EXPECT_THAT(end.theta[j], near_rel(plain.theta[j], {1e-9})) << factor;
    }
  }
}

TEST_F(WhereOthersStop, FarStartsOfTheUsersDoNotMisleadTheSearch) {
  // Scaled by the Jacobian, least squares stop at four times the lowest
  // objective from the first; the second is a general default; from the third
  // a fit with delta 1e-4 kept ln B next to its start of 15.
  const std::vector<std::vector<std::string>> starts = {
      {"E=5", "A=5", "B=0.5", "alpha=0.3", "beta=0.3"},
      {"E=1", "A=1", "B=1", "alpha=1", "beta=1"},
      {"B=3269017.37"}};
  for (const auto& start : starts) {
    FitOptions options = without_bootstrap();
    options.coefficient = start;
    const FitResult result = fit(runs_, options);
    EXPECT_THAT(result.objective_value,
                near_rel(best_.objective_value, kSolver));
    EXPECT_TRUE(result.search.is_confirmed);
  }
}

TEST_F(WhereOthersStop, StartIsNotReturnedAsTheOptimum) {
  const Polished end =
      polish_from(additive_law(1.696, 406.39, 410.63, 0.3388, 0.2850));
  expect_lowest(end);
  EXPECT_THAT(std::exp(end.theta[1]), near_rel(printed("477.82587")));
}

TEST_F(WhereOthersStop, ClassicStartsFindNothingLowerAndAreCounted) {
  FitOptions options = without_bootstrap();
  options.search = StartSet::Classic;
  options.threads = 0;
  const FitResult classic = fit(runs_, options);
  EXPECT_EQ(classic.search.starts, 4500);
  EXPECT_THAT(classic.objective_value,
              near_rel(best_.objective_value, kSolver));
  EXPECT_TRUE(classic.search.is_confirmed);
  // Some are lost on plateaus, where a term is gone: 10.9 times the lowest
  // and more.
  EXPECT_LT(classic.search.reached, 4500);
  EXPECT_GT(classic.search.reached, 450);
  EXPECT_GT(classic.search.distinct_optima, 1);
  EXPECT_GT(classic.search.optima[1], 1.5 * classic.search.optima[0]);
}

TEST_F(WhereOthersStop, FewResidualsLieInsideDelta) {
  FitEvaluator evaluator(problem_);
  const Eigen::VectorXd residuals = evaluator.residuals(
      form_->theta_from_coefficients(best_.law.coefficients));
  EXPECT_EQ((residuals.array().abs() <= 1e-3).count(), 39);
  EXPECT_LE(best_.search.relative_gap, 1e-12);
  EXPECT_LE(best_.search.evaluations, 200);
}

/// Squares reweighted as Huber's loss says, each time to their optimum.
Eigen::VectorXd reweighted(FitProblem squares, double delta, int steps) {
  Eigen::VectorXd theta =
      squares.form->theta_from_coefficients(chinchilla_law().coefficients);
  squares.objective = Objective::Squared;
  const Eigen::VectorXd weight = squares.weight;
  for (int step = 0; step <= steps; ++step) {
    theta = polish(squares, theta).theta;
    const Eigen::VectorXd residuals = FitEvaluator(squares).residuals(theta);
    squares.weight =
        weight.array() / (residuals.array().abs() / delta).max(1.0);
  }
  return theta;
}

// Case 7, whose own runs are not at hand: an outer loop that stops after ten
// steps reports success above the optimum.
TEST_F(WhereOthersStop, Case7TenReweightedStepsAreNotEnough) {
  constexpr double kDelta = 1e-3;
  FitEvaluator evaluator(problem_);
  const auto excess = [&](const Eigen::VectorXd& theta) {
    return reported_objective(problem_, evaluator.residuals(theta)) /
               best_.objective_value -
           1.0;
  };
  const Eigen::VectorXd early = reweighted(problem_, kDelta, 10);
  // A hundred times what the fit certifies.
  EXPECT_GT(excess(early), 1e-6);
  // Alpha is off in its third digit, A in its second.
  EXPECT_GT(std::abs(early[3] - best_.law.coefficients[3]), 5e-4);
  EXPECT_GT(std::abs(std::exp(early[1]) - best_.law.coefficients[1]), 4.0);
  // More steps lead to the optimum that the fit has certified at once.
  EXPECT_LT(excess(reweighted(problem_, kDelta, 300)), 1e-8);
  EXPECT_TRUE(best_.search.is_confirmed);
  EXPECT_LE(best_.search.relative_gap, 1e-12);
  expect_lowest(polish(problem_, early));
}

// Case 10, whose own runs are not at hand: with delta 1e-4 published fits kept
// ln B at 14.97, next to their start of 15.
TEST_F(WhereOthersStop, Case10SmallDeltaDoesNotKeepTheStart) {
  FitOptions options = without_bootstrap();
  options.huber_delta = 1e-4;
  const FitResult plain = fit(runs_, options);
  EXPECT_THAT(plain.law.coefficients[2], near_rel(printed("2065.413")));
  options.coefficient = {"B=3269017.37"};
  const FitResult started = fit(runs_, options);
  EXPECT_TRUE(started.search.is_confirmed);
  EXPECT_LE(started.search.relative_gap, 1e-12);
  EXPECT_THAT(started.objective_value,
              near_rel(plain.objective_value, kSolver));
  EXPECT_THAT(started.law.coefficients[2], near_rel(printed("2065.413")));
  // And from that start alone, without the ones that the search adds.
  const FitProblem problem = make_problem(runs_, options, *form_, order_);
  Eigen::VectorXd theta =
      form_->theta_from_coefficients(chinchilla_law().coefficients);
  theta[2] = 15.0;
  const Polished end = polish(problem, theta);
  EXPECT_TRUE(end.converged);
  EXPECT_GT(std::abs(end.theta[2] - 15.0), 1.0);
}

TEST_F(WhereOthersStop, RoundedCoefficientsAreAnotherLaw) {
  EXPECT_THAT(times_lowest(hoffmann()) - 1, near_rel(printed("0.209")));
  EXPECT_THAT(times_lowest(hoffmann_rounded()) - 1, near_rel(printed("3.05")));
  const auto ratio = [](const Law& law) {
    return optimum(law, Flops(1e21)).tokens_per_param();
  };
  EXPECT_THAT(ratio(hoffmann_rounded()), near_rel(printed("50")));
  EXPECT_THAT(ratio(hoffmann()), near_rel(printed("34")));
}

TEST_F(WhereOthersStop, ResamplesWithAnotherOptimumAreFollowed) {
  // With the five outliers about one resample in a hundred has its optimum
  // elsewhere than the runs.
  FitOptions options = without_bootstrap();
  options.bootstrap = 150;
  const FitResult result = fit(all_, options);
  ASSERT_EQ(result.law.draws.rows(), 150);
  const FitProblem problem = make_problem(all_, options, *form_, order_);
  const auto rows = static_cast<std::uint32_t>(problem.size());
  for (int i = 0; i < 150; ++i) {
    RandomStream random(options.seed, static_cast<std::uint64_t>(i));
    std::vector<int> counts(rows, 0);
    for (std::uint32_t k = 0; k < rows; ++k) ++counts[random.below(rows)];
    const FitProblem resampled = resample(problem, counts);
    double lowest = HUGE_VAL;
    for (const auto& seed : SeedGrid(resampled).seeds(4)) {
      lowest = std::min(lowest,
                        polish(resampled, seed.theta, Precision::Fine).value);
    }
    FitEvaluator evaluator(resampled);
    const Eigen::VectorXd draw = result.law.draws.row(i);
    EXPECT_LE(evaluator(form_->theta_from_coefficients(draw), nullptr),
              lowest * (1 + 1e-6))
        << "replicate " << i;
  }
}

// A form of nine coefficients has valleys without a floor, in which the last
// steps of a descent may end at a bound and higher than they began.
TEST(Search, ReportsTheLowestOptimumThatItSaw) {
  const std::string path = shared_path("misfitting_final_bestlr.csv");
  if (path.empty()) GTEST_SKIP() << "misfitting_final_bestlr.csv is not here";
  ReadOptions read;
  read.where = {"flops<=1.48825352e18"};
  FitOptions options = without_bootstrap();
  options.law = "farseer";
  const FitResult result = fit(read_runs(path, read), options);
  EXPECT_EQ(result.objective_value, result.search.optima.front());
  EXPECT_TRUE(
      std::is_sorted(result.search.optima.begin(), result.search.optima.end()));
}

TEST(FailureCases, ResidualOfZeroDividesNothing) {
  // Every residual is zero, at the start already.
  const Law truth = chinchilla_law();
  const Runs runs = observe(grid(7, 6), truth);
  std::vector<Eigen::Index> order;
  for (const Objective objective :
       {Objective::Huber, Objective::Squared, Objective::Absolute}) {
    FitOptions options = without_bootstrap();
    options.objective = objective;
    const FitProblem problem = make_problem(runs, options, *truth.form, order);
    const Polished end = polish(
        problem, truth.form->theta_from_coefficients(truth.coefficients));
    EXPECT_TRUE(end.converged);
    for (int j = 0; j < 5; ++j) {
      EXPECT_THAT(from_scale(end.theta[j], j < 3 ? Scale::Log : Scale::Linear),
                  near_rel(truth.coefficients[j], kSolver));
    }
  }
}

TEST(FailureCases, IrreducibleLossOfZeroIsABoundary) {
  // The loss falls faster than any E > 0 allows.
  const Runs runs =
      observe(grid(8, 7), additive_law(0, 60, 300, 0.15, 0.2), 0.002, 3);
  const FitResult result = fit(runs, without_bootstrap());
  EXPECT_TRUE(result.search.converged);
  EXPECT_TRUE(result.search.is_confirmed);
  EXPECT_TRUE(std::isfinite(result.objective_value));
  EXPECT_LT(result.law.coefficients[0], 0.2);
  FitOptions options = without_bootstrap();
  options.fix = {"E=0"};
  const FitResult without = fit(runs, options);
  EXPECT_GE(without.objective_value, result.objective_value * (1 - 1e-9));
  EXPECT_LE(without.objective_value, result.objective_value * 1.1);
}

TEST(FailureCases, TrainingComputeBeyondSixtyFourBits) {
  const Runs runs =
      runs_from_columns({{"params", Eigen::Vector2d(7e10, 1e9)},
                         {"tokens", Eigen::Vector2d(1.4e12, 2e10)},
                         {"loss", Eigen::Vector2d(1.9, 2.5)}});
  EXPECT_THAT(runs.flops[0], near_rel(5.88e23, testing::kRounding));
}

}  // namespace
}  // namespace isoflop
