// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fit/designs.h"
#include "support/matchers.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::grid;
using ::testing::HasSubstr;
using testing::kDerivative;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;
using testing::observe;
using testing::without_bootstrap;

constexpr testing::Tolerance kSameLaw{1e-9};

Runs sample() { return observe(grid(9, 8), chinchilla_law(), 0.005, 3); }

FitOptions fixed(const std::string& law, std::vector<std::string> fix) {
  FitOptions options = without_bootstrap();
  options.law = law;
  options.fix = std::move(fix);
  return options;
}

void expect_same_law(const FitResult& a, const FitResult& b) {
  EXPECT_TRUE(a.search.converged && b.search.converged);
  EXPECT_TRUE(a.search.is_confirmed && b.search.is_confirmed);
  EXPECT_THAT(a.objective_value, near_rel(b.objective_value, kRounding));
  const auto expected = b.law.named_coefficients();
  for (const auto& [name, value] : a.law.named_coefficients()) {
    if (!expected.contains(name)) continue;
    EXPECT_THAT(value, near_rel(expected.at(name), kSameLaw)) << name;
  }
}

TEST(FixedCoefficients, TiedExponentsAreTheTiedForm) {
  const FitResult tied = fit(sample(), fixed("additive", {"beta=alpha"}));
  const FitResult form = fit(sample(), fixed("additive_tied", {}));
  EXPECT_EQ(tied.law.form->coefficient_count(), 4);
  EXPECT_EQ(tied.identifiability.coefficients, 4);
  expect_same_law(tied, form);
  EXPECT_THAT(tied.optimum[2].best.params.value(),
              near_rel(form.optimum[2].best.params.value(), kSameLaw));
}

TEST(FixedCoefficients, TiedFormulaIsTheFormulaWithOneName) {
  expect_same_law(
      fit(sample(), fixed("E + A/N^alpha + B/D^beta", {"beta = alpha"})),
      fit(sample(), fixed("E + A/N^alpha + B/D^alpha", {})));
}

TEST(FixedCoefficients, HeldNumberIsTheFormulaWithTheNumber) {
  const FitResult held = fit(sample(), fixed("additive", {"alpha=0.34"}));
  const FitResult formula = fit(sample(), fixed("E + A/N^0.34 + B/D^beta", {}));
  EXPECT_EQ(held.law.coefficients[3], 0.34);
  EXPECT_EQ(held.law.form->coefficient_count(), 5);
  EXPECT_EQ(held.identifiability.coefficients, 4);
  EXPECT_TRUE(held.search.at_bound.empty());
  expect_same_law(held, formula);
}

TEST(FixedCoefficients, HeldFactorIsTheFormulaWithTheNumber) {
  for (const auto& [text, formula] :
       {std::pair("A=480", "E + 480/N^alpha + B/D^beta"),
        std::pair("E=0", "A/N^alpha + B/D^beta"),
        std::pair("E=1.75", "1.75 + A/N^alpha + B/D^beta")}) {
    SCOPED_TRACE(text);
    expect_same_law(fit(sample(), fixed("additive", {text})),
                    fit(sample(), fixed(formula, {})));
  }
}

TEST(FixedCoefficients, CoupledWithPowerOneIsAdditive) {
  expect_same_law(fit(sample(), fixed("coupled", {"gamma=1"})),
                  fit(sample(), fixed("additive", {})));
}

TEST(FixedCoefficients, IntervalsAndDrawsKeepToThem) {
  FitOptions options = fixed("additive", {"alpha=0.34", "beta=0.36"});
  options.bootstrap = 40;
  const FitResult result = fit(sample(), options);
  ASSERT_EQ(result.intervals.size(), 5u);
  EXPECT_EQ(result.intervals[3].low, 0.34);
  EXPECT_EQ(result.intervals[3].high, 0.34);
  EXPECT_TRUE((result.law.draws.col(4).array() == 0.36).all());
  EXPECT_LT(result.intervals[0].low, result.intervals[0].high);
}

