// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/csv.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/csv_text.h"
#include "cost/table_rows.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

template <class Row>
std::string csv_table(const std::vector<Row>& rows) {
  std::string text = csv_line(column_names<Row>());
  for (const Row& row : rows) text += csv_line(detail::cells_of(row));
  return text;
}

}  // namespace

std::string to_csv(const std::vector<Model>& models) {
  return csv_table(models);
}

std::string to_csv(const std::vector<Accelerator>& accelerators) {
  return csv_table(accelerators);
}

std::string to_csv(const PredictionTable& table) {
  std::vector<std::string> cells = {"name"};
  for (const PredictedColumn& column : predicted_columns()) {
    cells.emplace_back(column.name);
  }
  std::string text = csv_line(cells);
  for (const PredictedRun& row : table.rows) {
    cells = {row.name};
    for (const PredictedColumn& column : predicted_columns()) {
      const double value = column.value(row);
      cells.push_back(std::isnan(value) ? "" : format_exact(value));
    }
    text += csv_line(cells);
  }
  return text;
}

}  // namespace isoflop
