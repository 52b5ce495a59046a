// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "isoflop/plan/scenario.h"

namespace isoflop {

/// Keys of a scenario that contradict each other.
/// @throws DataError at the last of them where all are from a file, else
///     std::invalid_argument, "plan: problem".
[[noreturn]] void fail_on_keys(const Scenario& scenario,
                               std::string_view owner,
                               std::initializer_list<std::string_view> keys,
                               const std::string& problem);

}  // namespace isoflop
