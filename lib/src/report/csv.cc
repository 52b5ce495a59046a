// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/csv.h"

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
  const auto low = [](const std::optional<Interval>& interval) {
    return interval ? format_exact(interval->low) : std::string();
  };
  const auto high = [](const std::optional<Interval>& interval) {
    return interval ? format_exact(interval->high) : std::string();
  };
  const auto number = [](const std::optional<double>& value) {
    return value ? format_exact(*value) : std::string();
  };
  std::string text =
      "name,params,tokens,flops,loss_nats,curve_low,curve_high,run_low,"
      "run_high,extrapolation,observed_nats\n";
  for (const PredictedRun& row : table.rows) {
    text += csv_line({row.name,
                      format_exact(row.params.value()),
                      format_exact(row.tokens.value()),
                      format_exact(row.flops.value()),
                      format_exact(row.loss.value()),
                      low(row.curve),
                      high(row.curve),
                      low(row.run),
                      high(row.run),
                      number(row.extrapolation),
                      number(row.observed)});
  }
  return text;
}

}  // namespace isoflop
