// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/backtest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "fit/held_out.h"
#include "fit/splits.h"
#include "isoflop/base/random.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/laws/law.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using testing::compute_of;
using testing::law_runs;
using testing::rows_of;
using testing::runs_where;
using testing::shared_path;

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

TEST(Backtest, SaysThatRunsOnALineTellOfNoOtherRuns) {
  Runs runs = law_runs(60, 1, 0.35, 0.37);
  EXPECT_EQ(backtest(runs, quick()).status, LawStatus::Identified);
  const Law law = published_law("besiroglu2024");
  runs.tokens = 20.0 * runs.params;
  runs.flops = compute_of(runs);
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    runs.loss_nats[i] =
        law.loss(Params(runs.params[i]), Tokens(runs.tokens[i])).value();
  }
  const Backtest result = backtest(runs, quick());
  EXPECT_EQ(result.status, LawStatus::Weak);
  EXPECT_THAT(to_text(result),
              ::testing::HasSubstr("along the line of the runs only"));
}

TEST(Backtest, TrustsNothingOfLossesThatDoNotFall) {
  Runs runs = law_runs(60, 1, 0.35, 0.37);
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    runs.loss_nats[i] = 2.0 + 0.02 * std::log(runs.params[i]);
  }
  const Backtest result = backtest(runs, quick());
  ASSERT_FALSE(result.splits.empty());
  EXPECT_EQ(result.status, LawStatus::NotIdentified);
  EXPECT_EQ(result.trusted, "");
  EXPECT_EQ(worst(result.findings), Severity::Error);
  EXPECT_THAT(to_text(result), ::testing::HasSubstr("TRUST NOTHING"));
  EXPECT_THAT(to_text(result), ::testing::Not(::testing::HasSubstr("Next:")));
}

TEST(Backtest, RepeatsAreNoFurtherRunsToLearnFrom) {
  // Two sizes, ten times each.
  Eigen::VectorXd params(20), tokens(20), loss(20);
  for (int i = 0; i < 20; ++i) {
    params[i] = i % 2 == 0 ? 1e8 : 1e9;
    tokens[i] = 20.0 * params[i];
    loss[i] = (i % 2 == 0 ? 3.0 : 2.6) + 0.001 * i;
  }
  const Backtest result =
      backtest(runs_from_columns(
                   {{"params", params}, {"tokens", tokens}, {"loss", loss}}),
               quick());
  EXPECT_TRUE(result.splits.empty());
  EXPECT_EQ(worst(result.findings), Severity::Error);
}

