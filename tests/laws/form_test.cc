// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "isoflop/base/interval.h"
#include "isoflop/laws/bind.h"
#include "isoflop/laws/curve.h"
#include "laws/formulas.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kDerivative;
using testing::message_of;
using testing::near_rel;
using testing::Tolerance;

/// Where the forms are meant to be used, on natural scales.
Interval usual_range(const Variable& variable) {
  const std::map<std::string_view, Interval> ranges = {
      {"flops", {1e17, 1e27}},
      {"experts", {1, 512}},
      {"granularity", {1, 64}},
      {"sparsity", {0, 0.97}},
      {"weight_bits", {3, 16}},
      {"activation_bits", {3, 16}},
      {"kv_bits", {3, 16}},
      {"post_bits", {3, 16}},
      {"params_nonembedding", {1e5, 1e12}},
      {"loss", {1.5, 6}},
      {"step", {1, 1000}},
      {"x", {0.3, 3}},
      {"y", {0.4, 4}}};
  const auto found = ranges.find(variable.name);
  return found == ranges.end() ? Interval{1e6, 1e13} : found->second;
}

/// A schedule for the forms of loss curves: a fall and a hold at the end.
std::shared_ptr<const Form> usable(const std::shared_ptr<const Form>& form) {
  const auto* curve = dynamic_cast<const CurveForm*>(form.get());
  if (curve == nullptr) return form;
  return curve->along(parse_schedule("wsd:steps=1000,peak=3e-4,warmup=50"));
}

std::vector<std::shared_ptr<const Form>> usable_forms() {
  std::vector<std::shared_ptr<const Form>> forms;
  for (const auto& form : all_forms()) forms.push_back(usable(form));
  return forms;
}

bool is_shipped(const Form& form) {
  return std::any_of(
      all_forms().begin(), all_forms().end(), [&](const auto& other) {
        return other->name() == form.name();
      });
}

/// Forms that say of themselves that more can do harm, or that do not answer a
/// loss.
bool promises_to_fall(const Form& form) {
  const std::set<std::string_view> others = {"farseer", "kumar"};
  return is_shipped(form) && form.answers_loss() &&
         !others.contains(form.name());
}

/// What any form must hold, whatever its formula.
class EveryForm : public ::testing::TestWithParam<std::shared_ptr<const Form>> {
 protected:
  const Form& form() const { return *GetParam(); }

  Eigen::VectorXd nominal() const {
    Eigen::VectorXd values(form().coefficient_count());
    for (int j = 0; j < values.size(); ++j) {
      values[j] = form().coefficients()[static_cast<std::size_t>(j)].nominal;
    }
    return form().theta_from_coefficients(values);
  }

  /// Rows all over the usual ranges, n_inputs columns on their scales.
  Eigen::MatrixXd domain() const {
    constexpr int kRows = 64;
    Eigen::MatrixXd inputs(kRows, form().input_count());
    for (int k = 0; k < inputs.cols(); ++k) {
      const Variable& variable = form().inputs()[static_cast<std::size_t>(k)];
      const Interval range = usual_range(variable);
      const double low = to_scale(range.low, variable.scale);
      const double high = to_scale(range.high, variable.scale);
      // Multiples of irrational steps fill a box evenly.
      const double step = std::fmod(std::sqrt(2.0 + 3.0 * k), 1.0);
      for (int i = 0; i < kRows; ++i) {
        inputs(i, k) =
            low + (high - low) * std::fmod(0.5 + 0.1 * k + i * step, 1.0);
        if (variable.name == kStep.name) {
          inputs(i, k) = std::round(inputs(i, k));
        }
      }
    }
    return inputs;
  }

  double at(const Eigen::VectorXd& theta, const Eigen::VectorXd& inputs) const {
    return form().evaluate(theta.data(), inputs.data());
  }

  /// Thetas about the nominal one.
  std::vector<Eigen::VectorXd> thetas() const {
    std::vector<Eigen::VectorXd> thetas = {nominal()};
    for (int j = 0; j < form().coefficient_count(); ++j) {
      const auto& info = form().coefficients()[static_cast<std::size_t>(j)];
      for (const double factor : {1.15, 0.87}) {
        thetas.push_back(nominal());
        thetas.back()[j] = to_scale(
            std::clamp(info.nominal * factor, info.low, info.high), info.scale);
      }
    }
    return thetas;
  }
};

TEST_P(EveryForm, DescribesItself) {
  EXPECT_FALSE(form().formula().empty());
  if (is_shipped(form())) {
    EXPECT_THAT(std::string(form().source()), HasSubstr("arXiv"));
  }
  for (const CoefficientInfo& info : form().coefficients()) {
    EXPECT_FALSE(info.meaning.empty()) << info.name;
    EXPECT_LT(info.low, info.nominal) << info.name;
    EXPECT_LT(info.nominal, info.high) << info.name;
  }
}

