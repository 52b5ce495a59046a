// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/backtest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fit/held_out.h"
#include "isoflop/base/random.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/laws/law.h"
#include "isoflop/report/json.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using testing::compute_of;
using testing::rows_of;
using testing::runs_where;
using testing::shared_path;

/// Runs of an additive law with 0.3 % of noise, over three decades of compute.
Runs law_runs(int count, std::uint64_t seed, double alpha, double beta) {
  RandomStream random(seed, 0);
  Eigen::VectorXd params(count);
  Eigen::VectorXd tokens(count);
  Eigen::VectorXd loss(count);
  for (int i = 0; i < count; ++i) {
    params[i] = 1e7 * std::pow(100.0, random.uniform());
    tokens[i] = params[i] * 5.0 * std::pow(20.0, random.uniform());
    loss[i] = (1.8 + std::pow(params[i] / 1e7, -alpha) +
               std::pow(tokens[i] / 1e8, -beta)) *
              std::exp(0.003 * random.normal());
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

BacktestOptions quick() {
  BacktestOptions options;
  options.bootstrap = 40;
  return options;
}

TEST(Backtest, SplitsByCompute) {
  const Runs runs = law_runs(60, 1, 0.35, 0.37);
  const Backtest result = backtest(runs, quick());
  const Eigen::VectorXd flops = compute_of(runs);
  ASSERT_FALSE(result.splits.empty());
  for (const BacktestSplit& split : result.splits) {
    const double limit = flops.maxCoeff() / split.factor;
    EXPECT_EQ(split.training, (flops.array() <= limit).count());
    EXPECT_EQ(split.held_out, (flops.array() > limit).count());
    EXPECT_GE(split.training, 8);
    EXPECT_GE(split.held_out, 2);
  }
  ASSERT_EQ(result.methods.size(), 3u);
  for (const BacktestMethod& method : result.methods) {
    ASSERT_EQ(method.by_split.size(), result.splits.size());
    int split_runs = 0;
    int distance_runs = 0;
    for (const auto& score : method.by_split) split_runs += score->runs;
    for (const auto& score : method.by_distance) {
      distance_runs += score ? score->runs : 0;
    }
    EXPECT_EQ(split_runs, distance_runs) << method.name;
    EXPECT_EQ(method.overall->runs, split_runs);
    // Noise of 0.3 %, and what a decade adds.
    EXPECT_LT(method.overall->mean_abs_error, 0.02) << method.name;
    EXPECT_GT(method.overall->width, 0.003);
  }
  EXPECT_FALSE(result.trusted.empty());
}

TEST(Backtest, TestsOtherFormsOnTheSameSplits) {
  BacktestOptions options = quick();
  options.law = {"additive", "E + A/N^alpha + B/D^alpha"};
  options.factor = {3};
  const Backtest result = backtest(law_runs(40, 2, 0.35, 0.35), options);
  ASSERT_EQ(result.methods.size(), 4u);
  EXPECT_EQ(result.methods[3].name, options.law[1]);
  EXPECT_LT(result.methods[3].overall->mean_abs_error, 0.01);
  options.law = {"no_such_form"};
  EXPECT_THROW(backtest(law_runs(40, 2, 0.35, 0.35), options),
               std::invalid_argument);
}

TEST(Backtest, WarnsWhereThePriorMisleads) {
  // Exponents that no language model has.
  const Backtest result = backtest(law_runs(80, 3, 1.6, 1.4), quick());
  EXPECT_NE(find(result.findings, "forecast.prior-mismatch"), nullptr);
}

TEST(Backtest, SaysWhenNothingCanBeHeldOut) {
  const Backtest result = backtest(law_runs(7, 4, 0.35, 0.37), quick());
  EXPECT_TRUE(result.splits.empty());
  EXPECT_TRUE(result.trusted.empty());
  const Finding* finding = find(result.findings, "backtest.no-splits");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->severity, Severity::Error);
  EXPECT_THROW(backtest(Runs()), std::invalid_argument);
}

TEST(Backtest, IsTheSameForAnyThreads) {
  const Runs runs = law_runs(40, 5, 0.35, 0.37);
  BacktestOptions options = quick();
  options.threads = 1;
  const std::string wanted = to_json(backtest(runs, options));
  options.threads = 3;
  EXPECT_EQ(to_json(backtest(runs, options)), wanted);
}

/// Sets of real runs, as studied when the method was chosen.
struct Set {
  const char* file;
  const char* where;
};
constexpr Set kSets[] = {
    {"chinchilla_epoch.csv", "outlier=0"},
    {"gadre_overtrain.csv", "family=c4 warmup_dominated=0"},
    {"gadre_overtrain.csv", "family=rpj warmup_dominated=0"},
    {"gadre_overtrain.csv", "family=rw warmup_dominated=0"},
    {"misfitting_final_bestlr.csv", ""},
    {"xlstm_isoflop.csv", "family=isoflop_llama_ctx8192"},
    {"porian_rw_cosine.csv", ""}};

/// Relative errors and coverage, splits counting alike.
struct Accuracy {
  double abs = 0.0;
  double sign = 0.0;
  double held = 0.0;
  double splits = 0.0;
  double abs_at_ten = 0.0;
  double splits_at_ten = 0.0;
};

/// Forecasts of the largest runs, each row a run; `spoil` may change what is
/// learned from.
template <class Spoil>
Accuracy accuracy_over_sets(Spoil&& spoil) {
  Accuracy all;
  for (const Set& set : kSets) {
    const std::string path = shared_path(set.file);
    if (path.empty()) continue;
    const Runs runs = runs_where(path, set.where);
    const Eigen::VectorXd flops = compute_of(runs);
    for (const double factor : {3.0, 10.0, 30.0, 100.0}) {
      const double most = flops.maxCoeff() / factor;
      Runs known = rows_of(runs, [&](auto i) { return flops[i] <= most; });
      const Runs asked = rows_of(runs, [&](auto i) { return flops[i] > most; });
      if (known.size() < 8 || asked.size() < 2) continue;
      spoil(known);
      const auto said =
          forecast(known).law.discrepancy->at(asked.params, asked.tokens);
      double abs = 0.0;
      double sign = 0.0;
      double held = 0.0;
      for (Eigen::Index i = 0; i < asked.size(); ++i) {
        const LossForecast& at = said[static_cast<std::size_t>(i)];
        const double error = at.loss().value() / asked.loss_nats[i] - 1.0;
        const Interval interval = at.run_interval(0.9);
        abs += std::abs(error);
        sign += error;
        held += interval.low <= asked.loss_nats[i] &&
                        asked.loss_nats[i] <= interval.high
                    ? 1.0
                    : 0.0;
      }
      const auto count = static_cast<double>(asked.size());
      all.splits += 1.0;
      all.abs += abs / count;
      all.sign += sign / count;
      all.held += held / count;
      if (factor == 10.0) {
        all.splits_at_ten += 1.0;
        all.abs_at_ten += abs / count;
      }
    }
  }
  all.abs /= all.splits;
  all.sign /= all.splits;
  all.held /= all.splits;
  all.abs_at_ten /= all.splits_at_ten;
  return all;
}

TEST(ForecastAccuracy, HoldsOnRealRuns) {
  if (shared_path(kSets[0].file).empty()) GTEST_SKIP() << "no runs here";
  const Accuracy all = accuracy_over_sets([](Runs&) {});
  RecordProperty("error", std::to_string(all.abs));
  EXPECT_LE(all.abs_at_ten, 0.010);
  EXPECT_LE(all.abs, 0.0125);
  EXPECT_LE(std::abs(all.sign), 0.004);
  EXPECT_GE(all.held, 0.85);
  EXPECT_LE(all.held, 0.95);
}

TEST(ForecastAccuracy, SurvivesSpoiltRuns) {
  if (shared_path(kSets[0].file).empty()) GTEST_SKIP() << "no runs here";
  const Accuracy clean = accuracy_over_sets([](Runs&) {});
  const Accuracy spoilt = accuracy_over_sets([](Runs& runs) {
    RandomStream random(1, static_cast<std::uint64_t>(runs.size()));
    const auto count = std::max<Eigen::Index>(1, runs.size() / 20);
    for (Eigen::Index k = 0; k < count; ++k) {
      const auto i = random.below(static_cast<std::uint32_t>(runs.size()));
      runs.loss_nats[i] *= 1.05 + 0.15 * random.uniform();
    }
  });
  EXPECT_LT(spoilt.abs_at_ten, 1.25 * clean.abs_at_ten);
}

}  // namespace
}  // namespace isoflop
