// SPDX-License-Identifier: Apache-2.0
#include "runs/json_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runs/table.h"

namespace isoflop {
namespace {

using testing::data_error;
using testing::dropping_bad;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read;

TEST(ReadJson, TakesObjectsOneALine) {
  const Runs runs = read(
      "{\"loss\": 3.5, \"params\": 1e8, \"tokens\": \"2B\"}\r\n\n"
      "{\"tokens\": 4000000000, \"loss\": 3, \"params\": 2e8, \"lr\": 0.1}");
  EXPECT_THAT(runs.loss_nats, ElementsAre(3.5, 3.0));
  EXPECT_THAT(runs.tokens, ElementsAre(2e9, 4e9));
  ASSERT_EQ(runs.extra.size(), 1U);
  EXPECT_TRUE(std::isnan(runs.extra[0].values[0]));
  EXPECT_EQ(runs.extra[0].values[1], 0.1);
}

TEST(ReadJson, TakesAnArrayOfObjectsOrAnObjectOfArrays) {
  const Runs rows = read(
      "[{\"loss\": 3, \"N\": 1e8, \"D\": 2e9},\n"
      " {\"loss\": 2, \"N\": 2e8, \"D\": 4e9}]");
  const Runs columns =
      read("{\"loss\": [3, 2], \"N\": [1e8, 2e8], \"D\": [2e9, 4e9]}");
  EXPECT_EQ(rows.params, columns.params);
  EXPECT_EQ(rows.loss_nats, columns.loss_nats);
}

TEST(ReadJson, FlattensNestedObjects) {
  const Runs runs =
      read("{\"config\": {\"size\": {\"n\": 1e8}}, \"D\": 2e9, \"loss\": 3}",
           testing::with_column({"params=config.size.n"}));
  EXPECT_EQ(runs.params[0], 1e8);
}

TEST(ReadJson, AcceptsBareNaNAndLocatesIt) {
  const std::string text =
      "{\"loss\": 3, \"N\": 1e8, \"D\": 2e9}\n"
      "{\"loss\": NaN, \"N\": 1e8, \"D\": 2e9}\n"
      "{\"loss\": -Infinity, \"N\": 1e8, \"D\": 2e9}\n";
  EXPECT_EQ(data_error(text),
            "runs.csv:2: loss is 'NaN', not a finite number; did the run "
            "diverge? (--drop-bad leaves such rows out)");
  EXPECT_EQ(read(text, dropping_bad()).size(), 1);
}

TEST(ReadJson, LeavesWordsInTextsAlone) {
  const Runs runs = read(
      "{\"name\": \"NaN \\\" Infinity\", \"loss\": 3, \"N\": 1e8, "
      "\"D\": 2e9}");
  EXPECT_THAT(runs.name, ElementsAre("NaN \" Infinity"));
}

TEST(ReadJson, LocatesWhatIsMalformed) {
  EXPECT_THAT(
      data_error("{\"loss\": 3}\n  {\"loss\": }\n"),
      HasSubstr("runs.csv:2:3: the JSON that begins here is malformed"));
  EXPECT_THAT(data_error("{\"loss\": 3,\n \"N\": [1"),
              HasSubstr("runs.csv:1:1: the bracket that opens here is not "
                        "closed"));
  EXPECT_THAT(data_error("[{\"loss\": 3}, 5]"),
              HasSubstr("runs.csv:1:15: a JSON object is needed here"));
  EXPECT_THAT(data_error("{\"a\": " + std::string(200000, '[')),
              HasSubstr("nested too deeply"));
  EXPECT_THAT(data_error("{\"loss\": 1e400}"),
              HasSubstr("malformed: number overflow parsing '1e400'"));
  EXPECT_THAT(data_error("[]"), HasSubstr("without a record"));
  EXPECT_THAT(data_error("{\"loss\": 3, \"N\": 1e8}"),
              HasSubstr("two of params, tokens and flops are needed"));
}

TEST(ReadJson, TellsACurveFromRuns) {
  EXPECT_THAT(data_error("{\"log_history\": [{\"step\": 1, \"loss\": 3}]}"),
              HasSubstr("isoflop convert"));
}

}  // namespace
}  // namespace isoflop
