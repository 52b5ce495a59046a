// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/read_curves.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "isoflop/base/error.h"
#include "runs/column_map.h"
#include "runs/column_rows.h"
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

/// Gives step and learning rate their names.
/// @return  false without a step that is a number
bool name_columns(Runs& runs) {
  rename(runs, is_learning_rate, "learning_rate");
  return rename(runs, detail::is_step, "step");
}

constexpr const char* kTextStep = "the column of the step holds texts";

}  // namespace

Runs read_curves(std::istream& in,
                 const std::string& name,
                 const ReadOptions& options) {
  detail::OpenTable table(in, name, options);
  Runs runs = detail::read_records(
      table.records(), table.separator(), options, detail::TableKind::Curves);
  if (!name_columns(runs)) throw DataError({name, 0, 0}, kTextStep);
  return runs;
}

Runs read_curves(const std::string& path, const ReadOptions& options) {
  std::ifstream in = detail::open_runs_file(path);
  return read_curves(in, path, options);
}

Runs curves_from_columns(const std::vector<NamedColumn>& columns,
                         const std::vector<TextColumn>& texts) {
  Runs runs =
      detail::rows_of_columns(columns, texts, detail::TableKind::Curves);
  if (!name_columns(runs)) throw std::invalid_argument(kTextStep);
  return runs;
}

}  // namespace isoflop