TEST(FixedCoefficients, BoundThatBindsIsSaid) {
  FitOptions options = without_bootstrap();
  options.coefficient = {"alpha=0.4..1"};
  const FitResult result = fit(sample(), options);
  EXPECT_EQ(result.law.coefficients[3], 0.4);
  EXPECT_THAT(result.search.at_bound, ::testing::ElementsAre("alpha"));
  EXPECT_NE(find(result.findings, "fit.at-bound"), nullptr);
  EXPECT_TRUE(result.search.is_confirmed);
  // The best with alpha held there.
  expect_same_law(result, fit(sample(), fixed("additive", {"alpha=0.4"})));
}

TEST(FixedCoefficients, RefitsAtABoundLeaveTheIntervalOpen) {
  FitOptions options = fixed("additive", {"beta=0.36"});
  options.coefficient = {"alpha=0.8..1"};
  options.bootstrap = 40;
  const FitResult result = fit(sample(), options);
  ASSERT_EQ(result.intervals.size(), 5u);
  EXPECT_TRUE(std::isinf(result.intervals[3].low));
  EXPECT_TRUE(std::isinf(result.intervals[3].high));
  // What is given has no doubt.
  EXPECT_EQ(result.intervals[4].low, 0.36);
  EXPECT_EQ(result.intervals[4].high, 0.36);
}

TEST(FixedCoefficients, SavedLawComesBack) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "law.json";
  FitOptions options = fixed("additive", {"beta=alpha", "E=1.8"});
  options.bootstrap = 20;
  const FitResult result = fit(sample(), options);
  write_law(result.law, path);
  const Law again = read_law(path);
  EXPECT_EQ(again.coefficients, result.law.coefficients);
  EXPECT_EQ(again.form->settings().fixed, options.fix);
  EXPECT_EQ(again.loss(Params(1e9), Tokens(1e10)),
            result.law.loss(Params(1e9), Tokens(1e10)));
}

TEST(FixedCoefficients, SlopesOfATieAreSums) {
  const auto form = find_form("additive", {{}, {}, Scale::Log, {"beta=alpha"}});
  Eigen::VectorXd theta(4);
  theta << std::log(1.8), std::log(400), std::log(900), 0.3;
  Eigen::MatrixXd inputs(1, 2);
  inputs << std::log(1e9), std::log(2e10);
  Eigen::VectorXd value;
  Eigen::VectorXd up;
  Eigen::VectorXd down;
  Eigen::MatrixXd slopes;
  form->evaluate_columns(theta, inputs, value, &slopes);
  for (int j = 0; j < 4; ++j) {
    constexpr double kStep = 1e-6;
    Eigen::VectorXd moved = theta;
    moved[j] += kStep;
    form->evaluate_columns(moved, inputs, up, nullptr);
    moved[j] -= 2 * kStep;
    form->evaluate_columns(moved, inputs, down, nullptr);
    EXPECT_THAT(slopes(0, j),
                near_rel((up[0] - down[0]) / (2 * kStep), kDerivative));
  }
}

struct BadFix {
  const char* name;
  const char* text;
  const char* message;

  friend void PrintTo(const BadFix& bad, std::ostream* out) {
    *out << bad.name;
  }
};

class BadFixes : public ::testing::TestWithParam<BadFix> {};

TEST_P(BadFixes, AreRefused) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                fit(sample(), fixed("additive", {GetParam().text, "E=1.8"}));
              }),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Texts,
    BadFixes,
    ::testing::Values(BadFix{"NoValue", "alpha", "NAME=NUMBER"},
                      BadFix{"UnknownName", "alhpa=1", "did you mean 'alpha'"},
                      BadFix{
                          "UnknownOther", "beta=alhpa", "did you mean 'alpha'"},
                      BadFix{"Itself", "beta=beta", "to itself"},
                      BadFix{"Twice", "E=1.7", "already fixed"},
                      BadFix{"OtherScale", "alpha=A", "different scales"},
                      BadFix{"OutOfRange", "alpha=7", "outside 0.01..4"},
                      BadFix{"NoNumber", "alpha=1x", "does not fix"},
                      BadFix{"Negative", "A=-3", "outside 0"}),
    [](const auto& entry) { return std::string(entry.param.name); });

TEST(FixedCoefficients, ChainOfTiesIsRefused) {
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                fit(sample(), fixed("additive", {"alpha=beta", "beta=alpha"}));
              }),
              HasSubstr("itself tied"));
}

}  // namespace
}  // namespace isoflop
