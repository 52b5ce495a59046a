// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "runs/table.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;

NamedColumn column(std::string name, std::initializer_list<double> values) {
  NamedColumn result{std::move(name), Eigen::VectorXd(values.size())};
  Eigen::Index i = 0;
  for (const double value : values) result.values[i++] = value;
  return result;
}

std::string error_of(const std::vector<NamedColumn>& columns,
                     const std::vector<TextColumn>& texts = {}) {
  return message_of<std::invalid_argument>(
      [&] { runs_from_columns(columns, texts); });
}

const std::vector<NamedColumn> kColumns{column("L", {3.5, 3.0}),
                                        column("n_params", {1e8, 1e9}),
                                        column("tokens", {2e9, 2e10})};

std::vector<NamedColumn> with(NamedColumn extra) {
  std::vector<NamedColumn> columns = kColumns;
  columns.push_back(std::move(extra));
  return columns;
}

TEST(RunsFromColumns, ResolvesNamesAndDerivesFlops) {
  const Runs runs = runs_from_columns(
      kColumns, {{"Model", {" a", "b"}}, {"family", {"g", "h"}}});
  EXPECT_EQ(runs.size(), 2);
  EXPECT_EQ(runs.params[1], 1e9);
  EXPECT_EQ(runs.flops[1], 6.0 * 1e9 * 2e10);
  EXPECT_EQ(runs.derived, "flops");
  EXPECT_EQ(runs.source, "columns");
  EXPECT_THAT(runs.name, ElementsAre("a", "b"));
  EXPECT_THAT(runs.group, ElementsAre("g", "h"));
}

TEST(RunsFromColumns, KeepsUnknownColumns) {
  const Runs runs = runs_from_columns(with(column("lr", {std::nan(""), -1.0})));
  ASSERT_EQ(runs.extra.size(), 1U);
  EXPECT_EQ(runs.extra[0].name, "lr");
  EXPECT_EQ(runs.extra[0].values[1], -1.0);
}

TEST(RunsFromColumns, TurnsNumbersIntoGroups) {
  EXPECT_THAT(runs_from_columns(with(column("group", {1, 2.5}))).group,
              ElementsAre("1", "2.5"));
}

TEST(RunsFromColumns, LeavesOutTextsThatAreNotUsed) {
  const Runs runs = runs_from_columns(
      kColumns, {{"date", {"2024-01-01", ""}}, {"notes", {"short"}}});
  EXPECT_TRUE(runs.extra.empty());
  EXPECT_TRUE(runs.name.empty());
}

TEST(RunsFromColumns, LabelsWithoutAnyTextAreAbsent) {
  const double nan = std::nan("");
  EXPECT_TRUE(
      runs_from_columns(kColumns, {{"family", {"", " "}}}).group.empty());
  EXPECT_TRUE(
      runs_from_columns(with(column("group", {nan, nan}))).group.empty());
  EXPECT_THAT(runs_from_columns(with(column("group", {1, nan}))).group,
              ElementsAre("1", ""));
}

TEST(RunsFromColumns, ReadsNumbersWithUnits) {
  const std::vector<NamedColumn> columns{column("loss", {3.5, 3.0})};
  const std::vector<TextColumn> sizes{{"size", {"100M", "1B"}},
                                      {"train_tokens", {"2B tokens", "20e9"}}};
  EXPECT_EQ(runs_from_columns(columns, sizes).params[1], 1e9);
  EXPECT_EQ(runs_from_columns(columns, sizes).tokens[0], 2e9);
  EXPECT_THAT(error_of(columns, {{"N", {"1B", ""}}, sizes[1]}),
              HasSubstr("params in row 1 (from 0): '' is not a number"));
  EXPECT_THAT(error_of(kColumns, {{"weight", {"1", "much\x1b"}}}),
              HasSubstr("weight in row 1 (from 0): 'much\\x1b' is not"));
}

TEST(RunsFromColumns, NamesColumnAndRow) {
  std::vector<NamedColumn> columns = kColumns;
  columns[0].values[1] = -3.0;
  EXPECT_EQ(error_of(columns),
            "runs_from_columns: loss is -3 in row 1 (from 0), but must be "
            "finite and > 0");
  columns[0].values[1] = std::nan("");
  EXPECT_THAT(error_of(columns), HasSubstr("loss is nan in row 1"));
  columns[0].values[1] = std::numeric_limits<double>::infinity();
  EXPECT_THAT(error_of(columns), HasSubstr("loss is inf in row 1"));
  EXPECT_THAT(error_of(with(column("weight", {1, 0}))),
              HasSubstr("weight is 0 in row 1"));
  columns = kColumns;
  columns[1].values[0] = 1e305;
  EXPECT_THAT(error_of(columns), HasSubstr("flops, from C = 6 N D, is inf"));
}

TEST(RunsFromColumns, ChecksLengths) {
  EXPECT_EQ(error_of(with(column("lr", {1}))),
            "runs_from_columns: 'lr' has 1 rows, but loss has 2");
  EXPECT_THAT(error_of(kColumns, {{"run_id", {"a"}}}),
              HasSubstr("'run_id' has 1 rows, but loss has 2"));
  EXPECT_THAT(error_of(kColumns, {{"group", {"a", "b", "c"}}}),
              HasSubstr("'group' has 3 rows"));
  EXPECT_THAT(error_of({column("loss", {}), column("N", {}), column("D", {})}),
              HasSubstr("there are no rows"));
}

TEST(RunsFromColumns, TellsWhatIsMissing) {
  EXPECT_EQ(error_of({column("loss", {3}), column("N", {1e8})}),
            "runs_from_columns: two of params, tokens and flops are needed, "
            "but there is only params; columns found: loss and N");
  EXPECT_THAT(error_of({}), HasSubstr("no column holds the loss"));
  EXPECT_THAT(error_of(with(column("loss_nats", {3, 3}))),
              HasSubstr("both 'L' and 'loss_nats' may be loss; rename"));
}

TEST(RunsFromColumns, ChecksUnits) {
  std::vector<NamedColumn> columns = kColumns;
  columns[1].values /= 1e9;
  EXPECT_THAT(error_of(columns), HasSubstr("params looks like billions"));
}

}  // namespace
}  // namespace isoflop
