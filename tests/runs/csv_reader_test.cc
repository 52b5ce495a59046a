// SPDX-License-Identifier: Apache-2.0
#include "runs/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "runs/table.h"

namespace isoflop {
namespace {

using detail::CsvCell;
using detail::CsvReader;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::istream& in,
             char separator = ',',
             const std::string& comment = "") {
  CsvReader reader(in, "t.csv", comment);
  reader.set_separator(separator);
  Rows rows;
  while (reader.next()) {
    rows.emplace_back();
    for (const CsvCell& cell : reader.cells()) {
      rows.back().emplace_back(cell.text);
    }
  }
  return rows;
}

Rows rows_of(const std::string& text,
             char separator = ',',
             const std::string& comment = "") {
  std::istringstream in(text);
  return rows_of(in, separator, comment);
}

std::string error_of(const std::string& text) {
  return message_of<DataError>([&] { rows_of(text); });
}

const Rows kTwoByTwo{{"a", "b"}, {"1", "2"}};

TEST(CsvReader, ReadsEveryLineEnd) {
  EXPECT_EQ(rows_of("a,b\n1,2\n"), kTwoByTwo);
  EXPECT_EQ(rows_of("a,b\r\n1,2\r\n"), kTwoByTwo);
  EXPECT_EQ(rows_of("a,b\r1,2\r"), kTwoByTwo);
  EXPECT_EQ(rows_of("a,b\r\n1,2"), kTwoByTwo);
  EXPECT_EQ(rows_of("a,b\n\r\n\r1,2\r"), kTwoByTwo);
}

TEST(CsvReader, SkipsByteOrderMarkAndBlankRecords) {
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "a,b\n\n  \n,\n1,2\n , \n"),
            kTwoByTwo);
}

TEST(CsvReader, ReadsQuotedCells) {
  EXPECT_THAT(rows_of("\"a,b\",\"c\nd\",\"e\"\"f\"\"\"\n"),
              ElementsAre(ElementsAre("a,b", "c\nd", "e\"f\"")));
  EXPECT_THAT(rows_of("\"a\", \"b\" ,\"\"\n"),
              ElementsAre(ElementsAre("a", "b", "")));
}

TEST(CsvReader, KeepsAQuoteWithinAPlainCell) {
  EXPECT_THAT(rows_of("5\" disk,b\n"),
              ElementsAre(ElementsAre("5\" disk", "b")));
}

TEST(CsvReader, KeepsEmptyCells) {
  EXPECT_THAT(rows_of(",a,\n"), ElementsAre(ElementsAre("", "a", "")));
  EXPECT_THAT(rows_of("a,"), ElementsAre(ElementsAre("a", "")));
}

TEST(CsvReader, HasNoRecordsInEmptyText) {
  EXPECT_THAT(rows_of(""), IsEmpty());
  EXPECT_THAT(rows_of("\n\r\n"), IsEmpty());
}

TEST(CsvReader, TellsLineAndByteColumnOfCells) {
  std::istringstream in("# x\r\nab,\"c\nd\",e\r\nf,g\n");
  CsvReader reader(in, "t.csv", "#");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.line(), 2);
  ASSERT_EQ(reader.cells().size(), 3U);
  EXPECT_EQ(reader.cells()[1].line, 2);
  EXPECT_EQ(reader.cells()[1].column, 4);
  EXPECT_EQ(reader.cells()[2].line, 3);
  EXPECT_EQ(reader.cells()[2].column, 4);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.line(), 4);
  EXPECT_EQ(reader.cells()[1].column, 3);
  EXPECT_FALSE(reader.next());
}

TEST(CsvReader, SkipsCommentsOnlyWhenAsked) {
  EXPECT_EQ(rows_of("# x,y\na,b\n#\n1,2\n#", ',', "#"), kTwoByTwo);
  EXPECT_THAT(rows_of("#a,b\n"), ElementsAre(ElementsAre("#a", "b")));
}

TEST(CsvReader, TellsWhereAQuoteIsNotClosed) {
  EXPECT_EQ(error_of("a,b\n1,\"2\n3\n"),
            "t.csv:2:3: the quote that opens here is not closed");
}

TEST(CsvReader, RefusesTextBehindAQuote) {
  EXPECT_THAT(error_of("a,\"b\"c\n"), HasSubstr("t.csv:1:6: text after"));
}

TEST(CsvReader, RefusesNulBytes) {
  using namespace std::string_literals;
  EXPECT_EQ(error_of("a,b\n1,2\0\n"s),
            "t.csv:2:4: NUL byte; is this a binary file?");
  EXPECT_THAT(error_of("a,\"b\0\"\n"s), HasSubstr("t.csv:1:5: NUL byte"));
  EXPECT_THAT(error_of("a,\"b\"\0\n"s), HasSubstr("t.csv:1:6: NUL byte"));
}

TEST(CsvReader, RefusesLinesBeyond16MB) {
  const std::string line(std::size_t{17} << 20, 'x');
  EXPECT_THAT(error_of("a\n" + line), HasSubstr("t.csv:2: the line is longer"));
  EXPECT_THAT(error_of("a\n\"" + line), HasSubstr("is a quote not closed?"));
}

TEST(CsvReader, ReadsLinesLongerThanABlock) {
  const std::string cell(std::size_t{5} << 20, 'x');
  EXPECT_THAT(rows_of("a,b\n" + cell + ",\"" + cell + "\"\"\"\n1,2\n"),
              ElementsAre(ElementsAre("a", "b"),
                          ElementsAre(cell, cell + "\""),
                          ElementsAre("1", "2")));
}

TEST(CsvReader, SkipsACommentOfAnyLength) {
  const std::string comment(std::size_t{40} << 20, 'x');
  EXPECT_EQ(rows_of("a,b\n#" + comment + "\n1,2\n", ',', "#"), kTwoByTwo);
}

TEST(CsvReader, DoesNotDependOnBlockBounds) {
  // Rows of awkward lengths: every construct crosses the 1 MiB blocks.
  std::string text = "a,b\r\n";
  Rows expected{{"a", "b"}};
  for (int i = 0; i < 200000; ++i) {
    const std::string number = std::to_string(i * 7919);
    text += number + ",\"x\"\"y\r\n" + number + "\"\r\n";
    expected.push_back({number, "x\"y\r\n" + number});
  }
  EXPECT_EQ(rows_of(text), expected);
}

TEST(CsvReader, RefusesAFailedStream) {
  std::istringstream in("a,b\n");
  in.setstate(std::ios::failbit);
  EXPECT_THROW(rows_of(in), FileError);
}

TEST(SniffSeparator, FindsTheMostFrequentOutsideQuotes) {
  EXPECT_EQ(detail::sniff_separator("a,b\n1;2;3;4\n", ""), ',');
  EXPECT_EQ(detail::sniff_separator("a;b,c;d\n", ""), ';');
  EXPECT_EQ(detail::sniff_separator("a\tb\n", ""), '\t');
  EXPECT_EQ(detail::sniff_separator("\"a;b;c;d\",e\n", ""), ',');
  EXPECT_EQ(detail::sniff_separator("\n# a;b;c\r\nd\te\n", "#"), '\t');
  EXPECT_EQ(detail::sniff_separator("a\n", ""), ',');
  EXPECT_EQ(detail::sniff_separator("", ""), ',');
}

}  // namespace
}  // namespace isoflop
