// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/table.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "cost/table_rows.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"
#include "runs/row_filter.h"

namespace isoflop::detail {
namespace {

/// The columns that go by the names of those of runs too: N, D, C, loss.
ColumnMap map_roles(const std::vector<std::string>& header) {
  constexpr std::pair<Role, std::string_view> kNames[] = {
      {Role::Params, "params"},
      {Role::Tokens, "tokens"},
      {Role::Flops, "flops"},
      {Role::Loss, "loss_nats"},
      {Role::UniqueTokens, "unique_tokens"},
      {Role::Name, "name"}};
  ColumnMap map;
  map.index.fill(-1);
  for (const auto& [role, name] : kNames) {
    map.index[static_cast<std::size_t>(role)] = find_column(header, name);
  }
  return map;
}

/// The condition with its number in the unit of the column: 180 GB as 1.8e11.
std::string in_base_unit(const std::string& text, const TextRows& rows) {
  constexpr const char* kSigns = "=!<>";
  const std::size_t at = text.find_first_of(kSigns);
  if (at == std::string::npos) return text;
  const int column = find_column(rows.names, text.substr(0, at));
  if (column < 0) return text;
  const Unit* const unit = rows.units[static_cast<std::size_t>(column)];
  const std::size_t start = text.find_first_not_of(kSigns, at);
  if (unit == nullptr || start == std::string::npos) return text;
  const std::string value(trim(std::string_view(text).substr(start)));
  if (value.empty()) return text;
  try {
    return text.substr(0, start) + format_exact(parse_quantity(value, *unit));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("where: " + quoted(text) + ": " + error.what());
  }
}

/// A text that no row has is a mistake, not an empty answer.
void require_known_text(const RowFilter& filter, const TextRows& rows) {
  const std::string* const wanted = filter.wanted_text();
  if (wanted == nullptr || filter.removed < std::ssize(rows.cells)) return;
  const auto column = static_cast<std::size_t>(filter.column());
  std::vector<std::string> known;
  for (const auto& row : rows.cells) known.push_back(row[column]);
  throw std::invalid_argument("where: '" + filter.text() + "': no row has " +
                              quoted(*wanted) + " in " + rows.names[column] +
                              did_you_mean(*wanted, known));
}

/// Lower-case words between blanks, - and _.
std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '_' || c == '\t') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += fold_name(std::string_view(&c, 1));
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool has_words(const RowNames& row, const std::vector<std::string>& words) {
  const std::string text = fold_name(row.id) + " " + fold_name(row.name);
  return !words.empty() &&
         std::all_of(words.begin(), words.end(), [&](const std::string& word) {
           return text.find(word) != std::string::npos;
         });
}

}  // namespace

void check_header(const std::vector<CsvCell>& cells,
                  const std::vector<std::string>& names,
                  const std::string& path) {
  for (std::size_t k = 0; k < std::max(cells.size(), names.size()); ++k) {
    const std::string found =
        k < cells.size() ? std::string(cells[k].text) : "none";
    const std::string wanted = k < names.size() ? names[k] : "none";
    if (found == wanted) continue;
    throw DataError({path, 1, k < cells.size() ? cells[k].column : 0},
                    "column " + std::to_string(k + 1) + " is " + quoted(found) +
                        ", but must be " + quoted(wanted));
  }
}

std::vector<std::size_t> kept_rows(const TextRows& rows,
                                   const std::vector<std::string>& where) {
  std::array<double, kRoleCount> scales{};
  scales.fill(1.0);
  std::vector<bool> keep(rows.cells.size(), true);
  for (const std::string& text : where) {
    RowFilter filter(in_base_unit(text, rows));
    try {
      filter.bind(rows.names, map_roles(rows.names), scales);
    } catch (const ColumnError& error) {
      throw std::invalid_argument(error.what());
    }
    const auto column = static_cast<std::size_t>(filter.column());
    for (std::size_t i = 0; i < rows.cells.size(); ++i) {
      if (filter.keeps(rows.cells[i][column])) continue;
      keep[i] = false;
      ++filter.removed;
    }
    require_known_text(filter, rows);
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (keep[i]) kept.push_back(i);
  }
  return kept;
}

std::size_t find_row(std::string_view what,
                     std::string_view wanted,
                     const std::vector<RowNames>& rows) {
  const std::string folded = fold_name(wanted);
  const std::vector<std::string> words = words_in(wanted);
  std::vector<std::string> ids;
  std::vector<std::string> near;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (folded == fold_name(rows[i].id) || folded == fold_name(rows[i].name)) {
      return i;
    }
    ids.emplace_back(rows[i].id);
    if (has_words(rows[i], words)) near.emplace_back(rows[i].id);
  }
  std::string hint = did_you_mean(wanted, ids);
  if (near.size() == 1) hint = "; did you mean '" + near.front() + "'?";
  if (near.size() > 1) {
    constexpr int kShown = 4;
    hint = "; did you mean one of " + list_names(near, kShown) + "?";
  }
  throw std::invalid_argument("unknown " + std::string(what) + " " +
                              quoted(wanted) + hint + " (`isoflop list " +
                              std::string(what) + "s` shows them)");
}

}  // namespace isoflop::detail
