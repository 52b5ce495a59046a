// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fit/held_out.h"
#include "isoflop/fit/forecast.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::message_of;
using testing::wavy_runs;

/// Runs that cannot carry a forecast are named; numbers stay numbers.
struct Degenerate {
  std::string name;
  Eigen::VectorXd params;
  Eigen::VectorXd tokens;
  Eigen::VectorXd loss;
  LawStatus status;
  std::string code;
};

std::vector<Degenerate> degenerate() {
  const Eigen::VectorXd one = Eigen::VectorXd::Ones(12);
  const Eigen::VectorXd rise = Eigen::VectorXd::LinSpaced(12, 1, 12);
  const Eigen::VectorXd fall = Eigen::VectorXd::LinSpaced(12, 3.5, 3.0);
  const Runs runs = wavy_runs(40, 8);
  return {{"one_row",
           one.head(1) * 1e8,
           one.head(1) * 1e9,
           one.head(1) * 3,
           LawStatus::NotIdentified,
           "forecast.few-runs"},
          {"identical",
           one * 1e8,
           one * 1e9,
           one * 3,
           LawStatus::NotIdentified,
           "forecast.few-runs"},
          {"seven",
           rise.head(7) * 1e8,
           rise.head(7) * 1e9,
           fall.head(7),
           LawStatus::NotIdentified,
           "forecast.few-runs"},
          {"one_size",
           one * 1e8,
           rise * 1e9,
           fall,
           LawStatus::Weak,
           "forecast.flat-design"},
          {"one_ratio",
           rise * 1e8,
           rise * 2e9,
           fall,
           LawStatus::Weak,
           "forecast.flat-design"},
          {"perplexity",
           runs.params,
           runs.tokens,
           runs.loss_nats.array().exp().matrix(),
           LawStatus::Identified,
           "forecast.prior-mismatch"},
          {"tiny_unit",
           runs.params,
           runs.tokens,
           runs.loss_nats * 1e-3,
           LawStatus::Identified,
           "forecast.prior-mismatch"},
          {"flat_loss",
           runs.params,
           runs.tokens,
           Eigen::VectorXd::Constant(40, 2),
           LawStatus::NotIdentified,
           "forecast.no-fall"},
          {"rising_loss",
           runs.params,
           runs.tokens,
           runs.loss_nats.cwiseInverse() * 9,
           LawStatus::NotIdentified,
           "forecast.no-fall"}};
}

TEST(Forecast, SaysWhatRunsCannotCarryIt) {
  for (const Degenerate& one : degenerate()) {
    const Forecast result = forecast(runs_from_columns(
        {{"params", one.params}, {"tokens", one.tokens}, {"loss", one.loss}}));
    EXPECT_EQ(result.law.status, one.status) << one.name;
    EXPECT_NE(find(result.findings, one.code), nullptr) << one.name;
    EXPECT_TRUE(result.law.coefficients.allFinite()) << one.name;
    EXPECT_FALSE(result.law.has_draws() &&
                 result.law.status != LawStatus::Identified)
        << one.name;
    for (const double factor : {0.1, 1.0, 1e4}) {
      const LossForecast at =
          result.predict(Params(1e8 * factor), Tokens(1e9 * factor));
      EXPECT_TRUE(std::isfinite(at.log_loss())) << one.name;
      EXPECT_TRUE(at.sd_run() > 0.0 && std::isfinite(at.sd_run())) << one.name;
    }
  }
  EXPECT_THROW(forecast(Runs()), std::invalid_argument);
}

/// Runs of a law on a line of the plane of ln N and ln D.
Runs line_runs(const std::string& kind) {
  const Law law = published_law("besiroglu2024");
  constexpr int kCount = 20;
  Eigen::VectorXd params(kCount);
  Eigen::VectorXd tokens(kCount);
  Eigen::VectorXd loss(kCount);
  for (int i = 0; i < kCount; ++i) {
    const double rise = std::pow(100.0, i / (kCount - 1.0));
    params[i] = kind == "one_size" ? 3e8 : 3e7 * rise;
    tokens[i] = kind == "one_data"    ? 6e9
                : kind == "one_ratio" ? 6e8 * rise
                                      : 1e9 * rise;
    loss[i] = law.loss(Params(params[i]), Tokens(tokens[i])).value() *
              (1.0 + 0.001 * (i % 3 - 1));
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

class LineDesign : public ::testing::TestWithParam<std::string> {};

TEST_P(LineDesign, OpensItsIntervalsOffTheLine) {
  const Runs runs = line_runs(GetParam());
  const Forecast result = forecast(runs);
  EXPECT_EQ(result.law.status, LawStatus::Weak);
  const Law law = published_law("besiroglu2024");
  const double n = runs.params[10];
  const double d = runs.tokens[10];
  const LossForecast on = result.predict(Params(n), Tokens(d));
  EXPECT_LT(on.sd_curve(), 0.01);
  double last = on.sd_curve();
  for (const double far : {3.0, 10.0, 100.0}) {
    const Params params(GetParam() == "one_data" ? n : n * far);
    const Tokens tokens(GetParam() == "one_size"   ? d
                        : GetParam() == "one_data" ? d * far
                                                   : d / far);
    const LossForecast off = result.predict(params, tokens);
    EXPECT_GT(off.sd_curve(), last + 0.05) << far;
    last = off.sd_curve();
    // The truth is one of the laws that suit the line.
    const double truth = law.loss(params, tokens).value();
    const Interval interval = off.curve_interval(0.9);
    EXPECT_LT(interval.low, truth) << far;
    EXPECT_GT(interval.high, truth) << far;
  }
}

INSTANTIATE_TEST_SUITE_P(Lines,
                         LineDesign,
                         ::testing::Values("one_size", "one_data", "one_ratio"),
                         [](const auto& entry) { return entry.param; });

TEST(Forecast, RefusesOptionsOutOfRange) {
  const Runs runs = wavy_runs(20, 2);
  ForecastOptions options;
  options.noise = {1e200};
  EXPECT_THROW(forecast(runs, options), std::invalid_argument);
  options = {};
  options.amplitude = {};
  EXPECT_THAT(message_of([&] { forecast(runs, options); }),
              ::testing::HasSubstr("amplitude is empty"));
  options = {};
  options.drift = 2.0;
  EXPECT_THROW(forecast(runs, options), std::invalid_argument);
  options = {};
  options.prior = ForecastPrior::None;
  options.prior_law = {"besiroglu2024"};
  options.form = "additive";
  EXPECT_THAT(message_of([&] { forecast(runs, options); }),
              ::testing::HasSubstr("one is to hold"));
}

TEST(Forecast, WithoutAPriorIsUnlikeNone) {
  Runs runs = wavy_runs(40, 8);
  runs.loss_nats *= 1e-3;
  EXPECT_NE(find(forecast(runs).findings, "forecast.prior-mismatch"), nullptr);
  ForecastOptions options;
  options.prior = ForecastPrior::None;
  EXPECT_EQ(find(forecast(runs, options).findings, "forecast.prior-mismatch"),
            nullptr);
}

}  // namespace
}  // namespace isoflop
