// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "fit/linear_law.h"
#include "isoflop/laws/predict.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using ::testing::HasSubstr;
using testing::isoflop_sweep;
using testing::kRounding;
using testing::LinearLaw;
using testing::message_of;
using testing::near_rel;
using testing::observe;
using testing::Tolerance;
using testing::without_bootstrap;

/// Closed forms against a fit that ends where its objective is flat.
constexpr Tolerance kAtOptimum{1e-6};
/// A standard deviation from 2000 draws is known to 1 / sqrt(4000) of it; four
/// of those.
constexpr Tolerance kSdOfDraws{0.064};

FitOptions linear_options(BootstrapKind kind, int refits = 2000) {
  FitOptions options = LinearLaw::options();
  options.bootstrap = refits;
  options.bootstrap_kind = kind;
  return options;
}

double sd_of(const Eigen::VectorXd& values) {
  return std::sqrt((values.array() - values.mean()).square().mean());
}

TEST(StandardErrors, OfALinearLawAreTheClosedForms) {
  const LinearLaw linear;
  const FitResult result = fit(linear.runs, LinearLaw::options());
  // HC2: each squared residual over one less its leverage.
  const Eigen::VectorXd squares =
      linear.residuals.array().square() / (1.0 - linear.hat.diagonal().array());
  const Eigen::MatrixXd sandwich = linear.inverse * linear.x.transpose() *
                                   squares.asDiagonal() * linear.x *
                                   linear.inverse;
  for (int j = 0; j < 3; ++j) {
    const char* name = LinearLaw::kNames[j];
    EXPECT_THAT(result.standard_errors.classical.at(name),
                near_rel(std::sqrt(linear.variance() * linear.inverse(j, j)),
                         kAtOptimum));
    EXPECT_THAT(result.standard_errors.sandwich.at(name),
                near_rel(std::sqrt(sandwich(j, j)), kAtOptimum));
  }
}

TEST(StandardErrors, OfHuberAgreeWithItsRefits) {
  FitOptions options;
  options.threads = 1;
  options.bootstrap = 400;
  const FitResult result =
      fit(observe(isoflop_sweep(7, 9, 4), chinchilla_law(), 0.004), options);
  // 400 draws know a standard deviation to 3.5 %; the first order is not the
  // whole truth either.
  constexpr Tolerance kFirstOrder{0.2};
  for (int j = 3; j < 5; ++j) {
    const std::string name(
        result.law.form->coefficients()[static_cast<std::size_t>(j)].name);
    EXPECT_THAT(result.standard_errors.classical.at(name),
                near_rel(sd_of(result.law.draws.col(j)), kFirstOrder))
        << name;
  }
}

TEST(ResidualBootstrap, OfALinearLawGivesStudentsInterval) {
  const LinearLaw linear;
  const FitResult result =
      fit(linear.runs, linear_options(BootstrapKind::Residual));
  const double t = student_quantile(0.95, linear.freedom());
  for (int j = 0; j < 3; ++j) {
    const double half = t * std::sqrt(linear.variance() * linear.inverse(j, j));
    const Interval interval = result.intervals[static_cast<std::size_t>(j)];
    // A 5 % quantile of 2000 draws has a standard error of 2.3 % of the half
    // width, errors that are not quite normal add some.
    constexpr Tolerance kHalfWidth{0.1};
    EXPECT_THAT(0.5 * (interval.high - interval.low),
                near_rel(half, kHalfWidth));
  }
  EXPECT_EQ(result.bootstrap.kind, BootstrapKind::Residual);
  EXPECT_THAT(result.law.provenance.draws_source,
              HasSubstr("residual-bootstrap"));
}

TEST(WildBootstrap, OfALinearLawScattersAsTheSandwichSays) {
  const LinearLaw linear(42);
  const FitResult result =
      fit(linear.runs, linear_options(BootstrapKind::Wild));
  // The common factor of a replicate has the variance of Student's t.
  const double spread = std::sqrt(linear.freedom() / (linear.freedom() - 2.0));
  for (int j = 0; j < 3; ++j) {
    EXPECT_THAT(sd_of(result.law.draws.col(j)),
                near_rel(spread * result.standard_errors.sandwich.at(
                                      LinearLaw::kNames[j]),
                         kSdOfDraws));
  }
}

