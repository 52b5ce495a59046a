// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

/// A key of a scenario file and the values that it takes.
struct Axis {
  std::string key;
  std::vector<std::string> values;
};

/// Reads `key=1T..20T:9` as nine values at equal ratios, `key=8,16` as these.
/// @param owner   the verb, and
/// @param option  its option, for messages
/// @throws std::invalid_argument for what cannot be meant.
Axis axis_of(const std::string& text,
             std::string_view owner,
             std::string_view option);

/// Values in each combination of the axes; the last axis runs fastest.
std::size_t combinations(const std::vector<Axis>& axes);
std::vector<std::string> combination(const std::vector<Axis>& axes,
                                     std::size_t index);

}  // namespace isoflop
