// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// N*(C) = k C^a: compute-optimal parameters.
///
/// It says how to divide compute, and no loss. Domain: C > 0.
/// @source Porian et al. 2024, arXiv:2406.19146.
struct ParamsAllocationForm : PowerFunction<1> {
  static constexpr std::string_view name = "params_allocation";
  static constexpr std::string_view formula = "k*C^a";
  static constexpr std::string_view source =
      "Porian et al. 2024, arXiv:2406.19146";
  static constexpr Variable inputs[] = {kFlops};
  static constexpr Variable output = kParams;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "parameters at C = 1", 0, 1e30, Scale::Log, false, 0.1},
      {"a", "exponent of compute", -20, 20, Scale::Linear, false, 0.5}};
};

}  // namespace isoflop
