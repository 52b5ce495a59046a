// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "isoflop/base/error.h"
#include "isoflop/cost/table.h"
#include "isoflop/units/quantity.h"
#include "runs/csv_reader.h"

namespace isoflop::detail {

/// @throws DataError unless the cells of the header are these names.
void check_header(const std::vector<CsvCell>& cells,
                  const std::vector<std::string>& names,
                  const std::string& path);

/// Reads one cell into the field of a row. Empty texts and absent values are
/// empty cells.
template <class T>
void read_cell(std::string_view text, const Bounds& bounds, T& value) {
  constexpr bool may_be_empty = std::is_same_v<T, std::string> || requires {
    value.has_value();
  };
  if (text.empty()) {
    if (!may_be_empty) throw std::invalid_argument("it is empty");
    return;
  }
  value = OptionValue<T>::read(text, bounds);
}

/// A table whose columns are exactly those of `Row::fields()`.
///
/// @throws DataError with line and column for whatever does not fit.
template <class Row>
std::vector<Row> read_rows(std::string_view text, const std::string& path) {
  std::istringstream in{std::string(text)};
  CsvReader reader(in, path);
  const std::vector<std::string> names = names_of(option_infos<Row>());
  reader.next();
  check_header(reader.cells(), names, path);
  std::vector<Row> rows;
  while (reader.next()) {
    const std::vector<CsvCell>& cells = reader.cells();
    if (cells.size() != names.size()) {
      throw DataError({path, reader.line(), 0},
                      std::to_string(cells.size()) + " cells, but must be " +
                          std::to_string(names.size()));
    }
    std::size_t at = 0;
    for_each_field(rows.emplace_back(), [&](const auto& field, auto& value) {
      const CsvCell& cell = cells[at++];
      try {
        read_cell(cell.text, field.bounds, value);
      } catch (const std::invalid_argument& error) {
        throw DataError({path, cell.line, cell.column},
                        std::string(field.name) + ": " + error.what());
      }
    });
  }
  return rows;
}

/// The text of each column, as `read_rows` reads it; "" for absent values.
template <class Row>
std::vector<std::string> cells_of(const Row& row) {
  std::vector<std::string> cells;
  for_each_column(row, [&](const auto&, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    std::string& cell = cells.emplace_back(OptionValue<T>::write(value));
    if constexpr (!std::is_same_v<T, std::string>) {
      const auto plus = cell.find("e+");  // 7e10, as people write it
      if (plus != std::string::npos) cell.erase(plus + 1, 1);
    }
  });
  return cells;
}

/// The unit of a column's values; nullptr for texts and plain numbers.
template <class T>
const Unit* unit_of_value(const T&) {
  return nullptr;
}
template <class Tag>
const Unit* unit_of_value(const std::optional<Quantity<Tag>>&) {
  return &Tag::unit;
}

/// A table as texts, for filters.
struct TextRows {
  std::vector<std::string> names;               ///< of the columns
  std::vector<const Unit*> units;               ///< of the columns, or nullptr
  std::vector<std::vector<std::string>> cells;  ///< of each row
};

/// Indices of the rows that every condition keeps.
///
/// @throws std::invalid_argument as RowFilter, for an unknown column, for a
///     number in another unit than its column's, and for a text that no row
///     has in its column.
std::vector<std::size_t> kept_rows(const TextRows& rows,
                                   const std::vector<std::string>& where);

template <class Row>
std::vector<Row> filter_rows(const std::vector<Row>& rows,
                             const TableFilter& filter) {
  TextRows texts;
  for_each_column(Row(), [&](const auto& column, const auto& value) {
    texts.names.emplace_back(column.name);
    texts.units.push_back(unit_of_value(value));
  });
  for (const Row& row : rows) texts.cells.push_back(cells_of(row));
  std::vector<Row> kept;
  for (const std::size_t i : kept_rows(texts, filter.where)) {
    kept.push_back(rows[i]);
  }
  return kept;
}

/// What a row may be called.
struct RowNames {
  std::string_view id;
  std::string_view name;
};

/// Index of the row of this id or name.
///
/// @param what  for messages: "model".
/// @throws std::invalid_argument naming the rows whose name has all the words
///     of `wanted`, else the nearest one.
std::size_t find_row(std::string_view what,
                     std::string_view wanted,
                     const std::vector<RowNames>& rows);

template <class Row>
const Row& find_row(std::string_view what,
                    std::string_view wanted,
                    const std::vector<Row>& rows) {
  std::vector<RowNames> names;
  for (const Row& row : rows) names.push_back({row.id, row.name});
  return rows[find_row(what, wanted, names)];
}

}  // namespace isoflop::detail
