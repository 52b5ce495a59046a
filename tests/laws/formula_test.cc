// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "isoflop/base/random.h"
#include "isoflop/laws/form.h"
#include "laws/formulas.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;
using ::testing::StartsWith;

std::string error_of(const std::string& text,
                     const FormSettings& settings = {}) {
  return message_of<std::invalid_argument>([&] { find_form(text, settings); });
}

FormSettings with_coefficients(std::vector<std::string> texts) {
  FormSettings settings;
  settings.coefficients = std::move(texts);
  return settings;
}

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

TEST(FormulaText, ErrorsPointAtTheCharacter) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"E + A/N^",
       "form: 'E + A/N^' ends where a number or a name is expected "
       "(character 8)"},
      {"E + *A",
       "form: 'E + *A' has '*' where a number or a name is expected "
       "(character 5)"},
      {"(E + A", "form: '(E + A' has a '(' without its ')' (character 1)"},
      {"E + A)", "form: 'E + A)' has a ')' without its '(' (character 6)"},
      {"E + ()",
       "form: 'E + ()' has ')' where a number or a name is expected "
       "(character 6)"},
      {"E + 2N",
       "form: 'E + 2N' has 'N' where an operator is expected (character 6); "
       "did you mean 2*N?"},
      {"2(N)",
       "form: '2(N)' has '(' where an operator is expected (character 2); did "
       "you mean 2*(...)?"},
      {"N D/2",
       "form: 'N D/2' has 'D' where an operator is expected (character 3)"},
      {"E + sqrt N",
       "form: 'E + sqrt N' has the function 'sqrt' without its '(' "
       "(character 5)"},
      {"E + lgo(N)",
       "form: 'E + lgo(N)' has the unknown function 'lgo' (character 5); did "
       "you mean 'log'?"},
      {"A(N + 1)",
       "form: 'A(N + 1)' has the unknown function 'A' (character 1); did you "
       "mean 'A*(...)'?"},
      {"log(N, D)",
       "form: 'log(N, D)' gives log 2 arguments, but it takes 1 (character 1)"},
      {"min(N)",
       "form: 'min(N)' gives min 1 argument, but it takes 2 (character 1)"},
      {"E, A*N", "form: 'E, A*N' has a ',' outside a function (character 2)"},
      {"E + $*N",
       "form: 'E + $*N' has the character '$', which means nothing in a "
       "formula (character 5)"},
      {"ä*N + β",
       "form: 'ä*N + β' has the character 'ä', which means nothing in a "
       "formula (character 1)"},
      {"A*N + β",
       "form: 'A*N + β' has the character 'β', which means nothing in a "
       "formula (character 7)"},
      {"E + \x1b[1mN*2",
       "form: 'E + \\x1b[1mN*2' has the character '\\x1b', which means nothing "
       "in a formula (character 5)"},
      {"1.2.3*N", "form: '1.2.3*N' has a second '.' in a number (character 4)"},
      {"1e999*N",
       "form: '1e999*N' has the number 1e999, which is too large or too small "
       "(character 1)"},
      {"2*3", "form: '2*3' has no name in it, only numbers"},
      {" 7 ", "form: '7' has no name in it, only numbers"},
      {"loss + E*N",
       "form: 'loss + E*N' reads loss, which is what it answers; name the "
       "coefficient otherwise"}};
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(error_of(text), message);
  }
}

TEST(FormulaText, EmptyTextIsNoForm) {
  for (const std::string text : {"", "  ", "\n"}) {
    EXPECT_EQ(error_of(text),
              "form: the text is empty, but must be a name or a formula");
  }
}

TEST(FormulaText, WhatIsTooMuchIsRefusedInOneLine) {
  EXPECT_THAT(error_of(repeated("(", 1000) + "N" + repeated(")", 1000)),
              EndsWith("is nested more than 200 deep (character 201)"));
  EXPECT_THAT(error_of(repeated("-", 1000) + "N"),
              HasSubstr("is nested more than 200 deep"));
  EXPECT_THAT(error_of(repeated("N^", 1000) + "N"),
              HasSubstr("is nested more than 200 deep"));
  EXPECT_THAT(error_of(repeated("exp(", 1000) + "N"),
              HasSubstr("is nested more than 200 deep"));
  EXPECT_EQ(error_of("N" + repeated("+N", 5000)),
            "form: the formula is 10001 characters long, but must be at most "
            "10000");
  std::string many = "N";
  for (int i = 0; i < 65; ++i) many += "+c" + std::to_string(i);
  EXPECT_THAT(error_of(many),
              HasSubstr("has more than 64 coefficients (character 249)"));
  EXPECT_EQ(error_of("N" + repeated("+N", 4999)), "");
  EXPECT_EQ(error_of(repeated("(", 150) + "N" + repeated(")", 150)), "");
}

