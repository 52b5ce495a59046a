// SPDX-License-Identifier: Apache-2.0
#include "runs/row_reader.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"

namespace isoflop::detail {
namespace {

Eigen::VectorXd take_vector(std::vector<double>& values) {
  Eigen::VectorXd result = Eigen::Map<const Eigen::VectorXd>(
      values.data(), static_cast<Eigen::Index>(values.size()));
  std::vector<double>().swap(values);
  return result;
}

/// "1,5" and "3,2e8", as a German spreadsheet writes 1.5.
bool has_decimal_comma(std::string_view text) {
  const auto comma = text.find(',');
  return comma != std::string_view::npos &&
         plain_number(std::string(text.substr(0, comma)) + "." +
                      std::string(text.substr(comma + 1)));
}

std::string_view positive_hint(Role role, double value) {
  if (role == Role::Loss) {
    return "; is it a log-probability or a reward? loss is in nats per token";
  }
  if (role == Role::Tokens && value == 0.0) return "; is it a row of step 0?";
  return "";
}

}  // namespace

RowReader::RowReader(const std::vector<std::string>& header,
                     const ColumnMap& map,
                     const std::array<double, kRoleCount>& scales,
                     char separator,
                     const ReadOptions& options)
    : header_(header),
      map_(map),
      scales_(scales),
      separator_(separator),
      options_(options) {
  int missing = 0;
  for (int role = 0; role < 3; ++role) {
    if (map.index[static_cast<std::size_t>(role)] >= 0) continue;
    derived_ = role;
    ++missing;
  }
  if (missing > 1) derived_ = -1;  // of compute alone nothing follows
  for (std::size_t i = 0; i < header.size(); ++i) {
    const int column = static_cast<int>(i);
    const bool is_index =
        header[i].empty() || header[i].starts_with("Unnamed:");
    if (map.uses(column) || is_index) continue;
    extras_.push_back({column, header[i], {}});
  }
}

bool RowReader::reject(Role role,
                       const CsvCell& cell,
                       std::string reason,
                       const std::string& problem) {
  const std::string& column = header_[static_cast<std::size_t>(map_.of(role))];
  std::string name(name_of(role));
  if (column != name) name += " (column " + quoted(column) + ")";
  bad_ = {std::move(reason), name + " " + problem, cell.line, cell.column};
  return false;
}

/// Says why a cell is not a finite number.
bool RowReader::reject_text(Role role, const CsvCell& cell) {
  constexpr std::size_t kLongestQuote = 60;
  const std::string_view text = trim(cell.text);
  if (text.empty()) return reject(role, cell, "empty", "is empty");
  if (is_missing_word(text)) {
    return reject(role, cell, "empty", "is " + quoted(text) + ", no value");
  }
  const auto number = plain_number(text.substr(text.front() == '+' ? 1 : 0));
  if (number && !std::isfinite(*number)) {
    return reject(role,
                  cell,
                  "not_finite",
                  "is " + quoted(text) + ", not a finite number" +
                      (role == Role::Loss ? "; did the run diverge?" : ""));
  }
  if (separator_ != ',' && has_decimal_comma(text)) {
    reject(role,
           cell,
           "decimal_comma",
           "is " + quoted(text) + ", with a decimal comma: --decimal ,");
    bad_.may_drop = false;
    return false;
  }
  std::string problem = quoted(text) + " is not a number";
  if (text.size() <= kLongestQuote && excerpt(text) == text) {
    try {
      const Unit* unit = unit_of(role);
      unit != nullptr ? parse_quantity(text, *unit) : parse_number(text);
    } catch (const std::invalid_argument& error) {
      problem = error.what();
    }
  }
  reject(role, cell, "not_a_number", "");
  bad_.message.pop_back();
  bad_.message += ": " + problem;
  return false;
}

bool RowReader::read_number(Role role, const CsvCell& cell) {
  const auto index = static_cast<std::size_t>(role);
  const std::string_view text = trim(cell.text);
  auto value = plain_number(text);
  if (!value && !text.empty()) {
    try {
      const Unit* unit = unit_of(role);
      value =
          unit != nullptr ? parse_quantity(text, *unit) : parse_number(text);
    } catch (const std::invalid_argument&) {
      value.reset();
    }
  }
  if (!value || !std::isfinite(*value)) return reject_text(role, cell);
  if (*value <= 0.0) {
    const bool is_start = role == Role::Tokens && *value == 0.0;
    reject(role,
           cell,
           is_start ? "before_training" : "not_positive",
           "is " + quoted(text) + ", but must be > 0" +
               std::string(positive_hint(role, *value)));
    bad_.must_drop = is_start;
    return false;
  }
  row_[index] = *value * scales_[index];
  if (row_[index] > 0.0 && std::isfinite(row_[index])) return true;
  return reject(role,
                cell,
                "out_of_range",
                "is " + quoted(text) + " times " +
                    format_exact(scales_[index]) +
                    ", outside the range of a double");
}

/// The loss in nats, and its weight from its standard deviation.
bool RowReader::convert_loss(const std::vector<CsvCell>& cells) {
  if (map_.of(Role::Loss) < 0) return true;
  const auto at = [](Role role) { return static_cast<std::size_t>(role); };
  LossUnit unit = options_.loss_unit;
  const int label = map_.of(Role::LossUnit);
  if (label >= 0) {
    const CsvCell& cell = cells[static_cast<std::size_t>(label)];
    const auto read = loss_unit_of(trim(cell.text));
    if (!read) {
      return reject(Role::LossUnit,
                    cell,
                    "unit",
                    "is " + quoted(cell.text) + ", but must be one of " +
                        join_words(words_of<LossUnit>()));
    }
    unit = *read;
  }
  std::optional<double> bytes = options_.bytes_per_token;
  if (map_.of(Role::BytesPerToken) >= 0) bytes = row_[at(Role::BytesPerToken)];
  double& loss = row_[at(Role::Loss)];
  const NatsLoss nats = nats_from(loss, unit, bytes);
  if (nats.value <= 0.0) {
    const CsvCell& cell = cells[static_cast<std::size_t>(map_.of(Role::Loss))];
    return reject(Role::Loss,
                  cell,
                  "not_positive",
                  "is " + quoted(cell.text) + ", but a perplexity is above 1");
  }
  notes_.add(nats,
             map_.of(Role::LossSd) < 0 ? 0.0 : row_[at(Role::LossSd)] / loss);
  if (map_.of(Role::LossSd) >= 0) {
    row_[at(Role::LossSd)] *= nats.slope;
    const double share = nats.value / row_[at(Role::LossSd)];
    if (map_.of(Role::Weight) < 0) row_[at(Role::Weight)] = share * share;
  }
  loss = nats.value;
  return true;
}

/// The one of N, D and C that is not in the table: C = 6 N D.
bool RowReader::derive_third(const std::vector<CsvCell>& cells) {
  if (derived_ < 0) return true;
  const auto derived = static_cast<std::size_t>(derived_);
  const Params params(row_[0]);
  const Tokens tokens(row_[1]);
  const Flops flops(row_[2]);
  switch (static_cast<Role>(derived_)) {
    case Role::Params:
      row_[derived] = params_for(flops, tokens).value();
      break;
    case Role::Tokens:
      row_[derived] = tokens_for(flops, params).value();
      break;
    default:
      row_[derived] = train_flops(params, tokens).value();
  }
  if (row_[derived] > 0.0 && std::isfinite(row_[derived])) return true;
  const Role given = derived_ == 0 ? Role::Tokens : Role::Params;
  return reject(given,
                cells[static_cast<std::size_t>(map_.of(given))],
                "out_of_range",
                "puts C = 6 N D outside the range of a double");
}

/// Keeps the cells of columns that held only numbers so far.
void RowReader::add_extras(const std::vector<CsvCell>& cells) {
  bool any_text = false;
  for (Extra& extra : extras_) {
    const std::string_view text =
        trim(cells[static_cast<std::size_t>(extra.column)].text);
    if (text.empty() || is_missing_word(text)) {
      extra.values.push_back(std::nan(""));
    } else if (const auto value = loose_number(text)) {
      extra.values.push_back(*value);
    } else {
      extra.is_number = false;
      any_text = true;
    }
  }
  if (!any_text) return;
  extras_.erase(
      std::remove_if(extras_.begin(),
                     extras_.end(),
                     [](const Extra& extra) { return !extra.is_number; }),
      extras_.end());
}

bool RowReader::add(const std::vector<CsvCell>& cells) {
  for (int i = 0; i < kNumberRoles; ++i) {
    const Role role = static_cast<Role>(i);
    const int column = map_.of(role);
    if (column < 0) continue;
    if (!read_number(role, cells[static_cast<std::size_t>(column)])) {
      return false;
    }
  }
  if (!convert_loss(cells) || !derive_third(cells)) return false;
  const bool has_weight =
      map_.of(Role::Weight) >= 0 || map_.of(Role::LossSd) >= 0;
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const bool is_derived = static_cast<int>(i) == derived_;
    const bool is_kept = i == static_cast<std::size_t>(Role::Weight)
                             ? has_weight
                             : is_derived || map_.index[i] >= 0;
    if (is_kept) numbers_[i].push_back(row_[i]);
  }
  const auto add_label = [&](Role role, std::vector<std::string>& labels) {
    const int column = map_.of(role);
    if (column < 0) return;
    labels.emplace_back(trim(cells[static_cast<std::size_t>(column)].text));
  };
  add_label(Role::Name, names_);
  add_label(Role::Group, groups_);
  add_extras(cells);
  ++count_;
  return true;
}

Runs RowReader::take() {
  const auto column = [&](Role role) {
    return take_vector(numbers_[static_cast<std::size_t>(role)]);
  };
  Runs runs;
  runs.params = column(Role::Params);
  runs.tokens = column(Role::Tokens);
  runs.flops = column(Role::Flops);
  runs.loss_nats = column(Role::Loss);
  runs.unique_tokens = column(Role::UniqueTokens);
  runs.weight = column(Role::Weight);
  if (map_.of(Role::LossSd) >= 0 && map_.of(Role::Weight) < 0) {
    runs.weight /= runs.weight.mean();
  }
  runs.name = std::move(names_);
  runs.group = std::move(groups_);
  for (Extra& extra : extras_) {
    runs.extra.push_back({std::move(extra.name), take_vector(extra.values)});
  }
  if (derived_ >= 0) runs.derived = name_of(static_cast<Role>(derived_));
  runs.findings = notes_.findings();
  return runs;
}

}  // namespace isoflop::detail
