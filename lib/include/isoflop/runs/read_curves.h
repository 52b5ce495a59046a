// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "isoflop/runs/read_runs.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// Loss curves from a table with a row a step, as `read_runs` reads tables.
///
/// Needed: `loss` and a column of the step (step, global_step, iteration ...).
/// The name of a row says which curve it is of; without names there is one.
/// Of size, data and compute nothing need be there. The step is the extra
/// column `step`, the learning rate, where a column holds it (lr,
/// learning_rate ...), the extra column `learning_rate`.
///
/// @throws as `read_runs`.
Runs read_curves(const std::string& path, const ReadOptions& options = {});

/// The same from an open stream; `name` stands for the path in messages.
Runs read_curves(std::istream& in,
                 const std::string& name,
                 const ReadOptions& options = {});

/// The same from columns in memory, see `runs_from_columns`.
Runs curves_from_columns(const std::vector<NamedColumn>& columns,
                         const std::vector<TextColumn>& texts = {});

}  // namespace isoflop