TEST(FormulaText, WordsWithoutOperatorsAreNames) {
  EXPECT_THAT(error_of("aditive"), HasSubstr("did you mean 'additive'?"));
  EXPECT_THAT(error_of("additive-tied"),
              HasSubstr("did you mean 'additive_tied'?"));
  EXPECT_THAT(error_of("N"), StartsWith("unknown form 'N'"));
  EXPECT_EQ(error_of("(N)"), "");
}

const CoefficientInfo& info(const Form& form, std::string_view name) {
  for (const CoefficientInfo& each : form.coefficients()) {
    if (each.name == name) return each;
  }
  throw std::logic_error("no such coefficient");
}

TEST(FormulaCoefficients, AreThoseOfTheAdditiveForm) {
  const auto formula = find_form("E + A/N^alpha + B/D^beta");
  for (const CoefficientInfo& other : find_form("additive")->coefficients()) {
    const CoefficientInfo& ours = info(*formula, other.name);
    EXPECT_EQ(ours.scale, other.scale) << other.name;
    EXPECT_EQ(ours.is_linear, other.is_linear) << other.name;
  }
  EXPECT_EQ(info(*formula, "alpha").low, 0.01);
  EXPECT_EQ(info(*formula, "alpha").high, 4.0);
  EXPECT_EQ(info(*formula, "alpha").nominal, 0.35);
  EXPECT_EQ(info(*formula, "E").nominal, 1.8);
  EXPECT_EQ(info(*formula, "A").low, 0.0);
  // One nat at 1e9: A = 1e9^0.35.
  EXPECT_THAT(info(*formula, "A").nominal,
              near_rel(std::pow(1e9, 0.35), testing::kRounding));
}

/// Coefficients by what they are: "linear", "term", "exponent" or "other".
std::map<std::string, std::string> roles(const std::string& text) {
  FormSettings settings;
  settings.columns = {"x"};
  const auto form = find_form(text, settings);
  std::map<std::string, std::string> roles;
  for (const CoefficientInfo& each : form->coefficients()) {
    roles[std::string(each.name)] = each.is_linear     ? "linear"
                                    : each.high == 4.0 ? "exponent"
                                    : each.high > 1e20 ? "term"
                                                       : "other";
    EXPECT_EQ(each.scale, each.high == 4.0 ? Scale::Linear : Scale::Log)
        << text;
  }
  return roles;
}

using Roles = std::map<std::string, std::string>;

TEST(FormulaCoefficients, FollowFromTheirPlace) {
  EXPECT_EQ(roles("c + (g/x^gamma + a)/N^alpha"),
            (Roles{{"c", "linear"},
                   {"g", "linear"},
                   {"gamma", "exponent"},
                   {"a", "linear"},
                   {"alpha", "exponent"}}));
  EXPECT_EQ(roles("E + (A/N^a)^g"),
            (Roles{{"E", "term"},
                   {"A", "other"},
                   {"a", "exponent"},
                   {"g", "exponent"}}));
  EXPECT_EQ(roles("a*exp(-k*x) + b*exp(-x/tau) + exp(c)"),
            (Roles{{"a", "term"},
                   {"k", "exponent"},
                   {"b", "term"},
                   {"tau", "other"},
                   {"c", "other"}}));
  // Of a product one factor is enough.
  EXPECT_EQ(
      roles("A*(1 + k*x)/N^a + E"),
      (Roles{
          {"A", "linear"}, {"k", "term"}, {"a", "exponent"}, {"E", "linear"}}));
  EXPECT_EQ(roles("a/(b + x)"), (Roles{{"a", "linear"}, {"b", "other"}}));
  EXPECT_EQ(roles("a*a*x + b"), (Roles{{"a", "other"}, {"b", "term"}}));
  EXPECT_EQ(roles("a*x + 1"), (Roles{{"a", "term"}}));
  EXPECT_EQ(roles("a*x + b/2"), (Roles{{"a", "linear"}, {"b", "linear"}}));
  EXPECT_EQ(roles("a*x - b/2"), (Roles{{"a", "term"}, {"b", "term"}}));
  EXPECT_EQ(roles("min(a, b*x)"), (Roles{{"a", "other"}, {"b", "other"}}));
  EXPECT_EQ(roles("a*N^(1/k)"), (Roles{{"a", "linear"}, {"k", "exponent"}}));
}

