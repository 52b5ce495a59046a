// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kDerivative;
using testing::message_of;
using testing::near_rel;
using testing::Tolerance;

/// What any form must hold, whatever its formula.
class EveryForm : public ::testing::TestWithParam<const Form*> {
 protected:
  const Form& form() const { return *GetParam(); }

  Eigen::VectorXd nominal() const {
    Eigen::VectorXd values(form().coefficient_count());
    for (int j = 0; j < values.size(); ++j) {
      values[j] = form().coefficients()[static_cast<std::size_t>(j)].nominal;
    }
    return form().theta_from_coefficients(values);
  }

  /// A grid over what models have: 1e6 to 1e13 of each, 8 x 8 rows.
  static Eigen::MatrixXd domain() {
    Eigen::MatrixXd inputs(64, 2);
    for (int i = 0; i < 64; ++i) {
      inputs.row(i) << std::log(1e6) + std::log(10.0) * (i % 8),
          std::log(1e6) + std::log(10.0) * (i / 8);
    }
    return inputs;
  }

  double at(const Eigen::VectorXd& theta, double log_n, double log_d) const {
    const double inputs[2] = {log_n, log_d};
    return form().log_loss(theta.data(), inputs);
  }

  /// Thetas about the nominal one, the last with a large exponent.
  std::vector<Eigen::VectorXd> thetas() const {
    std::vector<Eigen::VectorXd> thetas = {nominal()};
    for (int j = 0; j < form().coefficient_count(); ++j) {
      thetas.push_back(nominal());
      thetas.back()[j] *= 1.3;
      thetas.push_back(nominal());
      thetas.back()[j] *= 0.8;
    }
    return thetas;
  }
};

TEST_P(EveryForm, DescribesItself) {
  EXPECT_FALSE(form().formula().empty());
  EXPECT_THAT(std::string(form().source()), HasSubstr("arXiv"));
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
    form().log_loss_columns(theta, inputs, values, &jacobian);
    for (int j = 0; j < theta.size(); ++j) {
      Eigen::VectorXd up = theta;
      Eigen::VectorXd down = theta;
      up[j] += kStep;
      down[j] -= kStep;
      for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
        const double difference = (at(up, inputs(i, 0), inputs(i, 1)) -
                                   at(down, inputs(i, 0), inputs(i, 1))) /
                                  (2 * kStep);
        // The difference of two numbers of order one is rounded at 1e-11.
        EXPECT_THAT(jacobian(i, j),
                    near_rel(difference, {kDerivative.relative, 1e-9}))
            << "coefficient " << j << ", row " << i;
      }
    }
  }
}

TEST_P(EveryForm, InputGradientAgreesWithCentralDifferences) {
  constexpr double kStep = 1e-5;
  const Eigen::MatrixXd inputs = domain();
  for (const Eigen::VectorXd& theta : thetas()) {
    for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
      const double n = inputs(i, 0);
      const double d = inputs(i, 1);
      const double point[2] = {n, d};
      double gradient[2];
      form().input_gradient(theta.data(), point, gradient);
      const Tolerance tolerance{kDerivative.relative, 1e-9};
      EXPECT_THAT(gradient[0],
                  near_rel((at(theta, n + kStep, d) - at(theta, n - kStep, d)) /
                               (2 * kStep),
                           tolerance));
      EXPECT_THAT(gradient[1],
                  near_rel((at(theta, n, d + kStep) - at(theta, n, d - kStep)) /
                               (2 * kStep),
                           tolerance));
    }
  }
}

TEST_P(EveryForm, ColumnsAgreeWithSingleRunsAtAnyNumberOfRows) {
  constexpr Tolerance kUnits{1e-14, 1e-14};
  const Eigen::MatrixXd inputs = domain();
  const Eigen::VectorXd theta = nominal();
  Eigen::VectorXd whole;
  Eigen::MatrixXd whole_jacobian;
  form().log_loss_columns(theta, inputs, whole, &whole_jacobian);
  for (const Eigen::Index rows : {1, 2, 7, 8, 9, 15, 16, 17, 63, 64}) {
    Eigen::VectorXd values;
    Eigen::VectorXd alone;
    Eigen::MatrixXd jacobian;
    form().log_loss_columns(theta, inputs.topRows(rows), values, &jacobian);
    form().log_loss_columns(theta, inputs.topRows(rows), alone, nullptr);
    ASSERT_EQ(values.size(), rows);
    ASSERT_EQ(jacobian.rows(), rows);
    ASSERT_EQ(jacobian.cols(), theta.size());
    for (Eigen::Index i = 0; i < rows; ++i) {
      EXPECT_THAT(values[i],
                  near_rel(at(theta, inputs(i, 0), inputs(i, 1)), kUnits));
      EXPECT_EQ(values[i], alone[i]);
      EXPECT_EQ(values[i], whole[i]);
    }
    EXPECT_EQ(jacobian, whole_jacobian.topRows(rows));
  }
}

