// SPDX-License-Identifier: Apache-2.0
#include "cost/table_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/model.h"
#include "isoflop/report/csv.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

std::string file_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(testing::source_path(path)).rdbuf();
  return text.str();
}

/// A small table of its own.
struct Planet {
  std::string name;
  int moons = 0;
  std::optional<double> mass;

  static constexpr auto fields() {
    return std::make_tuple(field("name", &Planet::name, "its name"),
                           field("moons", &Planet::moons, "count", at_least(0)),
                           field("mass", &Planet::mass, "kg", kPositive));
  }
};

std::string problem_of(const std::string& text) {
  return message_of<DataError>(
      [&] { detail::read_rows<Planet>(text, "planets.csv"); });
}

TEST(ReadRows, ReadsTextsNumbersAndAbsentCells) {
  const auto rows = detail::read_rows<Planet>(
      "name,moons,mass\nEarth,1,5.97e24\n\"x, \"\"y\"\"\",0,\n", "planets.csv");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].mass, 5.97e24);
  EXPECT_EQ(rows[1].name, "x, \"y\"");
  EXPECT_FALSE(rows[1].mass.has_value());
}

TEST(ReadRows, SaysWhereATableIsWrong) {
  EXPECT_THAT(problem_of("name,moon,mass\n"),
              HasSubstr("planets.csv:1:6: column 2 is 'moon', but must be "
                        "'moons'"));
  EXPECT_THAT(problem_of("name,moons\n"), HasSubstr("column 3 is 'none'"));
  EXPECT_THAT(problem_of("name,moons,mass,more\n"), HasSubstr("column 4"));
  EXPECT_THAT(problem_of(""), HasSubstr("column 1 is 'none'"));
  EXPECT_THAT(problem_of("name,moons,mass\nEarth,1\n"),
              HasSubstr("planets.csv:2: 2 cells, but must be 3"));
  EXPECT_THAT(problem_of("name,moons,mass\nEarth,,1\n"),
              HasSubstr("planets.csv:2:7: moons: it is empty"));
  EXPECT_THAT(problem_of("name,moons,mass\nEarth,1,-2\n"), HasSubstr("> 0"));
  EXPECT_THAT(problem_of("name,moons,mass\nEarth,one,1\n"),
              HasSubstr("planets.csv:2:7: moons: 'one' is not a number"));
}

template <class Row>
void expect_documented(const std::string& head) {
  const std::string text = file_text("data/README.md");
  const std::size_t from = text.find("\n## " + head);
  ASSERT_NE(from, std::string::npos) << head;
  const std::string section =
      text.substr(from, text.find("\n## ", from + 1) - from);
  for (const std::string& name : column_names<Row>()) {
    EXPECT_THAT(section, HasSubstr("`" + name + "`"));
  }
}

TEST(Tables, EveryColumnIsInTheReadme) {
  expect_documented<Model>("models.csv");
  expect_documented<Accelerator>("accelerators.csv");
}

/// The table as its file has it, without the columns that follow.
template <class Row>
void expect_same_cells(const std::string& path, const std::string& csv) {
  std::istringstream file(file_text(path));
  std::istringstream made(csv);
  detail::CsvReader wanted(file, path);
  detail::CsvReader found(made, "made");
  const std::size_t count = option_infos<Row>().size();
  while (wanted.next()) {
    ASSERT_TRUE(found.next());
    ASSERT_EQ(wanted.cells().size(), count);
    ASSERT_EQ(found.cells().size(), column_names<Row>().size());
    for (std::size_t k = 0; k < count; ++k) {
      const std::string_view cell = found.cells()[k].text;
      if (cell == wanted.cells()[k].text) continue;
      EXPECT_EQ(parse_number(cell), parse_number(wanted.cells()[k].text))
          << path << " " << wanted.line();
    }
  }
  EXPECT_FALSE(found.next());
}

TEST(Tables, AsCsvHaveTheCellsOfTheirFiles) {
  expect_same_cells<Model>("data/models.csv", to_csv(published_models()));
  expect_same_cells<Accelerator>("data/accelerators.csv",
                                 to_csv(published_accelerators()));
}

}  // namespace
}  // namespace isoflop