TEST(FormulaCoefficients, RangesDecideTheScale) {
  const auto form = find_form("E + A/N^a + B/(D + k) + m/(D + n)",
                              with_coefficients({"E=-1..3",
                                                 "A=1..1e6",
                                                 "B=1..5",
                                                 "a=0.1..2",
                                                 "k=1e3..1e9",
                                                 "n=1..50",
                                                 "m=7"}));
  EXPECT_EQ(info(*form, "E").scale, Scale::Linear);
  EXPECT_EQ(info(*form, "E").nominal, 1.0);
  EXPECT_EQ(info(*form, "A").scale, Scale::Log);
  EXPECT_EQ(info(*form, "A").high, 1e6);
  EXPECT_EQ(info(*form, "B").scale, Scale::Log);
  EXPECT_EQ(info(*form, "a").scale, Scale::Linear);
  EXPECT_EQ(info(*form, "a").low, 0.1);
  EXPECT_EQ(info(*form, "k").scale, Scale::Log);
  EXPECT_THAT(info(*form, "k").nominal, near_rel(1e6, testing::kRounding));
  EXPECT_EQ(info(*form, "n").scale, Scale::Linear);
  EXPECT_EQ(info(*form, "n").nominal, 25.5);
  EXPECT_EQ(info(*form, "m").nominal, 7.0);
  // E is no factor of a term any more, and so the rest is no sum of terms.
  EXPECT_FALSE(info(*form, "A").is_linear);
}

TEST(FormSettings, ChangeANamedFormToo) {
  const auto form =
      find_form("additive", with_coefficients({"alpha=0.2..0.6", "A=300"}));
  EXPECT_EQ(form->name(), "additive");
  EXPECT_EQ(info(*form, "alpha").low, 0.2);
  EXPECT_EQ(info(*form, "alpha").high, 0.6);
  EXPECT_EQ(info(*form, "alpha").nominal, 0.35);
  EXPECT_EQ(info(*form, "A").nominal, 300);
  EXPECT_EQ(info(*form, "beta").high,
            info(*find_form("additive"), "beta").high);
  const Eigen::VectorXd theta = form->theta_from_coefficients(
      Eigen::VectorXd{{1.8, 480, 2085, 0.35, 0.37}});
  const double inputs[] = {20.0, 24.0};
  EXPECT_EQ(form->evaluate(theta.data(), inputs),
            find_form("additive")->evaluate(theta.data(), inputs));
  EXPECT_EQ(form->optimal_log_params(theta.data(), 50.0),
            find_form("additive")->optimal_log_params(theta.data(), 50.0));
  EXPECT_EQ(find_form("additive", {}).get(), find_form("additive").get());
}

TEST(FormSettings, ErrorsSayWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"alhpa=0.1..2",
       "form: the form additive has no coefficient 'alhpa'; did you mean "
       "'alpha'? (it has E, A, B, alpha and beta)"},
      {"alpha", "form: 'alpha' must be NAME=LOW..HIGH or NAME=START"},
      {"alpha=", "form: 'alpha=' does not set a coefficient: "},
      {"alpha=..2", "form: 'alpha=..2' does not set a coefficient: "},
      {"alpha=0.1..x", "form: 'alpha=0.1..x' does not set a coefficient: 'x'"},
      {"alpha=2..0.1", "form: 'alpha=2..0.1' must have its lower bound first"},
      {"alpha=0.3..0.3", "form: 'alpha=0.3..0.3' leaves nothing to search"},
      {"alpha=nan", "form: 'alpha=nan' "},
      {"alpha=0.1..inf", "form: 'alpha=0.1..inf' "},
      {"alpha=0..2",
       "form: alpha reaches to 0, outside 0.01..4, its range in the form "
       "additive"},
      {"alpha=9",
       "form: alpha reaches to 9, outside 0.01..4, its range in the form "
       "additive"},
      {"E=0", "form: E starts at 0, but must start above it"}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(error_of("additive", with_coefficients({text})),
                StartsWith(message));
  }
  EXPECT_THAT(error_of("additive", with_coefficients({"A=1..2", "A=2..3"})),
              StartsWith("form: 'A=2..3' sets a range that is already set"));
  EXPECT_THAT(error_of("additive", with_coefficients({"A=1", "A=2"})),
              StartsWith("form: 'A=2' sets a start that is already set"));
  EXPECT_THAT(error_of("additive", with_coefficients({"A=1..2", "A=3"})),
              StartsWith("form: A starts at 3, outside its range 1..2"));
  EXPECT_THAT(error_of("E + A/N", with_coefficients({"F=1"})),
              StartsWith("form: 'E + A/N' has no coefficient 'F'"));
  EXPECT_THAT(error_of("E + A/N", with_coefficients({"E=-3"})),
              StartsWith("form: E starts at -3, outside its range 0..1e+30; "
                         "give another as E=LOW..HIGH"));
}