TEST_P(EveryForm, NoRunsGiveNoLosses) {
  Eigen::VectorXd values;
  Eigen::MatrixXd jacobian;
  form().log_loss_columns(nominal(), Eigen::MatrixXd(0, 2), values, &jacobian);
  EXPECT_EQ(values.size(), 0);
  EXPECT_EQ(jacobian.rows(), 0);
}

TEST_P(EveryForm, LossFallsWithSizeAndWithData) {
  for (const Eigen::VectorXd& theta : thetas()) {
    for (double n = 13; n < 31; n += 1.5) {
      for (double d = 13; d < 31; d += 1.5) {
        EXPECT_GT(at(theta, n, d), at(theta, n + 0.5, d)) << n << " " << d;
        EXPECT_GT(at(theta, n, d), at(theta, n, d + 0.5)) << n << " " << d;
      }
    }
  }
}

TEST_P(EveryForm, IsFiniteAtTheCornersOfItsDomain) {
  // One parameter, one token, and far more of each than there will be, with
  // every linear-scale coefficient at either end of its range.
  for (int corner = 0; corner < (1 << form().coefficient_count()); ++corner) {
    Eigen::VectorXd theta = nominal();
    for (int j = 0; j < theta.size(); ++j) {
      const auto& info = form().coefficients()[static_cast<std::size_t>(j)];
      if (info.scale != Scale::Linear) continue;
      theta[j] = (corner >> j) & 1 ? info.high : info.low;
    }
    for (const double n : {0.0, std::log(1e18)}) {
      for (const double d : {0.0, std::log(1e18)}) {
        Eigen::MatrixXd row(1, 2);
        row << n, d;
        Eigen::VectorXd value;
        Eigen::MatrixXd jacobian;
        form().log_loss_columns(theta, row, value, &jacobian);
        EXPECT_TRUE(std::isfinite(value[0])) << n << " " << d;
        EXPECT_TRUE(jacobian.allFinite()) << n << " " << d;
        const double point[2] = {n, d};
        double gradient[2];
        form().input_gradient(theta.data(), point, gradient);
        EXPECT_TRUE(std::isfinite(gradient[0])) << n << " " << d;
        EXPECT_TRUE(std::isfinite(gradient[1])) << n << " " << d;
      }
    }
  }
}

TEST_P(EveryForm, AbsentTermsAreAllowed) {
  for (int j = 0; j < form().coefficient_count(); ++j) {
    const auto& info = form().coefficients()[static_cast<std::size_t>(j)];
    if (info.scale != Scale::Log || info.low > 0) continue;
    Eigen::VectorXd theta = nominal();
    theta[j] = -std::numeric_limits<double>::infinity();
    Eigen::VectorXd values;
    Eigen::MatrixXd jacobian;
    form().log_loss_columns(theta, domain(), values, &jacobian);
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
  EXPECT_EQ(&find_form(form().name()), &form());
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         EveryForm,
                         ::testing::ValuesIn(all_forms().begin(),
                                             all_forms().end()),
                         [](const auto& entry) {
                           return std::string(entry.param->name());
                         });

TEST(Form, UnknownNameIsRefusedWithAHint) {
  const std::string message =
      message_of<std::invalid_argument>([] { find_form("aditive"); });
  EXPECT_THAT(message, HasSubstr("did you mean 'additive'?"));
}

TEST(AdditiveForm, IsItsFormula) {
  const Form& form = find_form("additive");
  Eigen::VectorXd values(5);
  values << 1.7, 400, 2000, 0.34, 0.37;
  const Eigen::VectorXd theta = form.theta_from_coefficients(values);
  for (const double n : {1e6, 3e8, 7e10}) {
    for (const double d : {1e7, 2e10, 1.4e12}) {
      const double inputs[2] = {std::log(n), std::log(d)};
      EXPECT_THAT(
          std::exp(form.log_loss(theta.data(), inputs)),
          near_rel(1.7 + 400 / std::pow(n, 0.34) + 2000 / std::pow(d, 0.37),
                   testing::kRounding));
    }
  }
}

TEST(AdditiveForm, WithoutIrreducibleLossIsTheSumOfTwoPowers) {
  const Form& form = find_form("additive");
  Eigen::VectorXd values(5);
  values << 0, 400, 2000, 0.34, 0.37;
  const Eigen::VectorXd theta = form.theta_from_coefficients(values);
  const double inputs[2] = {std::log(1e9), std::log(2e10)};
  EXPECT_THAT(std::exp(form.log_loss(theta.data(), inputs)),
              near_rel(400 / std::pow(1e9, 0.34) + 2000 / std::pow(2e10, 0.37),
                       testing::kRounding));
}

}  // namespace
}  // namespace isoflop