TEST(Backtest, NextCommandHasTheOptionsThatWereTested) {
  BacktestOptions options = quick();
  options.form = "additive";
  options.drift = 0.02;
  Backtest result = backtest(law_runs(60, 1, 0.35, 0.37), options);
  result.trusted = "forecast";
  const std::string text = to_text(result);
  EXPECT_THAT(text, ::testing::HasSubstr("--form additive"));
  EXPECT_THAT(text, ::testing::HasSubstr("--drift 0.02"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("--seed")));
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

TEST(Backtest, TestsEveryFormByEveryObjective) {
  BacktestOptions options = quick();
  options.law = {"coupled"};
  options.objective = {"squared", "huber", "squared"};
  options.factor = {3};
  const Runs runs = law_runs(40, 2, 0.35, 0.37);
  const Backtest result = backtest(runs, options);
  std::vector<std::string> names;
  for (const auto& method : result.methods) names.push_back(method.name);
  EXPECT_THAT(names,
              ::testing::ElementsAre("forecast",
                                     "prior",
                                     "additive",
                                     "additive squared",
                                     "coupled",
                                     "coupled squared"));
  // As a fit to the smaller runs by that objective predicts.
  const std::vector<Parts> parts = split_runs(runs, {3});
  FitOptions fit_options;
  fit_options.objective = Objective::Squared;
  fit_options.bootstrap = options.bootstrap;
  fit_options.threads = options.threads;
  fit_options.seed = options.seed;
  const auto said =
      predict_by_fit(fit_options, parts[0].training, parts[0].held_out);
  EXPECT_EQ(result.method("additive squared")->overall->mean_abs_error,
            score_of(*said, parts[0].held_out)->mean_abs_error);
  EXPECT_NE(result.method("additive squared")->overall->mean_abs_error,
            result.method("additive")->overall->mean_abs_error);
  EXPECT_EQ(result.method("coupled squared")->law, "coupled");
  options.objective = {"cubed"};
  EXPECT_THROW(backtest(runs, options), std::invalid_argument);
}

TEST(Backtest, WarnsWhereThePriorMisleads) {
  // Exponents that no language model has.
  const Backtest result = backtest(law_runs(80, 3, 1.6, 1.4), quick());
  EXPECT_NE(find(result.findings, "backtest.prior-mismatch"), nullptr);
  BacktestOptions options = quick();
  options.prior = ForecastPrior::None;
  EXPECT_EQ(find(backtest(law_runs(80, 3, 1.6, 1.4), options).findings,
                 "backtest.prior-mismatch"),
            nullptr);
}

/// Ten runs of a law with four checkpoints each.
Runs checkpoints() {
  const Law law = published_law("besiroglu2024");
  Runs runs;
  std::vector<NamedColumn> columns = {{"params", Eigen::VectorXd(56)},
                                      {"tokens", Eigen::VectorXd(56)},
                                      {"loss", Eigen::VectorXd(56)}};
  TextColumn names{"name", {}};
  for (int i = 0; i < 56; ++i) {
    const double size = 1e7 * std::pow(2.0, i / 4 * 0.5);
    const double data = 20.0 * size * (1 + i % 4) / 4.0 * (i / 4 % 2 + 1);
    columns[0].values[i] = size;
    columns[1].values[i] = data;
    columns[2].values[i] = law.loss(Params(size), Tokens(data)).value();
    names.values.push_back("run" + std::to_string(i / 4));
  }
  return runs_from_columns(columns, {names});
}

TEST(Backtest, HoldsOutWholeRuns) {
  const Runs runs = checkpoints();
  const Backtest result = backtest(runs, quick());
  ASSERT_FALSE(result.splits.empty());
  for (const BacktestSplit& split : result.splits) {
    // By the compute at the end of a run: no checkpoint of a held-out run is
    // learned from, and only ends are asked about.
    std::set<std::string> small, large;
    for (Eigen::Index i = 3; i < runs.size(); i += 4) {
      const double end = 6.0 * runs.params[i] * runs.tokens[i];
      const auto& name = runs.name[static_cast<std::size_t>(i)];
      (end <= split.limit.value() ? small : large).insert(name);
    }
    EXPECT_EQ(split.training, static_cast<int>(small.size()));
    EXPECT_EQ(split.held_out, static_cast<int>(large.size()));
    const auto k = static_cast<std::size_t>(&split - result.splits.data());
    EXPECT_EQ(result.method("forecast")->by_split[k]->runs, split.held_out);
  }
}

TEST(Backtest, LearnsNothingFromCheckpointsOfHeldOutRuns) {
  BacktestOptions options = quick();
  options.factor = {10};
  const Runs runs = checkpoints();
  const Backtest before = backtest(runs, options);
  Runs changed = runs;
  const double limit = before.splits.front().limit.value();
  int count = 0;
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    const Eigen::Index end = i / 4 * 4 + 3;
    const bool is_early =
        i != end && 6.0 * runs.params[end] * runs.tokens[end] > limit;
    if (!is_early) continue;
    changed.loss_nats[i] *= 1.1;
    ++count;
  }
  ASSERT_GT(count, 0);
  const Backtest after = backtest(changed, options);
  EXPECT_EQ(after.method("forecast")->overall->mean_abs_error,
            before.method("forecast")->overall->mean_abs_error);
  EXPECT_EQ(after.method("additive")->overall->mean_abs_error,
            before.method("additive")->overall->mean_abs_error);
}

TEST(Backtest, CountsEqualSplitsOnce) {
  const Runs runs = law_runs(40, 6, 0.35, 0.37);
  BacktestOptions options = quick();
  options.factor = {3, 3};
  const Backtest twice = backtest(runs, options);
  options.factor = {3};
  const Backtest once = backtest(runs, options);
  ASSERT_EQ(twice.splits.size(), 1u);
  EXPECT_EQ(twice.method("forecast")->overall->runs,
            once.method("forecast")->overall->runs);
  options.factor = {};
  EXPECT_THROW(backtest(runs, options), std::invalid_argument);
}

TEST(Backtest, TestsWhatTheVerbForecastGives) {
  const Runs runs = law_runs(40, 7, 0.35, 0.37);
  BacktestOptions options = quick();
  options.factor = {10};
  options.prior = ForecastPrior::None;
  const Backtest result = backtest(runs, options);
  const Eigen::VectorXd flops = compute_of(runs);
  const double limit = flops.maxCoeff() / 10.0;
  const Runs known = rows_of(runs, [&](auto i) { return flops[i] <= limit; });
  const Runs asked = rows_of(runs, [&](auto i) { return flops[i] > limit; });
  for (const auto& [name, choice] :
       {std::pair("forecast", DiscrepancyChoice::Learned),
        std::pair("prior", DiscrepancyChoice::None)}) {
    ForecastOptions chosen = options;
    chosen.discrepancy = choice;
    const Forecast learned = forecast(known, chosen);
    double error = 0.0;
    for (Eigen::Index i = 0; i < asked.size(); ++i) {
      const LossForecast at =
          learned.predict(Params(asked.params[i]), Tokens(asked.tokens[i]));
      error += std::abs(at.loss().value() / asked.loss_nats[i] - 1.0);
    }
    EXPECT_THAT(result.method(name)->overall->mean_abs_error,
                testing::near_rel(error / static_cast<double>(asked.size()),
                                  testing::kRounding))
        << name;
  }
  options.discrepancy = DiscrepancyChoice::None;
  EXPECT_EQ(backtest(runs, options).method("prior"), nullptr);
}

