// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/read_runs.h"

#include <fstream>

#include "base/given_flags.h"
#include "isoflop/runs/planned_runs.h"
#include "runs/open_table.h"
#include "runs/row_checks.h"
#include "runs/table_reader.h"

namespace isoflop {

Runs read_runs(std::istream& in,
               const std::string& name,
               const ReadOptions& options) {
  detail::OpenTable table(in, name, options);
  Runs runs = detail::read_records(table.records(), table.separator(), options);
  runs.reading = given_flags(options);
  return runs;
}

Runs read_runs(const std::string& path, const ReadOptions& options) {
  std::ifstream in = detail::open_runs_file(path);
  return read_runs(in, path, options);
}

PlannedRuns read_planned_runs(const std::string& path,
                              const ReadOptions& options) {
  std::ifstream in = detail::open_runs_file(path);
  detail::OpenTable table(in, path, options);
  Runs runs = detail::read_records(table.records(),
                                   table.separator(),
                                   options,
                                   detail::TableKind::PlannedRuns);
  runs.source = path;
  detail::refuse_units(runs);
  return {std::move(runs.params),
          std::move(runs.tokens),
          std::move(runs.loss_nats),
          std::move(runs.name),
          path};
}

}  // namespace isoflop
