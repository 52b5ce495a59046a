// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/discrepancy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "isoflop/laws/law.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::kRounding;
using testing::kSolver;
using testing::near_rel;

const std::shared_ptr<const Form> kForm = find_form("additive");
const Eigen::VectorXd kCoefficients =
    (Eigen::VectorXd(5) << 1.8, 480, 2000, 0.35, 0.37).finished();

/// Five runs, two rows of them checkpoints of one, that lie off the law.
DiscrepancyData example(double noise) {
  DiscrepancyData data;
  data.inputs.resize(5, 2);
  data.inputs.col(0) << 16.1, 17.0, 18.2, 18.2, 19.0;
  data.inputs.col(1) << 20.5, 21.0, 20.8, 22.4, 23.0;
  Eigen::VectorXd law;
  kForm->evaluate_columns(
      kForm->theta_from_coefficients(kCoefficients), data.inputs, law, nullptr);
  data.log_loss =
      law + (Eigen::VectorXd(5) << .01, -.004, .002, .006, -.003).finished();
  data.weight = (Eigen::VectorXd(5) << 1, 0.5, 1, 1, 2).finished();
  data.run = (Eigen::VectorXi(5) << 0, 1, 2, 2, 3).finished();
  data.drift = 0.005;
  DiscrepancyPart part;
  part.scales = {0.012, 1.5, 0.15, 0.003, noise};
  part.theta_factor = 0.01 * Eigen::MatrixXd::Identity(5, 5);
  data.parts = {part};
  return data;
}

TEST(Discrepancy, PassesThroughRunsWithoutNoise) {
  DiscrepancyData data = example(1e-9);
  data.parts[0].scales.run_effect = 0.0;
  const Discrepancy discrepancy(kForm, kCoefficients, data);
  for (Eigen::Index i = 0; i < 5; ++i) {
    const LossForecast at = discrepancy.at(Params(std::exp(data.inputs(i, 0))),
                                           Tokens(std::exp(data.inputs(i, 1))));
    // What is kept for equal runs, a variance of 1e-8, is all that is left.
    EXPECT_NEAR(at.log_loss(), data.log_loss[i], 1e-5);
    EXPECT_LT(at.sd_discrepancy, 2e-4);
  }
}

TEST(Discrepancy, ForgetsFarFromTheRuns) {
  const Discrepancy discrepancy(kForm, kCoefficients, example(0.003));
  const Law law{"x", kForm, kCoefficients, {}, {}, {}, {}, {}};
  const Params params(1e13);
  const Tokens tokens(1e16);
  const LossForecast at = discrepancy.at(params, tokens);
  EXPECT_THAT(at.loss().value(),
              near_rel(law.loss(params, tokens).value(), kSolver));
  EXPECT_THAT(at.sd_discrepancy, near_rel(0.012, kSolver));
  const double decades = std::log10(6e29) - (std::log(6.0) + 42.0) / M_LN10;
  EXPECT_THAT(at.sd_drift, near_rel(0.005 * decades, kRounding));
  EXPECT_THAT(at.sd_noise, near_rel(std::hypot(0.003, 0.003), kRounding));
}

/// The textbook formulas with an explicit inverse.
TEST(Discrepancy, IsTheNormalGivenTheRuns) {
  const DiscrepancyData data = example(0.004);
  const Discrepancy discrepancy(kForm, kCoefficients, data);
  const DiscrepancyScales& s = data.parts[0].scales;
  const double log_largest =
      (data.inputs.rowwise().sum().array() + std::log(6.0)).maxCoeff();
  const auto grown = [&](double x, double y) {
    return std::exp(s.growth *
                    std::max(0.0, log_largest - std::log(6.0) - x - y));
  };
  const double x = 18.0;
  const double y = 21.5;
  Eigen::MatrixXd covariance(5, 5);
  Eigen::VectorXd to(5);
  const auto kernel = [&](double ax, double ay, double bx, double by) {
    const double d2 = (ax - bx) * (ax - bx) + (ay - by) * (ay - by);
    return s.amplitude * s.amplitude *
           std::exp(-d2 / (2 * s.length * s.length)) * grown(ax, ay) *
           grown(bx, by);
  };
  for (int i = 0; i < 5; ++i) {
    const double xi = data.inputs(i, 0);
    const double yi = data.inputs(i, 1);
    to[i] = kernel(xi, yi, x, y);
    for (int j = 0; j < 5; ++j) {
      covariance(i, j) = kernel(xi, yi, data.inputs(j, 0), data.inputs(j, 1)) +
                         (data.run[i] == data.run[j] ? 9e-6 : 0.0);
    }
    covariance(i, i) += s.noise * s.noise / data.weight[i] + 1e-8;
  }
  const Eigen::MatrixXd inverse = covariance.inverse();
  Eigen::VectorXd law;
  Eigen::MatrixXd slopes;
  const Eigen::VectorXd theta = kForm->theta_from_coefficients(kCoefficients);
  kForm->evaluate_columns(theta, data.inputs, law, &slopes);
  Eigen::VectorXd law_there;
  Eigen::MatrixXd slopes_there;
  kForm->evaluate_columns(
      theta, Eigen::RowVector2d(x, y), law_there, &slopes_there);
  const double mean = to.dot(inverse * (data.log_loss - law));
  const double left = kernel(x, y, x, y) - to.dot(inverse * to);
  const Eigen::VectorXd open =
      slopes_there.row(0).transpose() - slopes.transpose() * inverse * to;

  const LossForecast at =
      discrepancy.at(Params(std::exp(x)), Tokens(std::exp(y)));
  EXPECT_THAT(at.law, near_rel(law_there[0], kSolver));
  EXPECT_THAT(at.discrepancy, near_rel(mean, kSolver));
  EXPECT_THAT(at.sd_discrepancy, near_rel(std::sqrt(left), kSolver));
  EXPECT_THAT(at.sd_law, near_rel(0.01 * open.norm(), kSolver));
  EXPECT_EQ(at.sd_drift, 0.0);
}

