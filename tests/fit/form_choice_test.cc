// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fit/held_out.h"
#include "isoflop/fit/fit.h"
#include "isoflop/laws/predict.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/read_runs.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using testing::kSolver;
using testing::law_runs;
using testing::near_rel;
using testing::shared_path;

FitOptions auto_options() {
  FitOptions options;
  options.law = kAutoLaw;
  options.bootstrap = 0;
  return options;
}

std::vector<std::string> laws_of(const FitResult& result) {
  std::vector<std::string> laws;
  for (const FormTrial& trial : result.trials) laws.push_back(trial.law);
  return laws;
}

TEST(FitAuto, TakesTheFormThatPredictsTheLargerRuns) {
  const Runs runs = law_runs(60, 1, 0.6, 0.25);
  const FitResult result = fit(runs, auto_options());
  ASSERT_GE(result.trials.size(), 4u);
  const FormTrial& taken = result.trials.front();
  EXPECT_EQ(result.law.form->name(), taken.law);
  // The form of least error is close to itself, so one at least is.
  EXPECT_TRUE(taken.is_close);
  // Noise of 0.3 %, one form among these is that of the runs.
  EXPECT_LT(taken.score->mean_abs_error, 0.01);
  FitOptions named = auto_options();
  named.law = taken.law;
  EXPECT_EQ(fit(runs, named).law.coefficients, result.law.coefficients);
}

TEST(FitAuto, TriesFormsThatReadTheColumnsAtHand) {
  Runs runs = law_runs(40, 2, 0.35, 0.37);
  using ::testing::Contains;
  using ::testing::Not;
  const auto without = laws_of(fit(runs, auto_options()));
  EXPECT_THAT(without, Contains("additive"));
  EXPECT_THAT(without, Contains("kaplan"));
  EXPECT_THAT(without, Not(Contains("data_constrained")));
  runs.unique_tokens = runs.tokens / 3.0;
  EXPECT_THAT(laws_of(fit(runs, auto_options())), Contains("data_constrained"));
}

TEST(FitAuto, OfFormsThatPredictAlikeTakesTheOneOfFewestCoefficients) {
  // Equal exponents: one coefficient less says the same.
  const FitResult result = fit(law_runs(60, 8, 0.36, 0.36), auto_options());
  const auto trial = [&](const std::string& law) {
    return *std::find_if(result.trials.begin(),
                         result.trials.end(),
                         [&](const FormTrial& t) { return t.law == law; });
  };
  EXPECT_TRUE(trial("additive_tied").is_close);
  EXPECT_EQ(result.law.form->name(), "additive_tied");
  // A worse one is not close, however few its coefficients.
  EXPECT_FALSE(trial("kaplan").is_close);
}

TEST(FitAuto, OfFormsThatPredictAlikeTakesTheOneThatReadsWhatVaries) {
  const std::string path = shared_path("datablations.csv");
  if (path.empty()) GTEST_SKIP() << "datablations.csv is not here";
  ReadOptions read;
  read.where = {"in_paper_loop=1"};
  FitOptions options = auto_options();
  options.threads = 0;
  for (const Runs& runs : {read_runs(path), read_runs(path, read)}) {
    const FitResult result = fit(runs, options);
    EXPECT_TRUE(result.law.form->input_index("unique_tokens"))
        << result.law.form->name();
    EXPECT_TRUE(result.trials.front().is_close);
  }
}

TEST(FitAuto, IsTheSameForAnyThreads) {
  const Runs runs = law_runs(40, 2, 0.35, 0.37);
  FitOptions options = auto_options();
  options.threads = 1;
  const std::string wanted = to_json(fit(runs, options));
  options.threads = 3;
  EXPECT_EQ(to_json(fit(runs, options)), wanted);
}

TEST(FitAuto, OfTooFewRunsIsTheAdditiveFormWithAWord) {
  const FitResult result = fit(law_runs(9, 3, 0.35, 0.37), auto_options());
  EXPECT_EQ(result.law.form->name(), "additive");
  EXPECT_TRUE(result.trials.empty());
  EXPECT_NE(find(result.findings, "fit.auto-untested"), nullptr);
}

TEST(FitWidening, IsByHowMuchIntervalsOfSmallerRunsWereShort) {
  const Runs runs = law_runs(60, 4, 0.35, 0.37);
  FitOptions options;
  options.bootstrap = 60;
  const FitResult result = fit(runs, options);
  const auto& steps = result.law.widening;
  ASSERT_FALSE(steps.empty());
  double distance = 1.0;
  double factor = 1.0;
  for (const Widening& step : steps) {
    EXPECT_GT(step.distance, distance);
    EXPECT_GE(step.factor, factor);
    EXPECT_GE(step.runs, 2);
    distance = step.distance;
    factor = step.factor;
  }
  options.widening = WideningChoice::None;
  const FitResult plain = fit(runs, options);
  EXPECT_TRUE(plain.law.widening.empty());
  EXPECT_EQ(plain.law.draws, result.law.draws);
  const double beyond = 1.0 + steps.back().distance;
  const Params params(result.law.range.params->high * std::sqrt(beyond));
  const Tokens tokens(result.law.range.tokens->high * std::sqrt(beyond));
  const Prediction wide = predict(result.law, params, tokens);
  const Prediction narrow = predict(plain.law, params, tokens);
  EXPECT_EQ(wide.value, narrow.value);
  EXPECT_EQ(wide.widening, steps.back().factor);
  for (const auto interval :
       {&Prediction::interval, &Prediction::run_interval}) {
    EXPECT_THAT(std::log((wide.*interval)->high / wide.value),
                near_rel(wide.widening *
                             std::log((narrow.*interval)->high / narrow.value),
                         kSolver));
  }
}