/// One random edit of a formula.
void mutate(RandomStream& random, std::string& text) {
  static const std::vector<std::string> kParts = {"+",
                                                  "-",
                                                  "*",
                                                  "/",
                                                  "^",
                                                  "**",
                                                  "(",
                                                  ")",
                                                  ",",
                                                  "N",
                                                  "D",
                                                  "x",
                                                  "E",
                                                  "A",
                                                  "pi",
                                                  "exp(",
                                                  "log(",
                                                  "min(",
                                                  "2",
                                                  "1e-3",
                                                  "0",
                                                  ".",
                                                  " ",
                                                  "\n",
                                                  "\xff",
                                                  "$",
                                                  "sqrt(",
                                                  "ab",
                                                  "abs(",
                                                  "1e9",
                                                  std::string(1, 0),
                                                  "-1",
                                                  "U",
                                                  "tokens",
                                                  "=",
                                                  "\xce\xb1"};
  const auto pick = [&](std::size_t n) {
    return static_cast<std::size_t>(
        random.below(static_cast<std::uint32_t>(n)));
  };
  const std::size_t at = pick(text.size() + 1);
  const std::string& part = kParts[pick(kParts.size())];
  switch (random.below(4)) {
    case 0:
      text.insert(at, part);
      break;
    case 1:
      text.erase(at, 1 + pick(3));
      break;
    case 2:
      text.replace(at, 1, part);
      break;
    default:
      text.insert(at, text.substr(pick(text.size() + 1), pick(40)));
  }
}

void evaluate_all(const Form& form) {
  Eigen::VectorXd values(form.coefficient_count());
  for (int j = 0; j < values.size(); ++j) {
    const auto& each = form.coefficients()[static_cast<std::size_t>(j)];
    ASSERT_LT(each.low, each.high);
    ASSERT_GE(each.nominal, each.low);
    ASSERT_LE(each.nominal, each.high);
    values[j] = each.nominal;
  }
  const Eigen::VectorXd theta = form.theta_from_coefficients(values);
  ASSERT_TRUE(theta.allFinite());
  const Eigen::MatrixXd inputs =
      Eigen::MatrixXd::Constant(9, form.input_count(), 20.0);
  Eigen::VectorXd out;
  Eigen::MatrixXd jacobian;
  form.evaluate_columns(theta, inputs, out, &jacobian);
  const Eigen::VectorXd row = Eigen::VectorXd::Constant(inputs.cols(), 20.0);
  Eigen::VectorXd gradient(inputs.cols());
  form.input_gradient(theta.data(), row.data(), gradient.data());
  form.evaluate(theta.data(), row.data());
  ASSERT_EQ(out.size(), 9);
  ASSERT_EQ(jacobian.cols(), theta.size());
}

TEST(FormulaText, SurvivesRandomEdits) {
  constexpr int kTexts = 20000;
  FormSettings settings;
  settings.columns = {"x"};
  int read_count = 0;
  for (int i = 0; i < kTexts; ++i) {
    RandomStream random(1, static_cast<std::uint64_t>(i));
    const auto& cases = testing::formula_cases();
    std::string text = cases[static_cast<std::size_t>(i) % cases.size()].text;
    const std::uint32_t edits = 1 + random.below(6);
    for (std::uint32_t k = 0; k < edits; ++k) mutate(random, text);
    try {
      const auto form = find_form(text, settings);
      evaluate_all(*form);
      ASSERT_EQ(find_form(form->name(), settings)->name(), form->name());
      ++read_count;
    } catch (const std::invalid_argument& error) {
      const std::string message = error.what();
      ASSERT_TRUE(message.starts_with("form: ") ||
                  message.starts_with("unknown form"))
          << message;
      ASSERT_EQ(message.find('\n'), std::string::npos) << message;
      ASSERT_LT(message.size(), 600U) << message;
    }
    if (HasFatalFailure()) FAIL() << "text " << i << ": " << text;
  }
  EXPECT_GT(read_count, kTexts / 20);
}

}  // namespace
}  // namespace isoflop
