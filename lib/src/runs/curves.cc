// SPDX-License-Identifier: Apache-2.0
#include "runs/curves.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "isoflop/units/text.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"

namespace isoflop::detail {
namespace {

constexpr std::string_view kBetween = " - ";  ///< run and metric of a chart

bool is_extreme(const std::string& name) {
  return name.ends_with("__MIN") || name.ends_with("__MAX");
}

void drop_extremes(Table& table) {
  for (std::size_t i = table.header.size(); i-- > 0;) {
    if (is_extreme(table.header[i])) table.erase(i);
  }
}

/// "run - eval/loss" as its two parts.
struct ChartColumn {
  std::string run;
  std::string metric;
};

std::optional<ChartColumn> chart_column(const std::string& name) {
  const std::size_t at = name.rfind(kBetween);
  if (at == std::string::npos || at == 0) return std::nullopt;
  return ChartColumn{name.substr(0, at), name.substr(at + kBetween.size())};
}

bool is_chart(const Table& table) {
  if (table.header.size() < 2 || chart_column(table.header[0])) return false;
  return std::all_of(
      table.header.begin() + 1, table.header.end(), [](const auto& name) {
        return chart_column(name).has_value();
      });
}

/// A column a run becomes a row a run and step.
Table long_form(const Table& chart) {
  Table table;
  table.file = chart.file;
  table.kind = "W&B chart export";
  table.header = {"name", chart.header[0]};
  std::vector<std::string> runs;
  for (std::size_t i = 1; i < chart.header.size(); ++i) {
    const ChartColumn column = *chart_column(chart.header[i]);
    table.require(column.metric);
    if (std::find(runs.begin(), runs.end(), column.run) == runs.end()) {
      runs.push_back(column.run);
    }
  }
  for (const std::string& run : runs) {
    for (const TableRow& from : chart.rows) {
      TableRow row{{}, from.line, from.file};
      row.cells.resize(table.header.size());
      row.cells[0] = run;
      row.cells[1] = from.cells[0];
      bool has_any = false;
      for (std::size_t i = 1; i < chart.header.size(); ++i) {
        const ChartColumn column = *chart_column(chart.header[i]);
        if (column.run != run || from.cells[i].empty()) continue;
        row.cells[table.require(column.metric)] = from.cells[i];
        has_any = true;
      }
      if (has_any) table.rows.push_back(std::move(row));
    }
  }
  return table;
}

bool is_tensorboard(const Table& table) {
  return table.header.size() == 3 && fold_name(table.header[0]) == "walltime" &&
         fold_name(table.header[1]) == "step" &&
         fold_name(table.header[2]) == "value";
}

/// Standard names, so that files of several kinds go together.
void rename_columns(Table& table, std::vector<std::string> chosen) {
  const bool is_chosen =
      std::any_of(chosen.begin(), chosen.end(), [](const std::string& text) {
        return role_of(text.substr(0, text.find('='))) ==
               static_cast<int>(Role::Loss);
      });
  if (table.total_flops || table.last_step) {  // a trainer_state.json
    const int evaluated = table.find("eval_loss");
    if (!is_chosen && evaluated >= 0 &&
        table.has_any(static_cast<std::size_t>(evaluated))) {
      chosen.emplace_back("loss=eval_loss");
    }
    const int seen = table.find("num_input_tokens_seen");
    if (seen >= 0) table.header[static_cast<std::size_t>(seen)] = "tokens";
  }
  const ColumnMap map = find_columns(table.header, chosen, true);
  refuse_two_losses(table.header, chosen, map, true);
  for (int i = 0; i < kRoleCount; ++i) {
    const int column = map.of(static_cast<Role>(i));
    const std::string name(name_of(static_cast<Role>(i)));
    if (column < 0) continue;
    const int taken = table.find(name);
    if (taken >= 0 && taken != column) {
      table.header[static_cast<std::size_t>(taken)] = name + "_other";
    }
    table.header[static_cast<std::size_t>(column)] = name;
  }
}

/// The column of steps; -1 for none.
int step_column(const Table& table) {
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    if (is_step(table.header[i])) return static_cast<int>(i);
  }
  return -1;
}

/// Whether the rows are steps of runs, not runs.
bool is_curve(const Table& table) {
  if (table.rows.size() < 2 || step_column(table) < 0) return false;
  const auto differs = [&](int column) {
    const auto at = static_cast<std::size_t>(column);
    std::vector<std::string_view> cells;
    for (const TableRow& row : table.rows) cells.push_back(row.cells[at]);
    std::sort(cells.begin(), cells.end());
    return std::unique(cells.begin(), cells.end()) - cells.begin();
  };
  const int name = table.find("name");
  if (name >= 0) return differs(name) < std::ssize(table.rows);
  const int params = table.find("params");
  return params < 0 || differs(params) <= 2;  // the same, or empty
}

/// Rows of one run, in order of their steps.
using Curve = std::vector<std::size_t>;

std::vector<Curve> curves_of(const Table& table, std::size_t step) {
  const int name = table.find("name");
  std::map<std::string, std::size_t> known;
  std::vector<Curve> curves;
  std::vector<double> steps(table.rows.size());
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& cells = table.rows[i].cells;
    const auto at = loose_number(cells[step]);
    if (!at) continue;
    steps[i] = *at;
    const std::string run =
        name < 0 ? "" : cells[static_cast<std::size_t>(name)];
    const auto [found, is_new] = known.try_emplace(run, curves.size());
    if (is_new) curves.emplace_back();
    curves[found->second].push_back(i);
  }
  for (Curve& curve : curves) {
    std::stable_sort(curve.begin(), curve.end(), [&](auto a, auto b) {
      return steps[a] < steps[b];
    });
  }
  return curves;
}

