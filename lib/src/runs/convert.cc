// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/convert.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>

#include "base/csv_text.h"
#include "base/file_text.h"
#include "isoflop/base/error.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"
#include "runs/curves.h"
#include "runs/open_table.h"
#include "runs/table_reader.h"

namespace isoflop {
namespace {

using detail::ColumnError;
using detail::Table;
using detail::TableRow;

/// A file as a table; JSON is one already.
Table read_table(const std::string& path, const ReadOptions& options) {
  std::ifstream in = detail::open_runs_file(path);
  detail::OpenTable open(in, path, options);
  if (open.table() == nullptr) return detail::table_of(open.records());
  return std::move(*open.table());
}

/// Rows of `more` behind those of `table`, by names of columns.
void append(Table more, Table& table) {
  std::vector<std::size_t> place;
  for (const std::string& name : more.header) {
    place.push_back(table.require(name));
  }
  for (TableRow& from : more.rows) {
    TableRow row{{}, from.line, from.file};
    row.cells.resize(table.header.size());
    for (std::size_t i = 0; i < place.size(); ++i) {
      row.cells[place[i]] = std::move(from.cells[i]);
    }
    table.rows.push_back(std::move(row));
  }
}

/// Columns of another table, by the name of the run.
class Joined {
 public:
  explicit Joined(const std::string& path)
      : table_(read_table(path, ReadOptions())) {
    const detail::ColumnMap map = detail::find_columns(table_.header, {}, true);
    for (int i = 0; i < detail::kRoleCount; ++i) {
      const auto role = static_cast<detail::Role>(i);
      if (map.of(role) < 0) continue;
      table_.header[static_cast<std::size_t>(map.of(role))] =
          detail::name_of(role);
    }
    name_ = table_.find("name");
    if (name_ < 0) {
      throw DataError({path, 0, 0},
                      "no column holds the names of the runs; columns found: " +
                          detail::list_names(table_.header));
    }
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      const TableRow& row = table_.rows[i];
      const std::string& run = row.cells[static_cast<std::size_t>(name_)];
      if (!row_of_.try_emplace(run, i).second) {
        throw DataError({path, row.line, 0},
                        "run " + detail::quoted(run) + " is there twice");
      }
    }
  }

  void add_to(Table& table) const {
    const int name = table.find("name");
    for (TableRow& row : table.rows) {
      const std::string run =
          name < 0 ? "" : row.cells[static_cast<std::size_t>(name)];
      const auto found = row_of_.find(run);
      if (found == row_of_.end()) fail_unknown(run);
    }
    for (std::size_t i = 0; i < table_.header.size(); ++i) {
      if (static_cast<int>(i) == name_) continue;
      const std::size_t column = table.require(table_.header[i]);
      for (TableRow& row : table.rows) {
        std::string& cell = row.cells[column];
        const auto& run = row.cells[static_cast<std::size_t>(name)];
        if (cell.empty()) cell = table_.rows[row_of_.at(run)].cells[i];
      }
    }
  }

 private:
  [[noreturn]] void fail_unknown(const std::string& run) const {
    std::vector<std::string> names;
    for (const auto& [name, row] : row_of_) {
      names.push_back(detail::excerpt(name));
    }
    throw DataError({table_.file, 0, 0},
                    "no row is of run " + detail::quoted(run) +
                        did_you_mean(run, names) + "; its runs are " +
                        detail::list_names(names));
  }

  Table table_;
  int name_ = -1;
  std::map<std::string, std::size_t> row_of_;
};

}  // namespace

Conversion convert(const std::vector<std::string>& paths,
                   const ConvertOptions& options,
                   const ReadOptions& read_options) {
  validate(options, "convert");
  if (paths.empty()) throw std::invalid_argument("convert: needs a file");
  Conversion result;
  result.options = options;
  Table all;
  all.file = paths.size() == 1 ? paths.front()
                               : paths.front() + " and " +
                                     std::to_string(paths.size() - 1) + " more";
  for (const std::string& path : paths) {
    Table table = read_table(path, read_options);
    const std::int64_t rows = std::ssize(table.rows);
    try {
      detail::reduce_to_runs(
          table, options, read_options.column, result.findings);
    } catch (const ColumnError& error) {
      throw DataError({path, 0, 0}, error.what());
    }
    result.files.push_back({path, table.kind, rows, std::ssize(table.rows)});
    append(std::move(table), all);
  }
  if (!options.join.empty()) Joined(options.join).add_to(all);
  for (std::size_t i = all.header.size(); i-- > 0;) {
    if (!all.has_any(i)) all.erase(i);
  }

  ReadOptions plain = read_options;  // the columns have their names now
  plain.column.clear();
  plain.decimal.clear();
  detail::TableSource source(all);
  result.runs = detail::read_records(source, ',', plain);
  result.findings.insert(result.findings.end(),
                         result.runs.findings.begin(),
                         result.runs.findings.end());
  return result;
}

std::string runs_csv(const Runs& runs) {
  std::vector<std::pair<std::string, const Eigen::VectorXd*>> numbers;
  const auto add = [&](const char* name, const Eigen::VectorXd& values) {
    // What follows from the others does so again when it is read.
    if (values.size() > 0 && runs.derived != name) {
      numbers.emplace_back(name, &values);
    }
  };
  add("params", runs.params);
  add("tokens", runs.tokens);
  add("flops", runs.flops);
  add("loss", runs.loss_nats);
  add("unique_tokens", runs.unique_tokens);
  add("weight", runs.weight);
  for (const ExtraColumn& column : runs.extra) {
    numbers.emplace_back(column.name, &column.values);
  }
  std::vector<std::string> cells;
  if (!runs.name.empty()) cells.emplace_back("name");
  if (!runs.group.empty()) cells.emplace_back("group");
  for (const auto& [name, values] : numbers) cells.push_back(name);
  std::string text = csv_line(cells);
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    const auto row = static_cast<std::size_t>(i);
    cells.clear();
    if (!runs.name.empty()) cells.push_back(runs.name[row]);
    if (!runs.group.empty()) cells.push_back(runs.group[row]);
    for (const auto& [name, values] : numbers) {
      const double value = (*values)[i];
      cells.push_back(std::isnan(value) ? "" : format_exact(value));
    }
    text += csv_line(cells);
  }
  return text;
}

void write_runs(const Runs& runs, const std::string& path, bool replace) {
  write_text_file(path, runs_csv(runs), replace);
}

}  // namespace isoflop