TEST(PairsBootstrap, OfALinearLawScattersAsTheSandwichSays) {
  const LinearLaw linear(140);
  const FitResult result =
      fit(linear.runs, linear_options(BootstrapKind::Pairs));
  for (int j = 0; j < 3; ++j) {
    EXPECT_THAT(
        sd_of(result.law.draws.col(j)),
        near_rel(result.standard_errors.sandwich.at(LinearLaw::kNames[j]),
                 kSdOfDraws));
  }
}

TEST(ClusterBootstrap, OfSingleRunsIsThePairsBootstrap) {
  Runs runs = observe(isoflop_sweep(3, 5, 4), chinchilla_law(), 0.002);
  FitOptions options = without_bootstrap();
  options.bootstrap = 30;
  options.bootstrap_kind = BootstrapKind::Pairs;
  const FitResult pairs = fit(runs, options);
  // Labels in the order of the sizes, which is that of the rows of a fit.
  std::vector<int> order(static_cast<std::size_t>(runs.size()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return runs.params[a] < runs.params[b];
  });
  runs.group.resize(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    runs.group[static_cast<std::size_t>(order[k])] = std::to_string(100 + k);
  }
  options.bootstrap_kind = BootstrapKind::Cluster;
  const FitResult cluster = fit(runs, options);
  EXPECT_EQ(cluster.law.draws, pairs.law.draws);
  EXPECT_EQ(cluster.bootstrap.clusters, 15);
}

TEST(ClusterBootstrap, OfRunsThatErrTogetherIsWider) {
  const LinearLaw linear(70, 0.0);
  Runs runs = linear.runs;
  RandomStream random(3, 0);
  runs.group.resize(70);
  for (int g = 0; g < 14; ++g) {
    const double error = 0.02 * random.normal();
    // The runs of a group share their inputs, as repeats of one run would.
    for (int k = 0; k < 5; ++k) {
      const int row = 5 * g + k;
      runs.params[row] = linear.runs.params[g];
      runs.tokens[row] = linear.runs.tokens[g];
      runs.loss_nats[row] = linear.y[g] + error + 1e-4 * random.normal();
      runs.group[static_cast<std::size_t>(row)] = std::to_string(g);
    }
  }
  const FitResult pairs = fit(runs, linear_options(BootstrapKind::Pairs, 300));
  const FitResult cluster =
      fit(runs, linear_options(BootstrapKind::Cluster, 300));
  // Fourteen errors, not seventy: the sd is the root of five larger.
  constexpr Tolerance kRatio{0.35};
  EXPECT_THAT(sd_of(cluster.law.draws.col(0)),
              near_rel(std::sqrt(5.0) * sd_of(pairs.law.draws.col(0)), kRatio));
  EXPECT_NE(find(pairs.findings, "fit.correlated-groups"), nullptr);
  EXPECT_EQ(find(cluster.findings, "fit.correlated-groups"), nullptr);
}

TEST(ClusterBootstrap, NeedsGroups) {
  Runs runs = observe(isoflop_sweep(3, 5, 4), chinchilla_law(), 0.002);
  FitOptions options = without_bootstrap();
  options.bootstrap = 5;
  options.bootstrap_kind = BootstrapKind::Cluster;
  EXPECT_THAT(message_of<std::invalid_argument>([&] { fit(runs, options); }),
              HasSubstr("no column group"));
  runs.group.assign(static_cast<std::size_t>(runs.size()), "same");
  EXPECT_THAT(message_of<std::invalid_argument>([&] { fit(runs, options); }),
              HasSubstr("all runs are of one group"));
}

class AnyKind : public ::testing::TestWithParam<BootstrapKind> {};

TEST_P(AnyKind, DoesNotDependOnThreadsOrTheOrderOfRows) {
  const LinearLaw linear(21);
  Runs runs = linear.runs;
  runs.group.resize(21);
  for (std::size_t i = 0; i < 21; ++i) runs.group[i] = std::to_string(i % 6);
  FitOptions options = linear_options(GetParam(), 40);
  const FitResult one = fit(runs, options);
  options.threads = 3;
  EXPECT_EQ(fit(runs, options).law.draws, one.law.draws);
  std::vector<int> rows(21);
  for (int i = 0; i < 21; ++i) rows[static_cast<std::size_t>(i)] = (i * 8) % 21;
  const Runs shuffled = testing::rows_of(runs, rows);
  EXPECT_EQ(fit(shuffled, options).law.draws, one.law.draws);
}

