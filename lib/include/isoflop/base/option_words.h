// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "isoflop/units/quantity.h"

namespace isoflop {

// Words of options that several verbs have.
inline constexpr std::string_view kThreadsHelp =
    "threads; 0 for all CPUs; the result is the same for any";
inline constexpr std::string_view kResamplingSeedHelp =
    "seed of the resampling";
inline constexpr std::string_view kCoverageHelp = "coverage of the intervals";
inline constexpr std::string_view kShownBudgetsHelp =
    "budgets whose optimum is shown, as 1e23,1e24";

// Defaults of options that several verbs have.
inline constexpr int kDefaultRefits = 1000;
inline std::vector<Flops> shown_budgets() {
  return {Flops(1e22), Flops(1e23), Flops(1e24), Flops(1e25), Flops(1e26)};
}

}  // namespace isoflop
