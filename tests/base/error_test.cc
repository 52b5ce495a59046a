// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/error.h"

#include <gtest/gtest.h>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/finding.h"
#include "support/matchers.h"

namespace isoflop {

namespace {
enum class Colour { Red, DarkBlue };
}  // namespace

template <>
struct EnumWords<Colour> {
  static constexpr std::pair<Colour, std::string_view> values[] = {
      {Colour::Red, "red"}, {Colour::DarkBlue, "dark-blue"}};
};

namespace {

using testing::message_of;

TEST(Location, WritesWhatIsKnown) {
  EXPECT_EQ(to_string(Location{"runs.csv", 12, 3}), "runs.csv:12:3");
  EXPECT_EQ(to_string(Location{"runs.csv", 12, 0}), "runs.csv:12");
  EXPECT_EQ(to_string(Location{"runs.csv", 0, 0}), "runs.csv");
  EXPECT_EQ(to_string(Location{"runs.csv", 0, 3}), "runs.csv");
  EXPECT_EQ(to_string(Location{}), "");
}

TEST(DataError, PutsThePlaceBeforeTheMessage) {
  const DataError error({"runs.csv", 12, 3}, "no number");
  EXPECT_STREQ(error.what(), "runs.csv:12:3: no number");
  EXPECT_EQ(error.location().path, "runs.csv");
  EXPECT_EQ(error.location().line, 12);
  EXPECT_EQ(error.location().column, 3);
}

TEST(DataError, WithoutAPlaceIsTheMessage) {
  EXPECT_STREQ(DataError({}, "no number").what(), "no number");
}

TEST(FileError, IsADataError) {
  EXPECT_THROW(throw FileError({"x.csv"}, "cannot be opened"), DataError);
}

TEST(EnumWords, GoesBothWays) {
  EXPECT_EQ(to_string(Colour::DarkBlue), "dark-blue");
  EXPECT_EQ(from_string<Colour>("dark-blue"), Colour::DarkBlue);
  EXPECT_EQ(words_of<Colour>(), (std::vector<std::string>{"red", "dark-blue"}));
}

TEST(EnumWords, RefusesAnUnknownWordWithTheNearest) {
  EXPECT_EQ(message_of([] { from_string<Colour>("darkblu"); }),
            "'darkblu' is not one of red and dark-blue; "
            "did you mean 'dark-blue'?");
  EXPECT_EQ(message_of([] { from_string<Colour>("green-ish"); }),
            "'green-ish' is not one of red and dark-blue");
}

Finding finding(std::string code, Severity severity) {
  return {std::move(code), severity, "", "", {}};
}

TEST(Finding, WorstIsTheMostSevere) {
  EXPECT_EQ(worst({}), Severity::Note);
  EXPECT_EQ(worst({finding("a", Severity::Warning),
                   finding("b", Severity::Error),
                   finding("c", Severity::Note)}),
            Severity::Error);
}

TEST(Finding, IsFoundByCode) {
  const std::vector<Finding> findings = {
      finding("fit.weak", Severity::Note),
      finding("plan.data-wall", Severity::Note)};
  EXPECT_EQ(find(findings, "plan.data-wall"), &findings[1]);
  EXPECT_EQ(find(findings, "plan.data"), nullptr);
  EXPECT_EQ(find({}, "plan.data"), nullptr);
}

TEST(Finding, NamesSeverities) {
  EXPECT_EQ(to_string(Severity::Note), "note");
  EXPECT_EQ(to_string(Severity::Warning), "warning");
  EXPECT_EQ(to_string(Severity::Error), "error");
}

}  // namespace
}  // namespace isoflop