TEST_P(AnyKind, GivesBcaIntervalsToo) {
  FitOptions options;
  options.threads = 1;
  options.bootstrap = 200;
  options.bootstrap_kind = GetParam();
  Runs runs = observe(isoflop_sweep(5, 7, 4), chinchilla_law(), 0.003);
  runs.group.resize(35);
  for (std::size_t i = 0; i < 35; ++i) runs.group[i] = std::to_string(i % 12);
  const FitResult plain = fit(runs, options);
  options.interval = IntervalMethod::Bca;
  const FitResult bca = fit(runs, options);
  EXPECT_EQ(bca.law.draws, plain.law.draws);
  for (std::size_t j = 0; j < 5; ++j) {
    EXPECT_NE(bca.intervals[j], plain.intervals[j]);
    EXPECT_LT(bca.intervals[j].low, bca.intervals[j].high);
  }
  EXPECT_NE(bca.optimum[0].params, plain.optimum[0].params);
  EXPECT_NE(bca.optimum[0].loss_nats, plain.optimum[0].loss_nats);
}

INSTANTIATE_TEST_SUITE_P(Kinds,
                         AnyKind,
                         ::testing::Values(BootstrapKind::Pairs,
                                           BootstrapKind::Cluster,
                                           BootstrapKind::Residual,
                                           BootstrapKind::Wild),
                         [](const auto& entry) {
                           return std::string(to_string(entry.param));
                         });

TEST(Bootstrap, OfExactRunsHasDrawsWithoutSpread) {
  FitOptions options = linear_options(BootstrapKind::Residual, 20);
  const FitResult result = fit(LinearLaw(14, 0.0).runs, options);
  EXPECT_EQ(result.bootstrap.failed, 0);
  for (int j = 0; j < 3; ++j) {
    EXPECT_LT(sd_of(result.law.draws.col(j)), 1e-6);
  }
  EXPECT_FALSE(result.law.scatter.has_value());
}

TEST(RunInterval, OfALinearLawIsStudentsPredictionInterval) {
  const LinearLaw linear(30, 0.01);
  const FitResult result =
      fit(linear.runs, linear_options(BootstrapKind::Residual));
  const double params = 1e8;
  const double tokens = 2e9;
  PredictInputs inputs;
  inputs.params = Params(params);
  inputs.tokens = Tokens(tokens);
  const Prediction prediction = predict(result.law, inputs);
  Eigen::Vector3d at(1.0, 1e3 / std::sqrt(params), 1e4 / std::sqrt(tokens));
  const double variance =
      linear.variance() * (1.0 + at.dot(linear.inverse * at));
  const double half =
      student_quantile(0.95, linear.freedom()) * std::sqrt(variance);
  ASSERT_TRUE(prediction.run_interval.has_value());
  // 5 % quantiles of 2000 draws, and a scatter that is taken as a share of
  // the typical loss.
  constexpr Tolerance kHalfWidth{0.12};
  EXPECT_THAT(
      0.5 * (prediction.run_interval->high - prediction.run_interval->low),
      near_rel(half * prediction.value / quantile(linear.runs.loss_nats, 0.5),
               kHalfWidth));
  EXPECT_LT(prediction.run_interval->low, prediction.interval->low);
  EXPECT_GT(prediction.run_interval->high, prediction.interval->high);
}

TEST(RunInterval, SurvivesSavingTheLaw) {
  FitOptions options = without_bootstrap();
  options.bootstrap = 30;
  const FitResult result =
      fit(observe(isoflop_sweep(5, 7, 4), chinchilla_law(), 0.003), options);
  const Law again = parse_law(law_text(result.law), "law.json");
  ASSERT_TRUE(again.scatter.has_value());
  EXPECT_EQ(again.scatter->sd, result.law.scatter->sd);
  EXPECT_EQ(again.scatter->freedom, 30.0);
  EXPECT_EQ(predict(again, Params(1e9), Tokens(2e10)).run_interval,
            predict(result.law, Params(1e9), Tokens(2e10)).run_interval);
  EXPECT_FALSE(
      predict(published_law("besiroglu2024"), Params(1e9), Tokens(2e10))
          .run_interval.has_value());
}

}  // namespace
}  // namespace isoflop
