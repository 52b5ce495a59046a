// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"

namespace isoflop {

/// Whether the cells of a row were compared with the source they name.
enum class Verification {
  Seen,        ///< all of them
  Partial,     ///< all but those that `unverified` names
  Unverified,  ///< none: they are from memory
  Computed     ///< not an observation: follows from other rows
};

template <>
struct EnumWords<Verification> {
  static constexpr std::pair<Verification, std::string_view> values[] = {
      {Verification::Seen, "seen"},
      {Verification::Partial, "partial"},
      {Verification::Unverified, "unverified"},
      {Verification::Computed, "computed"}};
};

/// A column that follows from those of the file.
template <class Owner, class T>
struct DerivedColumn {
  std::string_view name;
  T (Owner::*get)() const;
  std::string_view help;
};

template <class Owner, class T>
constexpr DerivedColumn<Owner, T> derived_column(std::string_view name,
                                                 T (Owner::*get)() const,
                                                 std::string_view help) {
  return {name, get, help};
}

/// Calls `visit(column, value)` for each column of a row: those of the file,
/// by `Row::fields()`, then those that follow, by `Row::derived()`.
template <class Row, class Visit>
void for_each_column(const Row& row, Visit&& visit) {
  for_each_field(row, visit);
  std::apply(
      [&](const auto&... columns) {
        (visit(columns, (row.*(columns.get))()), ...);
      },
      Row::derived());
}

template <class Row>
std::vector<std::string> column_names() {
  std::vector<std::string> names;
  for_each_column(Row(), [&](const auto& column, const auto&) {
    names.emplace_back(column.name);
  });
  return names;
}

/// Which rows of a table are wanted.
struct TableFilter {
  std::vector<std::string> where;

  static constexpr auto fields() {
    return std::make_tuple(
        field("where",
              &TableFilter::where,
              "keep rows where a column holds a value: org=Meta, "
              "params>=10B; all must hold (repeatable)"));
  }
};

}  // namespace isoflop
