// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "runs/cell_table.h"

namespace isoflop::detail {

/// Whether a text begins like JSON.
bool looks_like_json(std::string_view head);

/// A table from JSON: objects one after another (JSON lines) or in an array,
/// a row each; an object of equally long arrays, a column each; or the
/// `log_history` of a Hugging Face trainer_state.json.
///
/// Members of nested objects become columns as `config.lr`. NaN and Infinity
/// without quotes are accepted, as Python writes them, and become such cells.
///
/// @throws DataError with line and column for what is not JSON, is nested
///     deeper than 64 levels or holds no records.
Table read_json_table(std::string_view text, const std::string& name);

}  // namespace isoflop::detail
