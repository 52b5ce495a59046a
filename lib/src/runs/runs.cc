// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/runs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"
#include "runs/column_rows.h"
#include "runs/loss_unit.h"

namespace isoflop {
namespace {

using detail::ColumnMap;
using detail::name_of;
using detail::Role;

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("runs_from_columns: " + problem);
}

void check_length(std::string_view name, std::int64_t size, std::int64_t rows) {
  if (size == rows) return;
  fail(detail::quoted(name) + " has " + std::to_string(size) +
       " rows, but loss has " + std::to_string(rows));
}

void check_positive(std::string_view name, const Eigen::VectorXd& values) {
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) && values[i] > 0.0) continue;
    fail(std::string(name) + " is " + format_exact(values[i]) + " in row " +
         std::to_string(i) + " (from 0), but must be finite and > 0");
  }
}

/// The one of N, D and C that was not given: C = 6 N D.
void derive_third(const ColumnMap& map, Runs& runs) {
  if (map.of(Role::Params) < 0 && map.of(Role::Tokens) < 0) return;
  const auto derive = [&](Role role, Eigen::VectorXd& values, auto&& of_row) {
    if (map.of(role) >= 0) return;
    runs.derived = name_of(role);
    values.resize(runs.size());
    for (Eigen::Index i = 0; i < runs.size(); ++i) values[i] = of_row(i);
    check_positive(runs.derived + ", from C = 6 N D,", values);
  };
  derive(Role::Params, runs.params, [&](Eigen::Index i) {
    return params_for(Flops(runs.flops[i]), Tokens(runs.tokens[i])).value();
  });
  derive(Role::Tokens, runs.tokens, [&](Eigen::Index i) {
    return tokens_for(Flops(runs.flops[i]), Params(runs.params[i])).value();
  });
  derive(Role::Flops, runs.flops, [&](Eigen::Index i) {
    return train_flops(Params(runs.params[i]), Tokens(runs.tokens[i])).value();
  });
}

/// Columns of numbers and then of texts, as one list.
class Columns {
 public:
  Columns(const std::vector<NamedColumn>& numbers,
          const std::vector<TextColumn>& texts)
      : numbers_(numbers), texts_(texts) {}

  std::vector<std::string> header() const {
    std::vector<std::string> names;
    for (const NamedColumn& column : numbers_) {
      names.emplace_back(detail::trim(column.name));
    }
    for (const TextColumn& column : texts_) {
      names.emplace_back(detail::trim(column.name));
    }
    return names;
  }

