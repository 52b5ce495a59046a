// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace isoflop {

/// Text that is safe to show on a terminal: control characters, bytes that
/// are not UTF-8, line separators and marks that turn the direction of the
/// text as \xNN.
///
/// @param longest  bytes after which "..." stands for the rest.
std::string printable(std::string_view text,
                      std::size_t longest = std::string_view::npos);

}  // namespace isoflop