TEST_P(EveryForm, JacobianAgreesWithCentralDifferences) {
  constexpr double kStep = 1e-5;
  const Eigen::MatrixXd inputs = domain();
  for (const Eigen::VectorXd& theta : thetas()) {
    Eigen::VectorXd values;
    Eigen::MatrixXd jacobian;
    form().evaluate_columns(theta, inputs, values, &jacobian);
    ASSERT_TRUE(values.allFinite());
    for (int j = 0; j < theta.size(); ++j) {
      Eigen::VectorXd up = theta;
      Eigen::VectorXd down = theta;
      up[j] += kStep;
      down[j] -= kStep;
      for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
        const Eigen::VectorXd row = inputs.row(i);
        const double difference = (at(up, row) - at(down, row)) / (2 * kStep);
        // The difference of two numbers of order one is rounded at 1e-11.
        EXPECT_THAT(jacobian(i, j),
                    near_rel(difference, {kDerivative.relative, 1e-8}))
            << "coefficient " << j << ", row " << i;
      }
    }
  }
}

TEST_P(EveryForm, InputGradientAgreesWithCentralDifferences) {
  if (form().input_index("step")) GTEST_SKIP() << "steps are counted";
  constexpr double kStep = 1e-5;
  const Eigen::MatrixXd inputs = domain();
  for (const Eigen::VectorXd& theta : thetas()) {
    for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
      const Eigen::VectorXd row = inputs.row(i);
      Eigen::VectorXd gradient(inputs.cols());
      form().input_gradient(theta.data(), row.data(), gradient.data());
      for (int k = 0; k < inputs.cols(); ++k) {
        Eigen::VectorXd up = row;
        Eigen::VectorXd down = row;
        up[k] += kStep;
        down[k] -= kStep;
        EXPECT_THAT(gradient[k],
                    near_rel((at(theta, up) - at(theta, down)) / (2 * kStep),
                             {kDerivative.relative, 1e-8}))
            << "input " << k << ", row " << i;
      }
    }
  }
}

TEST_P(EveryForm, ColumnsAgreeWithSingleRunsAtAnyNumberOfRows) {
  constexpr Tolerance kUnits{1e-13, 1e-13};
  const Eigen::MatrixXd inputs = domain();
  const Eigen::VectorXd theta = nominal();
  Eigen::VectorXd whole;
  Eigen::MatrixXd whole_jacobian;
  form().evaluate_columns(theta, inputs, whole, &whole_jacobian);
  for (const Eigen::Index rows : {1, 2, 7, 8, 9, 15, 16, 17, 63, 64}) {
    Eigen::VectorXd values;
    Eigen::VectorXd alone;
    Eigen::MatrixXd jacobian;
    form().evaluate_columns(theta, inputs.topRows(rows), values, &jacobian);
    form().evaluate_columns(theta, inputs.topRows(rows), alone, nullptr);
    ASSERT_EQ(values.size(), rows);
    ASSERT_EQ(jacobian.rows(), rows);
    ASSERT_EQ(jacobian.cols(), theta.size());
    for (Eigen::Index i = 0; i < rows; ++i) {
      EXPECT_THAT(values[i], near_rel(at(theta, inputs.row(i)), kUnits));
      EXPECT_THAT(values[i], near_rel(alone[i], kUnits));
      EXPECT_EQ(values[i], whole[i]);
    }
    EXPECT_EQ(jacobian, whole_jacobian.topRows(rows));
  }
}

TEST_P(EveryForm, NoRunsGiveNoAnswers) {
  Eigen::VectorXd values;
  Eigen::MatrixXd jacobian;
  form().evaluate_columns(
      nominal(), Eigen::MatrixXd(0, form().input_count()), values, &jacobian);
  EXPECT_EQ(values.size(), 0);
  EXPECT_EQ(jacobian.rows(), 0);
}

TEST_P(EveryForm, LossFallsWithSizeAndWithDataWhereItIsPromised) {
  if (!promises_to_fall(form())) GTEST_SKIP() << "makes no such promise";
  for (const std::string_view name :
       {kParams.name, kActiveParams.name, kTokens.name, kFlops.name}) {
    const auto k = form().input_index(name);
    if (!k) continue;
    for (const Eigen::VectorXd& theta : thetas()) {
      const Eigen::MatrixXd inputs = domain();
      for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
        Eigen::VectorXd more = inputs.row(i);
        more[*k] += 0.5;
        // Repeats and excess size end at being worth nothing.
        EXPECT_GE(at(theta, inputs.row(i)), at(theta, more)) << name;
      }
    }
  }
}

TEST_P(EveryForm, IsFiniteAtTheCornersOfItsDomain) {
  for (const Eigen::VectorXd& theta : thetas()) {
    for (int corner = 0; corner < (1 << form().input_count()); ++corner) {
      Eigen::MatrixXd row(1, form().input_count());
      for (int k = 0; k < row.cols(); ++k) {
        const Variable& variable = form().inputs()[static_cast<std::size_t>(k)];
        const Interval range = usual_range(variable);
        const bool is_count = range.high >= 1e12;
        const double value = (corner >> k) & 1 ? (is_count ? 1e18 : range.high)
                                               : (is_count ? 1.0 : range.low);
        row(0, k) = to_scale(value, variable.scale);
      }
      Eigen::VectorXd value;
      Eigen::MatrixXd jacobian;
      form().evaluate_columns(theta, row, value, &jacobian);
      EXPECT_TRUE(std::isfinite(value[0])) << row;
      EXPECT_TRUE(jacobian.allFinite()) << row;
      Eigen::VectorXd gradient(row.cols());
      form().input_gradient(theta.data(), row.data(), gradient.data());
      EXPECT_TRUE(gradient.allFinite() || form().input_index("step")) << row;
    }
  }
}

