// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/csv.h"

#include "base/csv_text.h"
#include "cost/table_rows.h"

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

}  // namespace isoflop
