// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/csv.h"

#include "cost/table_rows.h"

namespace isoflop {
namespace {

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    line += (line.empty() ? "" : ",") + csv_cell(cell);
  }
  return line + "\n";
}

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

}  // namespace isoflop