TEST(Backtest, WarnsBeyondTwoDecades) {
  const Runs runs = law_runs(80, 8, 0.35, 0.37);
  BacktestOptions options = quick();
  options.factor = {3};
  EXPECT_EQ(find(backtest(runs, options).findings, "backtest.extrapolation"),
            nullptr);
  options.factor = {300};
  EXPECT_NE(find(backtest(runs, options).findings, "backtest.extrapolation"),
            nullptr);
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
    {"porian_rw_cosine.csv", ""},
    {"datablations.csv", "single_epoch=1"}};

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
Accuracy accuracy_over_sets(Spoil&& spoil, const std::vector<double>& factors) {
  Accuracy all;
  for (const Set& set : kSets) {
    const std::string path = shared_path(set.file);
    if (path.empty()) continue;
    const Runs runs = runs_where(path, set.where);
    const Eigen::VectorXd flops = compute_of(runs);
    for (const double factor : factors) {
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
  const Accuracy all =
      accuracy_over_sets([](Runs&) {}, {3.0, 10.0, 30.0, 100.0});
  RecordProperty("error", std::to_string(all.abs));
  EXPECT_LE(all.abs_at_ten, 0.010);
  EXPECT_LE(all.abs, 0.0125);
  EXPECT_LE(std::abs(all.sign), 0.004);
  EXPECT_GE(all.held, 0.85);
  EXPECT_LE(all.held, 0.95);
}

TEST(ForecastAccuracy, TwelveSmallRunsAreEnough) {
  const std::string path = shared_path("chinchilla_epoch.csv");
  if (path.empty()) GTEST_SKIP() << "no runs here";
  const Runs runs = runs_where(path, "outlier=0");
  const Eigen::VectorXd flops = compute_of(runs);
  const double most = flops.maxCoeff() / 10.0;
  const Runs small = rows_of(runs, [&](auto i) { return flops[i] <= most; });
  const Runs asked = rows_of(runs, [&](auto i) { return flops[i] > most; });
  const Eigen::Index stride = small.size() / 12;
  for (Eigen::Index first = 0; first < 5; ++first) {
    const Runs known = rows_of(
        small, [&](auto i) { return i % stride == first && i / stride < 12; });
    ASSERT_EQ(known.size(), 12);
    const auto said =
        forecast(known).law.discrepancy->at(asked.params, asked.tokens);
    double off = 0.0;
    for (std::size_t i = 0; i < said.size(); ++i) {
      const double observed = asked.loss_nats[static_cast<Eigen::Index>(i)];
      off += std::abs(said[i].loss().value() / observed - 1.0);
      EXPECT_TRUE(std::isfinite(said[i].sd_run()));
    }
    EXPECT_LT(off / static_cast<double>(said.size()), 0.03);
  }
}

/// A twentieth of the runs with 5 to 20 % of loss added.
void spoil(Runs& runs, std::uint64_t seed) {
  RandomStream random(seed, static_cast<std::uint64_t>(runs.size()));
  const auto count = std::max<Eigen::Index>(1, runs.size() / 20);
  for (Eigen::Index k = 0; k < count; ++k) {
    const auto i = random.below(static_cast<std::uint32_t>(runs.size()));
    runs.loss_nats[i] *= 1.05 + 0.15 * random.uniform();
  }
}

TEST(ForecastAccuracy, SurvivesSpoiltRuns) {
  if (shared_path(kSets[0].file).empty()) GTEST_SKIP() << "no runs here";
  const Accuracy clean = accuracy_over_sets([](Runs&) {}, {10.0});
  double spoilt = 0.0;
  constexpr int kSeeds = 12;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const auto spoil_by = [&](Runs& runs) {
      spoil(runs, static_cast<std::uint64_t>(seed));
    };
    spoilt += accuracy_over_sets(spoil_by, {10.0}).abs_at_ten / kSeeds;
  }
  RecordProperty("ratio", std::to_string(spoilt / clean.abs_at_ten));
  EXPECT_LT(spoilt, 1.25 * clean.abs_at_ten);
}

}  // namespace
}  // namespace isoflop
