// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::kRounding;
using testing::near_rel;

PlannedRuns three_runs() {
  PlannedRuns runs;
  runs.params = Eigen::Vector3d(1e9, 7e10, 1e13);
  runs.tokens = Eigen::Vector3d(2e10, 1.4e12, 2e14);
  return runs;
}

TEST(PredictTable, SaysOfEveryRowWhatPredictSays) {
  const Law law = published_law("besiroglu2024");
  const PredictionTable table = predict_table(law, three_runs());
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_FALSE(table.is_forecast);
  for (const PredictedRun& row : table.rows) {
    const Prediction one = predict(law, row.params, row.tokens);
    EXPECT_THAT(row.loss.value(), near_rel(one.value, kRounding));
    EXPECT_THAT(row.curve->low, near_rel(one.interval->low, kRounding));
    EXPECT_THAT(row.curve->high, near_rel(one.interval->high, kRounding));
    EXPECT_EQ(row.extrapolation, one.extrapolation);
    EXPECT_FALSE(row.run.has_value());
  }
  EXPECT_NE(find(table.findings, "law.extrapolation"), nullptr);
  EXPECT_FALSE(table.score.has_value());
}

TEST(PredictTable, HasTheIntervalOfARunWhereItsScatterIsKnown) {
  Law law = published_law("besiroglu2024");
  law.scatter = Scatter{0.01, 30.0};
  law.widening = {{10.0, 3.0, 5}};
  for (const PredictedRun& row : predict_table(law, three_runs()).rows) {
    const Prediction one = predict(law, row.params, row.tokens);
    ASSERT_TRUE(row.run.has_value());
    EXPECT_THAT(row.run->low, near_rel(one.run_interval->low, kRounding));
    EXPECT_THAT(row.run->high, near_rel(one.run_interval->high, kRounding));
    EXPECT_LT(row.run->low, row.curve->low);
  }
}

TEST(PredictTable, AHundredTimesIsNotBeyondAHundredTimes) {
  const Law law = published_law("besiroglu2024");
  const double most = law.range.flops->high;
  PlannedRuns runs;
  runs.params = Eigen::VectorXd::Constant(1, 1e11);
  runs.tokens = Eigen::VectorXd::Constant(1, 100.00000000000002 * most / 6e11);
  EXPECT_EQ(find(predict_table(law, runs).findings, "law.extrapolation"),
            nullptr);
  runs.tokens *= 1.001;
  EXPECT_NE(find(predict_table(law, runs).findings, "law.extrapolation"),
            nullptr);
}

TEST(PredictTable, ScoresWhatIsKnown) {
  const Law law = published_law("besiroglu2024");
  PlannedRuns runs = three_runs();
  runs.loss_nats.resize(3);
  for (Eigen::Index i = 0; i < 3; ++i) {
    runs.loss_nats[i] =
        law.loss(Params(runs.params[i]), Tokens(runs.tokens[i])).value() /
        (i == 0 ? 1.1 : 1.0);
  }
  const PredictionTable table = predict_table(law, runs);
  EXPECT_THAT(table.score->mean_abs_error, near_rel(0.1 / 3.0, kRounding));
  EXPECT_THAT(table.score->mean_error, near_rel(0.1 / 3.0, kRounding));
  EXPECT_THAT(*table.score->coverage, near_rel(2.0 / 3.0, kRounding));
}

TEST(PredictTable, WarnsBelowTheSmallestRunToo) {
  const Law law = published_law("besiroglu2024");
  PlannedRuns runs = three_runs();
  runs.params *= 1e-4;
  runs.tokens *= 1e-4;
  const PredictionTable table = predict_table(law, runs);
  const Finding* finding = find(table.findings, "law.extrapolation");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->message, ::testing::HasSubstr("smallest"));
}

TEST(PredictTable, WidensBeyondTheRunsAsTheBackTestSays) {
  Law law = published_law("besiroglu2024");
  const PlannedRuns runs = three_runs();
  const PredictionTable plain = predict_table(law, runs);
  law.widening = {{10.0, 3.0, 5}};
  const PredictionTable wide = predict_table(law, runs);
  for (std::size_t k = 0; k < 3; ++k) {
    const PredictedRun& row = wide.rows[k];
    const double factor = law.widening_at(row.flops);
    EXPECT_EQ(row.widening, factor);
    EXPECT_EQ(row.widening, predict(law, row.params, row.tokens).widening);
    const double loss = row.loss.value();
    EXPECT_THAT(std::log(row.curve->high / loss),
                near_rel(factor * std::log(plain.rows[k].curve->high / loss),
                         testing::kSolver));
  }
  EXPECT_EQ(wide.rows[0].widening, 1.0);
  EXPECT_EQ(wide.rows[2].widening, 3.0);
}

TEST(Law, WidensLinearlyInLogComputeBetweenDistances) {
  Law law = published_law("besiroglu2024");
  const double most = law.range.flops->high;
  EXPECT_EQ(law.widening_at(Flops(10 * most)), 1.0);
  law.widening = {{10.0, 2.0, 5}, {100.0, 5.0, 5}};
  EXPECT_EQ(law.widening_at(Flops(0.1 * most)), 1.0);
  EXPECT_EQ(law.widening_at(Flops(most)), 1.0);
  EXPECT_THAT(law.widening_at(Flops(std::sqrt(10.0) * most)),
              near_rel(1.5, kRounding));
  EXPECT_THAT(law.widening_at(Flops(10.0 * most)), near_rel(2.0, kRounding));
  EXPECT_THAT(law.widening_at(Flops(std::sqrt(1000.0) * most)),
              near_rel(3.5, kRounding));
  EXPECT_EQ(law.widening_at(Flops(1e4 * most)), 5.0);
  const Law back = parse_law(law_text(law), "law.json");
  ASSERT_EQ(back.widening.size(), 2u);
  EXPECT_EQ(back.widening[1].factor, 5.0);
  EXPECT_EQ(back.widening[1].runs, 5);
}

TEST(PredictTable, RefusesRowsThatAreNone) {
  const Law law = published_law("besiroglu2024");
  PlannedRuns runs = three_runs();
  runs.tokens[1] = 0.0;
  EXPECT_THROW(predict_table(law, runs), std::invalid_argument);
  EXPECT_THROW(predict_table(law, PlannedRuns{}), std::invalid_argument);
  runs = three_runs();
  runs.loss_nats = Eigen::Vector3d(2.0, 0.0, 2.1);
  EXPECT_THROW(predict_table(law, runs), std::invalid_argument);
  EXPECT_THROW(predict_table(published_law("llama3-2024"), three_runs()),
               std::invalid_argument);
}

}  // namespace
}  // namespace isoflop
