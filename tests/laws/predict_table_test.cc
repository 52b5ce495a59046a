// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