  /// Empty for a role without a column.
  Eigen::VectorXd numbers(int column, Role role) const {
    if (column < 0) return {};
    if (is_number(column)) return number(column).values;
    const std::vector<std::string>& cells = text(column).values;
    Eigen::VectorXd values(static_cast<Eigen::Index>(cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      values[static_cast<Eigen::Index>(i)] = read_cell(cells[i], role, i);
    }
    return values;
  }

  /// Empty for a role without a column, or when no label is there.
  std::vector<std::string> labels(int column) const {
    if (column < 0) return {};
    std::vector<std::string> labels;
    if (is_number(column)) {
      for (const double value : number(column).values) {
        labels.push_back(std::isnan(value) ? "" : format_exact(value));
      }
    } else {
      for (const std::string& cell : text(column).values) {
        labels.emplace_back(detail::trim(cell));
      }
    }
    const bool is_blank =
        std::all_of(labels.begin(), labels.end(), [](const std::string& label) {
          return label.empty();
        });
    return is_blank ? std::vector<std::string>() : labels;
  }

 private:
  bool is_number(int column) const {
    return static_cast<std::size_t>(column) < numbers_.size();
  }
  const NamedColumn& number(int column) const {
    return numbers_[static_cast<std::size_t>(column)];
  }
  const TextColumn& text(int column) const {
    return texts_[static_cast<std::size_t>(column) - numbers_.size()];
  }

  static double read_cell(const std::string& cell, Role role, std::size_t row) {
    try {
      const Unit* unit = detail::unit_of(role);
      return unit == nullptr ? parse_number(cell) : parse_quantity(cell, *unit);
    } catch (const std::invalid_argument& error) {
      fail(std::string(name_of(role)) + " in row " + std::to_string(row) +
           " (from 0): " + printable(error.what()));
    }
  }

  const std::vector<NamedColumn>& numbers_;
  const std::vector<TextColumn>& texts_;
};

/// The losses in nats, and their weights from their standard deviations.
void convert_losses(const std::vector<std::string>& units,
                    const Eigen::VectorXd& bytes,
                    const Eigen::VectorXd& sd,
                    Runs& runs) {
  detail::LossNotes notes;
  const bool has_sd = sd.size() > 0;
  const bool has_weight = runs.weight.size() > 0;
  if (has_sd && !has_weight) runs.weight.resize(runs.size());
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    LossUnit unit = LossUnit::NatsPerToken;
    if (!units.empty()) {
      const std::string& word = units[static_cast<std::size_t>(i)];
      const auto read = detail::loss_unit_of(word);
      if (!read) {
        fail("loss_unit is " + detail::quoted(word) + " in row " +
             std::to_string(i) + " (from 0), but must be one of " +
             join_words(words_of<LossUnit>()));
      }
      unit = *read;
    }
    std::optional<double> size;
    if (bytes.size() > 0) size = bytes[i];
    const double loss = runs.loss_nats[i];
    const detail::NatsLoss nats = detail::nats_from(loss, unit, size);
    notes.add(nats, has_sd ? sd[i] / loss : 0.0);
    runs.loss_nats[i] = nats.value;
    if (!has_sd || has_weight) continue;
    const double share = nats.value / (sd[i] * nats.slope);
    runs.weight[i] = share * share;
  }
  check_positive("loss", runs.loss_nats);
  if (has_sd && !has_weight) runs.weight /= runs.weight.mean();
  runs.findings = notes.findings();
}

}  // namespace

namespace detail {

Runs rows_of_columns(const std::vector<NamedColumn>& columns,
                     const std::vector<TextColumn>& texts,
                     TableKind kind) {
  const Columns all(columns, texts);
  const std::vector<std::string> header = all.header();
  ColumnMap map;
  try {
    map = detail::map_columns(header, {}, false, kind);
  } catch (const detail::ColumnError& error) {
    fail(error.what());
  }
  const auto values = [&](Role role) {
    return all.numbers(map.of(role), role);
  };
  Runs runs;
  runs.loss_nats = values(Role::Loss);
  runs.params = values(Role::Params);
  runs.tokens = values(Role::Tokens);
  runs.flops = values(Role::Flops);
  runs.unique_tokens = values(Role::UniqueTokens);
  runs.weight = values(Role::Weight);
  if (runs.size() == 0) fail("there are no rows");
  for (const NamedColumn& column : columns) {
    check_length(column.name, column.values.size(), runs.size());
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!map.uses(static_cast<int>(columns.size() + i))) continue;
    check_length(texts[i].name, std::ssize(texts[i].values), runs.size());
  }
  for (int i = 0; i < detail::kNumberRoles; ++i) {
    const Role role = static_cast<Role>(i);
    if (map.of(role) >= 0) check_positive(name_of(role), values(role));
  }
  convert_losses(all.labels(map.of(Role::LossUnit)),
                 values(Role::BytesPerToken),
                 values(Role::LossSd),
                 runs);
  if (kind == TableKind::Runs) derive_third(map, runs);
  runs.name = all.labels(map.of(Role::Name));
  runs.group = all.labels(map.of(Role::Group));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (map.uses(static_cast<int>(i))) continue;
    runs.extra.push_back({header[i], columns[i].values});
  }
  runs.source = "columns";
  return runs;
}

}  // namespace detail

Runs runs_from_columns(const std::vector<NamedColumn>& columns,
                       const std::vector<TextColumn>& texts) {
  Runs runs = detail::rows_of_columns(columns, texts, detail::TableKind::Runs);
  try {
    for (Finding& finding : inspect_runs(runs)) {
      runs.findings.push_back(std::move(finding));
    }
  } catch (const DataError& error) {
    throw std::invalid_argument(error.what());
  }
  return runs;
}

}  // namespace isoflop
