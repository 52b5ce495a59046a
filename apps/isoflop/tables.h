// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "options.h"

namespace isoflop::cli {

/// Writes the rows of the models or accelerators that --where keeps; false
/// when `what` is neither.
bool list_table(const std::string& what,
                const OptionSet& options,
                const Streams& streams);

/// Writes one row of them; false when `what` is not model or accelerator.
bool explain_row(const std::string& what,
                 const std::string& name,
                 Format format,
                 const Streams& streams);

}  // namespace isoflop::cli
