// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/law_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "isoflop/base/error.h"
#include "isoflop/fit/backtest.h"
#include "support/matchers.h"
#include "support/paths.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::source_path;
using testing::TemporaryFolder;

std::string pile() { return source_path("data/pilot/pile.csv"); }

TEST(LawSource, TakesAnIdALawAndRuns) {
  const TemporaryFolder folder;
  write_law(published_law("hoffmann2022"), folder / "law.json");
  EXPECT_EQ(law_or_forecast("besiroglu2024").id, "besiroglu2024");
  EXPECT_EQ(law_or_forecast(folder / "law.json").id, "hoffmann2022");
  const Law law = law_or_forecast(pile());
  EXPECT_TRUE(law.is_forecast());
  EXPECT_EQ(law.coefficients, forecast(read_runs(pile())).law.coefficients);
}

TEST(LawSource, ReadsAndLearnsAsAsked) {
  ForecastOptions options;
  options.form = "additive";
  const Law law = law_or_forecast(pile(), false, {}, options);
  EXPECT_EQ(law.form->name(), "additive");
  EXPECT_EQ(law.provenance.options.at("form"), "additive");
}

TEST(LawSource, SaysWhatAFileIsThatIsNeither) {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& name, const std::string& text) {
    const std::string path = folder.write(name, text);
    return message_of<DataError>([&] { law_or_forecast(path); });
  };
  EXPECT_THAT(said("runs.txt", "params,tokens,loss\n"),
              HasSubstr(".csv, .tsv or .jsonl"));
  EXPECT_THAT(said("state.json", "{\"log_history\": []}"),
              HasSubstr("isoflop convert"));
  EXPECT_THAT(said("list.json", "[1, 2]"), HasSubstr("is no law"));
  EXPECT_THROW(law_or_forecast(folder / "none.csv"), FileError);
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { law_or_forecast("nobody"); }),
      HasSubstr(".csv, .tsv or .jsonl"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { find_law("runs.csv"); }),
              HasSubstr("is a table of runs"));
}

// The counts of a whole back-test, which has them by distance.
TEST(LawSource, TestsAForecastAsBacktestDoes) {
  const Law law = law_or_forecast(pile());
  ASSERT_TRUE(law.tested.has_value());
  BacktestOptions options;
  options.bootstrap = 10;
  const Backtest test = backtest(read_runs(pile()), options);
  int runs = 0;
  double inside = 0.0;
  for (const auto& score : test.method("forecast")->by_distance) {
    if (!score) continue;
    runs += score->runs;
    inside += score->coverage * score->runs;
  }
  EXPECT_EQ(law.tested->runs, runs);
  EXPECT_EQ(law.tested->inside, static_cast<int>(std::lround(inside)));
  EXPECT_GT(law.tested->distance, 10.0);
  EXPECT_DOUBLE_EQ(law.tested->level, 0.9);
}

TEST(LawSource, SaysThatNothingCouldBeTested) {
  const TemporaryFolder folder;
  std::string text = "params,tokens,loss\n";
  for (const double n : {1e8, 2e8, 4e8}) {
    for (const double d : {2e9, 4e9, 8e9}) {
      text += std::to_string(n) + "," + std::to_string(d) + "," +
              std::to_string(1.7 + 400 / std::pow(n, 0.34) +
                             400 / std::pow(d, 0.28)) +
              "\n";
    }
  }
  const Law law = law_or_forecast(folder.write("runs.csv", text));
  ASSERT_TRUE(law.tested.has_value());
  EXPECT_EQ(law.tested->runs, 0);
}

TEST(LawSource, KeepsWhatWasTestedInTheSavedLaw) {
  const Law law = law_or_forecast(pile());
  const Law back = parse_law(law_text(law), "law.json");
  ASSERT_TRUE(back.tested.has_value());
  EXPECT_EQ(back.tested->inside, law.tested->inside);
  EXPECT_EQ(back.tested->distance, law.tested->distance);
  EXPECT_EQ(law_text(back), law_text(law));
}

}  // namespace
}  // namespace isoflop