TEST_P(EveryForm, WhatIsAbsentHasNoEffectAndDerivatives) {
  InputValues values;
  InputValues without;
  for (const Variable& variable : form().inputs()) {
    const std::string name(variable.name);
    values[name] = variable.has_absent()
                       ? std::min(variable.absent, 1e300)
                       : std::floor(usual_range(variable).high / 3);
    if (!variable.has_absent()) without[name] = values[name];
  }
  const Eigen::VectorXd theta = nominal();
  const Eigen::VectorXd given = input_vector(form(), values, "test");
  const Eigen::VectorXd left_out = input_vector(form(), without, "test");
  EXPECT_DOUBLE_EQ(at(theta, given), at(theta, left_out));
  Eigen::VectorXd gradient(given.size());
  form().input_gradient(theta.data(), left_out.data(), gradient.data());
  EXPECT_TRUE(gradient.allFinite() || form().input_index("step"));
}

TEST_P(EveryForm, AbsentTermsAreAllowed) {
  for (int j = 0; j < form().coefficient_count(); ++j) {
    const auto& info = form().coefficients()[static_cast<std::size_t>(j)];
    if (!info.is_linear) continue;
    Eigen::VectorXd theta = nominal();
    theta[j] = -std::numeric_limits<double>::infinity();
    Eigen::VectorXd values;
    Eigen::MatrixXd jacobian;
    form().evaluate_columns(theta, domain(), values, &jacobian);
    EXPECT_TRUE(values.allFinite()) << info.name;
    EXPECT_TRUE(jacobian.allFinite()) << info.name;
    // Eigen's exp of many numbers at once ends at the smallest double.
    EXPECT_LT(jacobian.col(j).cwiseAbs().maxCoeff(), 1e-300) << info.name;
    EXPECT_EQ(form().coefficients_from_theta(theta)[j], 0.0) << info.name;
  }
}

TEST_P(EveryForm, CoefficientsAndThetaAreInverses) {
  const Eigen::VectorXd values = form().coefficients_from_theta(nominal());
  for (int j = 0; j < values.size(); ++j) {
    const auto& info = form().coefficients()[static_cast<std::size_t>(j)];
    EXPECT_THAT(values[j], near_rel(info.nominal, testing::kRounding));
  }
}

TEST_P(EveryForm, IsFoundByItsName) {
  const auto found = find_form(form().name(), form().settings());
  EXPECT_EQ(found->name(), form().name());
  EXPECT_EQ(found->formula(), form().formula());
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         EveryForm,
                         ::testing::ValuesIn(usable_forms()),
                         [](const auto& entry) {
                           return std::string(entry.param->name());
                         });

INSTANTIATE_TEST_SUITE_P(Formulas,
                         EveryForm,
                         ::testing::ValuesIn(testing::formula_forms()),
                         [](const auto& entry) {
                           return testing::formula_cases()[entry.index].name;
                         });

TEST(Form, UnknownNameIsRefusedWithAHint) {
  const std::string message =
      message_of<std::invalid_argument>([] { find_form("aditive"); });
  EXPECT_THAT(message, HasSubstr("did you mean 'additive'?"));
}

TEST(AdditiveForm, IsItsFormula) {
  const Form& form = *find_form("additive");
  Eigen::VectorXd values(5);
  values << 1.7, 400, 2000, 0.34, 0.37;
  const Eigen::VectorXd theta = form.theta_from_coefficients(values);
  for (const double n : {1e6, 3e8, 7e10}) {
    for (const double d : {1e7, 2e10, 1.4e12}) {
      const double inputs[2] = {std::log(n), std::log(d)};
      EXPECT_THAT(
          std::exp(form.evaluate(theta.data(), inputs)),
          near_rel(1.7 + 400 / std::pow(n, 0.34) + 2000 / std::pow(d, 0.37),
                   testing::kRounding));
    }
  }
}

TEST(AdditiveForm, WithoutIrreducibleLossIsTheSumOfTwoPowers) {
  const Form& form = *find_form("additive");
  Eigen::VectorXd values(5);
  values << 0, 400, 2000, 0.34, 0.37;
  const Eigen::VectorXd theta = form.theta_from_coefficients(values);
  const double inputs[2] = {std::log(1e9), std::log(2e10)};
  EXPECT_THAT(std::exp(form.evaluate(theta.data(), inputs)),
              near_rel(400 / std::pow(1e9, 0.34) + 2000 / std::pow(2e10, 0.37),
                       testing::kRounding));
}

}  // namespace
}  // namespace isoflop
