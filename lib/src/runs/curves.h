// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/base/finding.h"
#include "isoflop/runs/convert.h"
#include "runs/cell_table.h"

namespace isoflop::detail {

/// Gives the columns of a table their standard names, a W&B chart a row a
/// step, and a curve the one row that stands for its run.
///
/// @param chosen  "loss=eval/loss" by the caller
/// @throws ColumnError for columns that do not fit together.
void reduce_to_runs(Table& table,
                    const ConvertOptions& options,
                    const std::vector<std::string>& chosen,
                    std::vector<Finding>& findings);

}  // namespace isoflop::detail
