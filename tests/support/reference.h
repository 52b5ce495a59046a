// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "isoflop/units/text.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop::testing {

/// One row of a table of expected numbers.
class ReferenceRow {
 public:
  explicit ReferenceRow(std::map<std::string, std::string> cells)
      : cells_(std::move(cells)) {}

  const std::string& text(const std::string& column) const {
    return cells_.at(column);
  }
  bool has(const std::string& column) const {
    return !cells_.at(column).empty();
  }
  double number(const std::string& column) const {
    return parse_number(cells_.at(column));
  }
  /// Matches a number as near `expected` as `tolerance` says, which is
  /// absolute.
  auto is_met() const {
    return near_rel(number("expected"), {0.0, number("tolerance")});
  }

 private:
  std::map<std::string, std::string> cells_;
};

/// Rows of tests/reference/<name>. Cells are not quoted; the last column,
/// the source, may hold commas.
inline std::vector<ReferenceRow> reference_rows(const std::string& name) {
  const std::string path = source_path("tests/reference/" + name);
  std::ifstream in(path);
  const auto split = [](std::string line, std::size_t most) {
    std::vector<std::string> cells;
    while (cells.size() + 1 < most) {
      const std::size_t comma = line.find(',');
      if (comma == std::string::npos) break;
      cells.push_back(line.substr(0, comma));
      line.erase(0, comma + 1);
    }
    cells.push_back(line);
    return cells;
  };
  std::string line;
  if (!std::getline(in, line)) throw std::runtime_error(path + " is not here");
  const std::vector<std::string> names = split(line, 1000);
  std::vector<ReferenceRow> rows;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split(line, names.size());
    if (cells.size() != names.size()) {
      throw std::runtime_error(path + ": ragged row: " + line);
    }
    std::map<std::string, std::string> row;
    for (std::size_t k = 0; k < names.size(); ++k) row[names[k]] = cells[k];
    rows.emplace_back(std::move(row));
  }
  return rows;
}

}  // namespace isoflop::testing
