// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "isoflop/laws/bind.h"
#include "isoflop/laws/evaluate.h"
#include "isoflop/laws/law.h"
#include "laws/formulas.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using testing::FormulaCase;
using testing::kRounding;
using testing::near_rel;

FormSettings linear_answer() {
  FormSettings settings;
  settings.answer = Scale::Linear;
  settings.columns = {"x"};
  return settings;
}

/// The value of a formula that reads x at most.
double value_at(const std::string& text, double x) {
  const auto form = find_form(text, linear_answer());
  InputColumns inputs;
  if (form->input_count() > 0) {
    inputs["x"] = Eigen::VectorXd::Constant(1, x);
  }
  return evaluate(*form, {}, inputs)[0];
}

double value_of(const std::string& text) { return value_at(text + "+0*x", 1); }

TEST(Formula, OperatorsBindAsInMathematics) {
  EXPECT_EQ(value_of("2+3*4"), 14);
  EXPECT_EQ(value_of("(2+3)*4"), 20);
  EXPECT_EQ(value_of("8/4/2"), 1);
  EXPECT_EQ(value_of("7-2-1"), 4);
  EXPECT_EQ(value_of("2^3^2"), 512);
  EXPECT_EQ(value_of("2**3"), 8);
  EXPECT_EQ(value_of("-2^2"), -4);
  EXPECT_EQ(value_of("2^-1"), 0.5);
  EXPECT_EQ(value_of("--3"), 3);
  EXPECT_EQ(value_of("6/2*3"), 9);
  EXPECT_EQ(value_of("1.5e2 + .5"), 150.5);
}

TEST(Formula, FunctionsAreThoseOfTheStandardLibrary) {
  constexpr double kX = 0.7;
  EXPECT_THAT(value_at("exp(x)", kX), near_rel(std::exp(kX), kRounding));
  EXPECT_THAT(value_at("log(x)", kX), near_rel(std::log(kX), kRounding));
  EXPECT_THAT(value_at("ln(x)", kX), near_rel(std::log(kX), kRounding));
  EXPECT_THAT(value_at("log10(x)", kX), near_rel(std::log10(kX), kRounding));
  EXPECT_THAT(value_at("sqrt(x)", kX), near_rel(std::sqrt(kX), kRounding));
  EXPECT_THAT(value_at("sin(x)", kX), near_rel(std::sin(kX), kRounding));
  EXPECT_THAT(value_at("cos(pi*x)", kX),
              near_rel(std::cos(std::acos(-1.0) * kX), kRounding));
  EXPECT_THAT(value_at("arctan(x)", kX), near_rel(std::atan(kX), kRounding));
  EXPECT_EQ(value_at("atan(x)", kX), value_at("arctan(x)", kX));
  EXPECT_EQ(value_at("min(x, 0.5)", kX), 0.5);
  EXPECT_EQ(value_at("max(x, 0.5)", kX), kX);
  EXPECT_EQ(value_at("abs(-x)", kX), kX);
}

TEST(Formula, PowersOfNegativeNumbersAreTakenWhereTheyExist) {
  EXPECT_EQ(value_at("x^2", -3), 9);
  EXPECT_EQ(value_at("x^3", -2), -8);
  EXPECT_EQ(value_at("x^-1", -4), -0.25);
  EXPECT_EQ(value_at("x^(1+1)", -3), 9);
  EXPECT_EQ(value_at("(-x)^2", -3), 9);
  EXPECT_EQ(value_at("sqrt(-x)", -4), 2);
  EXPECT_EQ(value_at("x^0", 0), 1);
  EXPECT_THAT(value_at("(-x)^1.5", -4), near_rel(8, kRounding));
  EXPECT_THAT(value_at("log(-2*x)", -4), near_rel(std::log(8), kRounding));
  EXPECT_THAT(value_at("x^101", -1.5),
              near_rel(std::pow(-1.5, 101), kRounding));
  EXPECT_TRUE(std::isnan(value_at("x^0.5", -4)));
  EXPECT_TRUE(std::isnan(value_at("log(x)", -4)));
}

