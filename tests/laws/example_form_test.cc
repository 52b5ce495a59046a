// SPDX-License-Identifier: Apache-2.0
#include "laws/example_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "laws/form_of.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::near_rel;

std::string file_text(const std::string& relative) {
  std::ifstream in(testing::source_path(relative));
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

TEST(ExampleForm, IsTheOneOfTheGuide) {
  const std::string header = file_text("tests/laws/example_form.h");
  ASSERT_FALSE(header.empty());
  const std::string page = file_text("docs/guide/add-a-law.md");
  EXPECT_THAT(page, HasSubstr("```cpp\n" + header + "```"));
  EXPECT_THAT(
      page,
      HasSubstr("\n    \"" + std::string(CrossedForm::formula) + "\",\n"));
}

TEST(ExampleForm, IsTheSameAsAFormula) {
  const FormOf<CrossedForm> header;
  const auto formula = find_form(CrossedForm::formula);
  ASSERT_EQ(formula->coefficient_count(), header.coefficient_count());
  Eigen::VectorXd values(header.coefficient_count());
  for (int j = 0; j < values.size(); ++j) {
    const auto& info = header.coefficients()[static_cast<std::size_t>(j)];
    const auto& other = formula->coefficients()[static_cast<std::size_t>(j)];
    EXPECT_EQ(other.name, info.name);
    EXPECT_EQ(other.scale, info.scale);
    EXPECT_EQ(other.is_linear, info.is_linear);
    values[j] = info.nominal;
  }
  const Eigen::VectorXd theta = header.theta_from_coefficients(values);
  for (double log_params = 10; log_params < 30; log_params += 1.7) {
    for (double log_tokens = 12; log_tokens < 32; log_tokens += 1.3) {
      const double inputs[] = {log_params, log_tokens};
      EXPECT_THAT(
          formula->evaluate(theta.data(), inputs),
          near_rel(header.evaluate(theta.data(), inputs), testing::kRounding));
    }
  }
}

}  // namespace
}  // namespace isoflop
