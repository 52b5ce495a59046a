// SPDX-License-Identifier: Apache-2.0
#include "runs/row_filter.h"

#include <cstddef>
#include <stdexcept>
#include <utility>

#include "runs/cell_text.h"

namespace isoflop::detail {

RowFilter::RowFilter(std::string_view text) : text_(excerpt(text)) {
  constexpr std::array<std::pair<std::string_view, Relation>, 7> kRelations{
      {{"!=", Relation::NotEqual},
       {">=", Relation::MoreEqual},
       {"<=", Relation::LessEqual},
       {"==", Relation::Equal},
       {"=", Relation::Equal},
       {">", Relation::More},
       {"<", Relation::Less}}};
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument("where: '" + text_ + "' " + problem);
  };
  const auto at = text.find_first_of("=!<>");
  std::string_view sign;
  if (at != std::string_view::npos) {
    for (const auto& [word, relation] : kRelations) {
      if (!sign.empty() || !text.substr(at).starts_with(word)) continue;
      sign = word;
      relation_ = relation;
    }
  }
  if (sign.empty() || trim(text.substr(0, at)).empty()) {
    fail("is not a condition; write COLUMN=VALUE, or !=, <, <=, > or >=");
  }
  name_ = trim(text.substr(0, at));
  value_ = trim(text.substr(at + sign.size()));
  number_ = loose_number(value_);
  const bool orders =
      relation_ != Relation::Equal && relation_ != Relation::NotEqual;
  if (orders && !number_) {
    fail("needs a number behind " + std::string(sign));
  }
}

void RowFilter::bind(const std::vector<std::string>& header,
                     const ColumnMap& map,
                     const std::array<double, kRoleCount>& scales) {
  column_ = find_column(header, name_);
  if (column_ < 0) {
    const int role = role_of(name_);
    if (role >= 0) column_ = map.index[static_cast<std::size_t>(role)];
    if (role >= 0 && column_ < 0) {
      throw ColumnError("where: '" + text_ + "': no column holds " +
                        std::string(name_of(static_cast<Role>(role))) +
                        "; columns found: " + list_names(header));
    }
  }
  if (column_ < 0) {
    throw ColumnError("where: '" + text_ + "': no column " + quoted(name_) +
                      near_column(name_, header) +
                      "; columns found: " + list_names(header));
  }
  for (std::size_t role = 0; role < map.index.size(); ++role) {
    if (map.index[role] == column_) scale_ = scales[role];
  }
}

const std::string* RowFilter::wanted_text() const {
  const bool is_text = !number_ && !value_.empty();
  return is_text && relation_ == Relation::Equal ? &value_ : nullptr;
}

bool RowFilter::keeps(std::string_view cell) const {
  cell = trim(cell);
  const bool same_text = cell == value_;
  const auto value = number_ ? loose_number(cell) : std::nullopt;
  if (!value) {
    if (relation_ == Relation::Equal) return same_text;
    return relation_ == Relation::NotEqual && !same_text;
  }
  const double number = *value * scale_;
  switch (relation_) {
    case Relation::Equal:
      return number == *number_;
    case Relation::NotEqual:
      return number != *number_;
    case Relation::Less:
      return number < *number_;
    case Relation::LessEqual:
      return number <= *number_;
    case Relation::More:
      return number > *number_;
    default:
      return number >= *number_;
  }
}

}  // namespace isoflop::detail