TEST(FitWidening, ThatTheBackTestRefutesTheIntervalsIsSaid) {
  Runs runs = law_runs(60, 4, 0.35, 0.37);
  FitOptions options;
  options.bootstrap = 60;
  EXPECT_EQ(find(fit(runs, options).findings, "fit.back-test-missed"), nullptr);
  // Each decade beyond the middle of the runs the losses fall off the law more.
  const Eigen::ArrayXd log_flops = runs.flops.array().log();
  const double middle = 0.5 * (log_flops.minCoeff() + log_flops.maxCoeff());
  runs.loss_nats.array() *= (-0.02 * (log_flops - middle).max(0.0)).exp();
  const FitResult result = fit(runs, options);
  const Finding* said = find(result.findings, "fit.back-test-missed");
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->severity, Severity::Warning);
  EXPECT_EQ(said->values[0].name, "mean_abs_error");
  EXPECT_GT(said->values[0].value, 0.005);
  EXPECT_EQ(said->values[1].name, "coverage");
  EXPECT_EQ(said->values[2].name, "widening");
  EXPECT_TRUE(said->values[1].value < 0.45 || said->values[2].value > 3.0);
  EXPECT_THAT(to_text(result), ::testing::HasSubstr("back-test: fits to the"));
  // Whoever plans on the law is told too.
  EXPECT_NE(find(result.law.findings, "fit.back-test-missed"), nullptr);
  options.widening = WideningChoice::None;
  EXPECT_EQ(find(fit(runs, options).findings, "fit.back-test-missed"), nullptr);
}

TEST(FitWidening, LeavesOutPartsThatDoNotAllowTheOptions) {
  Runs runs = law_runs(60, 7, 0.35, 0.37);
  // The smaller runs are all of one group.
  const double middle = std::sqrt(runs.flops.maxCoeff() * 1e-1) *
                        std::sqrt(runs.flops.maxCoeff());
  for (const double flops : runs.flops) {
    runs.group.push_back(flops < middle ? "a" : flops < 2 * middle ? "b" : "c");
  }
  FitOptions options;
  options.bootstrap = 20;
  options.bootstrap_kind = BootstrapKind::Cluster;
  EXPECT_EQ(fit(runs, options).bootstrap.kind, BootstrapKind::Cluster);
}

TEST(FitWidening, OfTooFewRunsIsSaidToBeMissing) {
  FitOptions options;
  options.bootstrap = 20;
  const FitResult result = fit(law_runs(9, 5, 0.35, 0.37), options);
  EXPECT_TRUE(result.law.widening.empty());
  const Finding* finding = find(result.findings, "fit.not-widened");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->severity, Severity::Note);
}

TEST(FitWidening, RowsOfOneRunCountOnce) {
  Runs runs = law_runs(24, 5, 0.35, 0.37);
  for (int i = 0; i < 24; ++i) {
    runs.name.push_back("run " + std::to_string(i % 8));
    runs.params[i] = runs.params[i % 8];
  }
  FitOptions options;
  options.bootstrap = 20;
  const FitResult result = fit(runs, options);
  const Finding* rows = find(result.findings, "fit.rows-of-runs");
  ASSERT_NE(rows, nullptr);
  EXPECT_EQ(rows->severity, Severity::Note);
  EXPECT_THAT(rows->message, ::testing::HasSubstr("24 rows are 8 runs"));
  EXPECT_THAT(to_text(result), ::testing::HasSubstr("on 24 rows (8 runs) of"));
  const Finding* few = find(result.findings, "fit.not-widened");
  ASSERT_NE(few, nullptr);
  EXPECT_THAT(few->message,
              ::testing::HasSubstr("too few runs (8 that differ, of 24 rows)"));
  runs.name.clear();
  EXPECT_EQ(find(fit(runs, options).findings, "fit.rows-of-runs"), nullptr);
}

TEST(FitWidening, IsTheSameForAnyThreadsAndOrderOfRows) {
  Runs runs = law_runs(40, 6, 0.35, 0.37);
  FitOptions options;
  options.bootstrap = 20;
  options.threads = 1;
  const std::string wanted = law_text(fit(runs, options).law);
  options.threads = 3;
  EXPECT_EQ(law_text(fit(runs, options).law), wanted);
  for (auto* column :
       {&runs.params, &runs.tokens, &runs.flops, &runs.loss_nats}) {
    column->reverseInPlace();
  }
  EXPECT_EQ(law_text(fit(runs, options).law), wanted);
}

}  // namespace
}  // namespace isoflop
