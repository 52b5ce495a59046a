// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace isoflop {

/// Text of a file of data/ that is compiled into the library, by its path
/// below data/; empty for an unknown name.
std::string_view embedded_table(std::string_view name);

}  // namespace isoflop