TEST(Formula, DivisionByZeroAndOverflowAreInfinite) {
  EXPECT_EQ(value_at("1/(x - 2)", 2), std::numeric_limits<double>::infinity());
  EXPECT_EQ(value_at("exp(exp(x))", 10),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(value_at("x/0", 2), std::numeric_limits<double>::infinity());
  EXPECT_EQ(value_at("exp(-exp(x))", 10), 0.0);
  EXPECT_TRUE(std::isnan(value_at("(x - 2)/(x - 2)", 2)));
  EXPECT_TRUE(std::isnan(value_at("min(log(x), 1)", -1)));
  EXPECT_TRUE(std::isnan(value_at("max(1, log(x))", -1)));
}

TEST(Formula, LossOfZeroOrLessIsNotANumber) {
  const auto form = find_form("N - D");
  const Eigen::MatrixXd inputs{{2.0, 1.0}, {1.0, 1.0}, {1.0, 2.0}};
  Eigen::VectorXd values;
  form->evaluate_columns(Eigen::VectorXd(), inputs, values, nullptr);
  EXPECT_THAT(values[0],
              near_rel(std::log(std::exp(2) - std::exp(1)), kRounding));
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_TRUE(std::isnan(values[2]));
  const Eigen::VectorXd row = inputs.row(1);
  EXPECT_TRUE(std::isnan(form->evaluate(nullptr, row.data())));
}

TEST(Formula, ThousandsOfTermsAreAdded) {
  std::string text = "x";
  for (int i = 0; i < 4000; ++i) text += "+x";
  EXPECT_EQ(value_at(text, 2), 8002);
}

/// The same law as a header of the library.
class SameForm : public ::testing::TestWithParam<FormulaCase> {};

TEST_P(SameForm, HasTheValuesAndDerivatives) {
  const auto formula = testing::form_of(GetParam());
  const auto built_in = find_form(GetParam().same_as);
  const int count = built_in->coefficient_count();
  ASSERT_EQ(formula->coefficient_count(), count);
  Eigen::VectorXd values(count);
  std::vector<int> place(static_cast<std::size_t>(count));
  for (int j = 0; j < count; ++j) {
    const auto& info = built_in->coefficients()[static_cast<std::size_t>(j)];
    values[j] = info.nominal;
    for (int k = 0; k < count; ++k) {
      const auto& other = formula->coefficients()[static_cast<std::size_t>(k)];
      if (other.name != info.name) continue;
      place[static_cast<std::size_t>(j)] = k;
      EXPECT_EQ(other.scale, info.scale) << info.name;
    }
  }
  Eigen::VectorXd shuffled(count);
  shuffled(place) = values;
  Eigen::MatrixXd inputs(40, built_in->input_count());
  std::vector<int> input_place;
  for (int k = 0; k < inputs.cols(); ++k) {
    const Variable& input = built_in->inputs()[static_cast<std::size_t>(k)];
    input_place.push_back(*formula->input_index(input.name));
    for (int i = 0; i < inputs.rows(); ++i) {
      const double share = std::fmod((i + 0.5) * std::sqrt(2.0 + k), 1.0);
      inputs(i, k) = input.scale == Scale::Log ? 14 + 14 * share : share;
    }
  }
  Eigen::MatrixXd other_inputs(inputs.rows(), inputs.cols());
  other_inputs(Eigen::all, input_place) = inputs;
  Eigen::VectorXd ours;
  Eigen::VectorXd theirs;
  Eigen::MatrixXd our_jacobian;
  Eigen::MatrixXd their_jacobian;
  formula->evaluate_columns(formula->theta_from_coefficients(shuffled),
                            other_inputs,
                            ours,
                            &our_jacobian);
  built_in->evaluate_columns(built_in->theta_from_coefficients(values),
                             inputs,
                             theirs,
                             &their_jacobian);
  for (Eigen::Index i = 0; i < ours.size(); ++i) {
    EXPECT_THAT(ours[i], near_rel(theirs[i], {1e-12, 1e-12}));
    for (int j = 0; j < count; ++j) {
      EXPECT_THAT(our_jacobian(i, place[static_cast<std::size_t>(j)]),
                  near_rel(their_jacobian(i, j), {1e-11, 1e-12}));
    }
  }
}

std::vector<FormulaCase> cases_with_a_twin() {
  std::vector<FormulaCase> cases;
  for (const FormulaCase& entry : testing::formula_cases()) {
    if (!entry.same_as.empty()) cases.push_back(entry);
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Formulas,
                         SameForm,
                         ::testing::ValuesIn(cases_with_a_twin()),
                         [](const auto& entry) { return entry.param.name; });

TEST(Formula, CertifiedResidualsOfMisra1a) {
  // NIST StRD, Misra1a, https://www.itl.nist.gov/div898/strd/nls/data/
  // misra1a.shtml: certified parameters and residual sum of squares.
  const std::vector<double> y = {10.07,
                                 14.73,
                                 17.94,
                                 23.93,
                                 29.61,
                                 35.18,
                                 40.02,
                                 44.82,
                                 50.76,
                                 55.05,
                                 61.01,
                                 66.40,
                                 75.47,
                                 81.78};
  const std::vector<double> x = {77.6,
                                 114.9,
                                 141.1,
                                 190.8,
                                 239.9,
                                 289.0,
                                 332.8,
                                 378.4,
                                 434.8,
                                 477.3,
                                 536.8,
                                 593.1,
                                 689.1,
                                 760.0};
  const auto form = find_form("b1*(1-exp(-b2*x))", linear_answer());
  EXPECT_EQ(form->output().scale, Scale::Linear);
  EXPECT_FALSE(form->answers_loss());
  const Eigen::VectorXd column = Eigen::Map<const Eigen::VectorXd>(
      x.data(), static_cast<Eigen::Index>(x.size()));
  const Eigen::VectorXd fitted =
      evaluate(*form,
               {{"b1", 2.3894212918e+02}, {"b2", 5.5015643181e-04}},
               {{"x", column}});
  double sum = 0.0;
  for (Eigen::Index i = 0; i < fitted.size(); ++i) {
    sum += std::pow(y[static_cast<std::size_t>(i)] - fitted[i], 2);
  }
  EXPECT_THAT(sum, near_rel(1.2455138894e-01, {1e-9}));
}

TEST(Formula, SymbolsAndNamesAreTheVariables) {
  const auto names = [](const std::string& text) {
    const auto form = find_form(text);
    std::vector<std::string> all;
    for (const Variable& input : form->inputs()) all.emplace_back(input.name);
    for (const auto& info : form->coefficients()) all.emplace_back(info.name);
    return all;
  };
  EXPECT_THAT(names("N+D+C+U"),
              ElementsAre("params", "tokens", "flops", "unique_tokens"));
  EXPECT_THAT(names("params+N"), ElementsAre("params"));
  EXPECT_THAT(names("experts + E + L + S + B + G"),
              ElementsAre("experts", "E", "L", "S", "B", "G"));
}

TEST(Formula, SumsOverRestingExpertsAreNoCompute) {
  EXPECT_TRUE(find_form("E + A/(N*experts)^a")->counts_resting_experts());
  EXPECT_FALSE(
      find_form("E + A/(active_params*experts)^a")->counts_resting_experts());
}

TEST(Formula, MayBeAConversionWithoutCoefficients) {
  const auto form = find_form("6*N*D");
  EXPECT_EQ(form->coefficient_count(), 0);
  EXPECT_THAT(evaluate(*form,
                       {},
                       {{"params", Eigen::VectorXd::Constant(1, 7e10)},
                        {"tokens", Eigen::VectorXd::Constant(1, 1.4e12)}})[0],
              near_rel(5.88e23, kRounding));
}

Law sample_law(std::shared_ptr<const Form> form,
               const std::vector<double>& values) {
  Law law;
  law.id = "mine";
  law.form = std::move(form);
  law.coefficients = Eigen::Map<const Eigen::VectorXd>(
      values.data(), static_cast<Eigen::Index>(values.size()));
  law.draws = law.coefficients.transpose().replicate(2, 1);
  return law;
}

TEST(Formula, SavedLawComesBack) {
  const Law law = sample_law(find_form("  E +\tA/N^alpha\n + B/D^beta "),
                             {1.8, 480, 0.35, 2085, 0.37});
  EXPECT_EQ(law.form->name(), "E + A/N^alpha + B/D^beta");
  const Law back = parse_law(law_text(law), "test");
  EXPECT_EQ(back.form->name(), law.form->name());
  EXPECT_EQ(back.form->formula(), law.form->formula());
  EXPECT_EQ(back.coefficients, law.coefficients);
  EXPECT_EQ(back.draws, law.draws);
  EXPECT_EQ(back.loss(Params(1e9), Tokens(2e10)),
            law.loss(Params(1e9), Tokens(2e10)));
}

TEST(Formula, SavedLawKeepsItsColumnsRangesAndScales) {
  FormSettings settings;
  settings.coefficients = {"k=-5..5"};
  settings.columns = {"unused", "x"};
  settings.answer = Scale::Linear;
  const Law law = sample_law(find_form("E + k*x", settings), {1.8, -0.5});
  const Law back = parse_law(law_text(law), "test");
  EXPECT_EQ(back.coefficients, law.coefficients);
  EXPECT_EQ(back.draws, law.draws);
  EXPECT_EQ(back.value({{"x", 4.0}}), 1.8 - 0.5 * 4.0);
  EXPECT_THAT(back.form->settings().columns, ElementsAre("x"));
  EXPECT_EQ(back.form->output().scale, Scale::Linear);
}

TEST(Formula, IsPlannedLikeAnyOther) {
  const auto form = find_form("E + A/N^alpha + B/min(D, 20*U)^beta");
  EXPECT_TRUE(answers_size_and_data(*form));
  const auto bound = bind_inputs(form, {}, "test");
  EXPECT_EQ(bound->input_count(), 2);
  EXPECT_EQ(bound->name(), form->name());
}

}  // namespace
}  // namespace isoflop
