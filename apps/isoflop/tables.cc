// SPDX-License-Identifier: Apache-2.0
#include "tables.h"

#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/model.h"
#include "isoflop/report/csv.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"

namespace isoflop::cli {
namespace {

template <class Row>
void write_rows(const std::vector<Row>& rows,
                const TableFilter& filter,
                Format format,
                const Streams& streams) {
  if (format == Format::Csv) {
    streams.out << to_csv(rows);
  } else if (format == Format::Json) {
    streams.out << to_json(rows, filter);
  } else {
    streams.out << to_text(rows);
  }
}

}  // namespace

bool list_table(const std::string& what,
                const OptionSet& options,
                const Streams& streams) {
  TableFilter filter;
  options.fill(filter);
  if (what == "models") {
    write_rows(published_models(filter), filter, options.format(), streams);
  } else if (what == "accelerators") {
    write_rows(
        published_accelerators(filter), filter, options.format(), streams);
  } else {
    return false;
  }
  return true;
}

bool explain_row(const std::string& what,
                 const std::string& name,
                 Format format,
                 const Streams& streams) {
  if (what == "model") {
    write_result(find_model(name), format, streams);
  } else if (what == "accelerator") {
    write_result(find_accelerator(name), format, streams);
  } else {
    return false;
  }
  return true;
}

}  // namespace isoflop::cli
