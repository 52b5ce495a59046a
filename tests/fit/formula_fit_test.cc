// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fit/designs.h"
#include "fit/polish.h"
#include "fit/problem.h"
#include "fit/seeds.h"
#include "isoflop/runs/read_runs.h"
#include "laws/example_form.h"
#include "laws/form_of.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using testing::near_rel;
using testing::shared_path;

constexpr testing::Tolerance kSameLaw{1e-9};

/// The additive form and its formula, fitted alike.
void expect_the_same_law(const Runs& runs) {
  FitOptions options = testing::without_bootstrap();
  const FitResult built_in = fit(runs, options);
  options.law = "E + A/N^alpha + B/D^beta";
  const FitResult formula = fit(runs, options);
  EXPECT_TRUE(formula.search.converged);
  EXPECT_EQ(formula.law.status, built_in.law.status);
  EXPECT_THAT(formula.objective_value,
              near_rel(built_in.objective_value, {1e-12}));
  const auto expected = built_in.law.named_coefficients();
  for (const auto& [name, value] : formula.law.named_coefficients()) {
    EXPECT_THAT(value, near_rel(expected.at(name), kSameLaw)) << name;
  }
}

TEST(FormulaFit, GivesTheLawOfTheBuiltInForm) {
  expect_the_same_law(
      testing::observe(testing::grid(9, 8), testing::chinchilla_law(), 0.005));
}

TEST(FormulaFit, GivesTheLawOfTheBuiltInFormOnRealRuns) {
  const std::string path = shared_path("chinchilla_epoch.csv");
  if (path.empty()) GTEST_SKIP() << "chinchilla_epoch.csv is not here";
  ReadOptions options;
  options.where = {"outlier=0"};
  const Runs runs = read_runs(path, options);
  ASSERT_EQ(runs.size(), 240);
  expect_the_same_law(runs);
}

TEST(FormulaFit, VerdictDoesNotHangOnHowALawIsWritten) {
  const Runs runs =
      testing::observe(testing::grid(9, 8), testing::chinchilla_law(), 0.005);
  FitOptions options = testing::without_bootstrap();
  for (const char* text : {"E + A/N^alpha + B/D^beta",
                           "E + exp(a)/N^alpha + exp(b)/D^beta",
                           "E + (A/N)^alpha + (B/D)^beta"}) {
    options.law = text;
    const FitResult result = fit(runs, options);
    EXPECT_EQ(result.identifiability.status, IdentifiabilityStatus::Identified)
        << text;
  }
}

/// The best optimum from the best starts.
Eigen::VectorXd fitted(const Runs& runs, const Form& form) {
  FitOptions options = testing::without_bootstrap();
  options.objective = Objective::Squared;
  std::vector<Eigen::Index> order;
  const FitProblem problem = make_problem(runs, options, form, order);
  Polished best;
  for (const SeedGrid::Seed& seed : SeedGrid(problem).seeds(3)) {
    const Polished end = polish(problem, seed.theta);
    if (best.theta.size() == 0 || end.value < best.value) best = end;
  }
  EXPECT_TRUE(best.converged);
  return form.coefficients_from_theta(best.theta);
}

TEST(FormulaFit, GivesTheLawOfTheExampleOfTheGuide) {
  const FormOf<CrossedForm> header;
  Law law;
  law.form = std::make_shared<FormOf<CrossedForm>>();
  law.coefficients = Eigen::VectorXd{{1.8, 400, 0.34, 1500, 0.36, 3e5}};
  const Runs runs =
      testing::observe(testing::grid(12, 12, 1e6, 1e11, 1e7, 1e13), law, 0.001);
  const Eigen::VectorXd by_header = fitted(runs, header);
  const Eigen::VectorXd by_formula =
      fitted(runs, *find_form(CrossedForm::formula));
  for (int j = 0; j < by_header.size(); ++j) {
    EXPECT_THAT(by_formula[j], near_rel(by_header[j], kSameLaw))
        << header.coefficients()[static_cast<std::size_t>(j)].name;
  }
}

}  // namespace
}  // namespace isoflop
