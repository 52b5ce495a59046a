// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "isoflop/runs/runs.h"
#include "runs/column_map.h"

namespace isoflop::detail {

/// What columns in memory hold, before it is looked at as a whole.
/// @throws as `runs_from_columns`.
Runs rows_of_columns(const std::vector<NamedColumn>& columns,
                     const std::vector<TextColumn>& texts,
                     TableKind kind);

}  // namespace isoflop::detail
