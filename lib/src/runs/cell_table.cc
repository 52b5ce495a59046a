// SPDX-License-Identifier: Apache-2.0
#include "runs/cell_table.h"

#include <algorithm>

#include "isoflop/base/error.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"

namespace isoflop::detail {

int Table::find(std::string_view column) const {
  const auto at = std::find(header.begin(), header.end(), column);
  return at == header.end() ? -1 : static_cast<int>(at - header.begin());
}

std::size_t Table::require(const std::string& column) {
  const int found = find(column);
  if (found >= 0) return static_cast<std::size_t>(found);
  header.push_back(column);
  for (TableRow& row : rows) row.cells.emplace_back();
  return header.size() - 1;
}

bool Table::has_any(std::size_t column) const {
  return std::any_of(rows.begin(), rows.end(), [&](const TableRow& row) {
    return !row.cells[column].empty();
  });
}

void Table::erase(std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  header.erase(header.begin() + at);
  for (TableRow& row : rows) row.cells.erase(row.cells.begin() + at);
}

bool TableSource::next() {
  cells_.clear();
  if (next_ > table_.rows.size()) return false;
  const bool is_header = next_ == 0;
  const auto& texts = is_header ? table_.header : table_.rows[next_ - 1].cells;
  if (!is_header) {
    line_ = table_.rows[next_ - 1].line;
    name_ = &table_.rows[next_ - 1].file;
  }
  for (const std::string& text : texts) cells_.push_back({text, line_, 0});
  ++next_;
  return true;
}

bool PointSource::next() {
  const bool found = source_.next();
  cells_ = source_.cells();
  texts_.assign(cells_.size(), {});
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const std::size_t comma = cells_[i].text.find(',');
    if (comma == std::string_view::npos) continue;
    texts_[i] = cells_[i].text;
    texts_[i][comma] = '.';
    if (loose_number(texts_[i])) cells_[i].text = texts_[i];
  }
  return found;
}

std::vector<std::string> header_names(const std::vector<CsvCell>& cells) {
  std::vector<std::string> names;
  names.reserve(cells.size());
  for (const CsvCell& cell : cells) names.emplace_back(trim(cell.text));
  return names;
}

Table table_of(RecordSource& source) {
  Table table;
  table.file = source.name();
  if (!source.next()) {
    throw DataError({table.file, 0, 0}, "no header: only blanks and comments");
  }
  table.header = header_names(source.cells());
  while (source.next()) {
    TableRow row{{}, source.line(), table.file};
    for (const CsvCell& cell : source.cells()) {
      row.cells.emplace_back(trim(cell.text));
    }
    if (row.cells.size() != table.header.size()) {
      throw DataError({table.file, row.line, 0},
                      std::to_string(row.cells.size()) +
                          " cells found, but the header has " +
                          std::to_string(table.header.size()));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace isoflop::detail
