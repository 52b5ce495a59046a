// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runs/column_map.h"

namespace isoflop::detail {

/// One condition on a cell, as `params>=1e8` or `family=c4`.
///
/// Numbers compare as quantities when both sides are such, in the unit of the
/// column; else = and != compare text, and an ordering does not hold.
class RowFilter {
 public:
  /// Splits "column=value" with =, ==, !=, <, <=, > or >=.
  /// @throws std::invalid_argument if it cannot be meant.
  explicit RowFilter(std::string_view text);

  /// Finds the column in a header, also by the name of its role.
  /// @param scales  base units in one unit of each role's column.
  /// @throws ColumnError if there is none or several.
  void bind(const std::vector<std::string>& header,
            const ColumnMap& map,
            const std::array<double, kRoleCount>& scales);

  bool keeps(std::string_view cell) const;

  int column() const { return column_; }
  const std::string& text() const { return text_; }
  /// The text that a cell must be; nullptr for any other condition.
  const std::string* wanted_text() const;
  std::int64_t removed = 0;  ///< rows that this condition left out

 private:
  enum class Relation { Equal, NotEqual, Less, LessEqual, More, MoreEqual };

  std::string text_;
  std::string name_;
  std::string value_;
  Relation relation_ = Relation::Equal;
  std::optional<double> number_;
  int column_ = -1;
  double scale_ = 1.0;
};

}  // namespace isoflop::detail
