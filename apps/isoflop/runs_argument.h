// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli.h"
#include "isoflop/runs/read_runs.h"

namespace isoflop::cli {

/// The runs of a file, or of standard input for "-".
/// @throws std::invalid_argument for a terminal, which would wait in silence.
Runs runs_argument(const std::string& path,
                   const ReadOptions& options,
                   const Streams& streams);

/// The same of loss curves.
Runs curves_argument(const std::string& path,
                     const ReadOptions& options,
                     const Streams& streams);

}  // namespace isoflop::cli