TEST(Discrepancy, DoubtsMoreOffTheLineOfItsRuns) {
  DiscrepancyData data = example(0.004);
  data.inputs.col(0).setConstant(18.0);
  const Discrepancy usual(kForm, kCoefficients, data);
  data.off_line = 0.2;
  const Discrepancy line(kForm, kCoefficients, data);
  const Tokens tokens(1e10);
  const Params on(std::exp(18.0));
  EXPECT_EQ(line.at(on, tokens).sd_run(), usual.at(on, tokens).sd_run());
  const Params off(std::exp(18.0 - 1.5));
  EXPECT_THAT(
      line.at(off, tokens).sd_law,
      near_rel(std::hypot(usual.at(off, tokens).sd_law, 0.2 * 1.5), kSolver));
}

TEST(InputLine, IsTheOneThatInputsLieNearestTo) {
  Eigen::MatrixXd inputs(4, 2);
  inputs << 0, 1, 1, 2.1, 2, 2.9, 3, 4;
  const InputLine line = InputLine::of(inputs);
  const Eigen::MatrixXd centred = inputs.rowwise() - inputs.colwise().mean();
  const Eigen::Matrix2d covariance = centred.transpose() * centred / 4.0;
  // An eigenvector, of the smaller eigenvalue.
  const double least = line.spread * line.spread;
  EXPECT_LT((covariance * line.across - least * line.across).norm(), 1e-12);
  EXPECT_LT(least, 0.5 * covariance.trace());
  const auto at = [&](double off) {
    const Eigen::Vector2d place = line.centre + off * line.across;
    return line.distance(place[0], place[1]);
  };
  EXPECT_EQ(at(line.spread), 0.0);
  EXPECT_THAT(at(2.0 * line.spread + 3.0), near_rel(3.0, kRounding));
  EXPECT_THAT(at(-2.0 * line.spread - 3.0), near_rel(3.0, kRounding));
}

TEST(Discrepancy, OfEqualPartsIsThatOfOne) {
  DiscrepancyData data = example(0.004);
  const Discrepancy one(kForm, kCoefficients, data);
  data.parts.push_back(data.parts[0]);
  data.parts[0].weight = 0.25;
  data.parts[1].weight = 0.75;
  const Discrepancy two(kForm, kCoefficients, data);
  const LossForecast a = one.at(Params(1e9), Tokens(1e10));
  const LossForecast b = two.at(Params(1e9), Tokens(1e10));
  EXPECT_THAT(b.log_loss(), near_rel(a.log_loss(), kRounding));
  EXPECT_THAT(b.sd_run(), near_rel(a.sd_run(), kSolver));
}

TEST(Discrepancy, AnswersManyRunsAsItDoesOne) {
  const Discrepancy discrepancy(kForm, kCoefficients, example(0.004));
  const Eigen::VectorXd params = Eigen::VectorXd::LinSpaced(150, 1e7, 1e10);
  const Eigen::VectorXd tokens = Eigen::VectorXd::LinSpaced(150, 1e9, 1e12);
  const auto some = discrepancy.at(params, tokens, 3);
  const auto same = discrepancy.at(params, tokens, 1);
  ASSERT_EQ(some.size(), 150u);
  for (Eigen::Index i = 0; i < 150; ++i) {
    const auto k = static_cast<std::size_t>(i);
    EXPECT_EQ(some[k].log_loss(), same[k].log_loss());
    EXPECT_EQ(some[k].sd_run(), same[k].sd_run());
    const LossForecast one =
        discrepancy.at(Params(params[i]), Tokens(tokens[i]));
    EXPECT_THAT(some[k].log_loss(), near_rel(one.log_loss(), kRounding));
    EXPECT_THAT(some[k].sd_run(), near_rel(one.sd_run(), kSolver));
  }
}

TEST(Discrepancy, RefusesColumnsThatDoNotFit) {
  DiscrepancyData data = example(0.004);
  data.weight.conservativeResize(4);
  EXPECT_THROW(Discrepancy(kForm, kCoefficients, data), std::invalid_argument);
  data = example(0.004);
  data.parts[0].theta_factor.resize(2, 2);
  EXPECT_THROW(Discrepancy(kForm, kCoefficients, data), std::invalid_argument);
  data = example(0.004);
  data.parts[0].weight = 0.5;
  EXPECT_THROW(Discrepancy(kForm, kCoefficients, data), std::invalid_argument);
  data = example(0.004);
  data.run[0] = 5;
  EXPECT_THROW(Discrepancy(kForm, kCoefficients, data), std::invalid_argument);
  const Discrepancy right(kForm, kCoefficients, example(0.004));
  EXPECT_THROW(right.at(Params(0), Tokens(1e9)), std::invalid_argument);
}

}  // namespace
}  // namespace isoflop
