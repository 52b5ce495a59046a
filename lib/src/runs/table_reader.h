// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/runs/read_runs.h"
#include "runs/column_map.h"
#include "runs/record_source.h"

namespace isoflop::detail {

/// Runs from the records of a table, the header first.
///
/// @param separator  between cells in the file, for messages.
/// @throws as `read_runs`.
Runs read_records(RecordSource& source,
                  char separator,
                  const ReadOptions& options,
                  TableKind kind = TableKind::Runs);

}  // namespace isoflop::detail