/// Place in the curve of the row that stands for its run; nothing where no
/// row has a loss.
std::optional<std::size_t> pick_row(const Table& table,
                                    const Curve& curve,
                                    std::size_t loss,
                                    Pick pick,
                                    std::int64_t& not_finite) {
  std::optional<std::size_t> best;
  double least = 0.0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const std::string& cell = table.rows[curve[i]].cells[loss];
    if (cell.empty() || is_missing_word(cell)) continue;
    const auto value = loose_number(cell);
    const bool is_bad = value && !std::isfinite(*value);
    not_finite += is_bad ? 1 : 0;
    if (pick == Pick::Last) {
      best = i;
    } else if (value && !is_bad && (!best || *value < least)) {
      best = i;
      least = *value;
    }
  }
  return best;
}

/// The row at a place of a curve, with the latest value of each column.
TableRow row_at(const Table& table, const Curve& curve, std::size_t place) {
  TableRow row = table.rows[curve[place]];
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    for (std::size_t k = place; row.cells[i].empty() && k-- > 0;) {
      row.cells[i] = table.rows[curve[k]].cells[i];
    }
  }
  return row;
}

void pick_rows(Table& table, Pick pick, std::vector<Finding>& findings) {
  const auto step = static_cast<std::size_t>(step_column(table));
  const int loss = table.find("loss");
  if (loss < 0) {
    throw ColumnError(
        "no column holds the loss of the curves; columns found: " +
        list_names(table.header) + "; name it with --column loss=COLUMN");
  }
  std::vector<TableRow> rows;
  std::int64_t not_finite = 0;
  for (const Curve& curve : curves_of(table, step)) {
    const auto place = pick_row(
        table, curve, static_cast<std::size_t>(loss), pick, not_finite);
    if (place) rows.push_back(row_at(table, curve, *place));
  }
  if (not_finite > 0) {
    findings.push_back({"runs.not-finite",
                        Severity::Warning,
                        "the loss is not a finite number at " +
                            std::to_string(not_finite) + " of the " +
                            std::to_string(table.rows.size()) + " steps in " +
                            excerpt(table.file),
                        "check whether the run diverged",
                        {{"steps", static_cast<double>(not_finite)}}});
  }
  if (rows.empty()) throw ColumnError("no step has a loss");
  table.rows = std::move(rows);
}

/// Where a run's file counts steps: its tokens and its share of the FLOP.
void fill_from_steps(Table& table, const ConvertOptions& options) {
  const int found = step_column(table);
  if (found < 0) return;
  const auto step = static_cast<std::size_t>(found);
  const auto fill = [&](const std::string& name, double per_step) {
    const std::size_t column = table.require(name);
    for (TableRow& row : table.rows) {
      const auto at = loose_number(row.cells[step]);
      if (at && row.cells[column].empty()) {
        row.cells[column] = format_exact(*at * per_step);
      }
    }
  };
  if (options.tokens_per_step) {
    fill("tokens", options.tokens_per_step->value());
  }
  if (table.total_flops && table.last_step && *table.total_flops > 0 &&
      *table.last_step > 0 && table.find("flops") < 0) {
    fill("flops", *table.total_flops / *table.last_step);
  }
}

}  // namespace

void reduce_to_runs(Table& table,
                    const ConvertOptions& options,
                    const std::vector<std::string>& chosen,
                    std::vector<Finding>& findings) {
  drop_extremes(table);
  if (is_chart(table)) {
    table = long_form(table);
  } else if (is_tensorboard(table)) {
    table.kind = "TensorBoard curve";
    table.header = {"wall_time", "step", "loss"};
  }
  rename_columns(table, chosen);
  if (is_curve(table)) {
    if (table.kind == "CSV") table.kind = "training curves";
    pick_rows(table, options.pick, findings);
  }
  fill_from_steps(table, options);
  const std::size_t name = table.require("name");
  for (TableRow& row : table.rows) {
    if (row.cells[name].empty() && table.rows.size() == 1) {
      row.cells[name] = table.file;
    }
  }
  if (!table.has_any(name)) table.erase(name);
  if (options.params) {
    const std::size_t params = table.require("params");
    for (TableRow& row : table.rows) {
      if (row.cells[params].empty()) {
        row.cells[params] = format_exact(options.params->value());
      }
    }
  }
}

}  // namespace isoflop::detail
