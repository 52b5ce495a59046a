// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/read_curves.h"

#include <algorithm>
#include <fstream>

#include "isoflop/base/error.h"
#include "runs/column_map.h"
#include "runs/open_table.h"
#include "runs/table_reader.h"

namespace isoflop {
namespace {

bool is_learning_rate(const std::string& name) {
  const std::string folded = detail::fold_name(name);
  return folded == "lr" || folded == "learningrate" || folded == "train/lr" ||
         folded == "train/learningrate";
}

/// Gives the first column that is one its standard name.
template <class Is>
bool rename(Runs& runs, const Is& is, const char* name) {
  const auto found = std::find_if(
      runs.extra.begin(), runs.extra.end(), [&](const ExtraColumn& column) {
        return is(column.name);
      });
  if (found == runs.extra.end()) return false;
  found->name = name;
  return true;
}

}  // namespace

Runs read_curves(std::istream& in,
                 const std::string& name,
                 const ReadOptions& options) {
  detail::OpenTable table(in, name, options);
  Runs runs = detail::read_records(
      table.records(), table.separator(), options, detail::TableKind::Curves);
  if (!rename(runs, detail::is_step, "step")) {
    throw DataError({name, 0, 0}, "the column of the step holds texts");
  }
  rename(runs, is_learning_rate, "learning_rate");
  return runs;
}

Runs read_curves(const std::string& path, const ReadOptions& options) {
  std::ifstream in = detail::open_runs_file(path);
  return read_curves(in, path, options);
}

}  // namespace isoflop
