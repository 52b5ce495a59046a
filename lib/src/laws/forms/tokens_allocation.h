// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// D*(C) = k C^a: compute-optimal tokens.
///
/// It says how to divide compute, and no loss. Domain: C > 0.
/// @source Grattafiori et al. 2024, arXiv:2407.21783, sec. 3.2.1.
struct TokensAllocationForm : PowerFunction<1> {
  static constexpr std::string_view name = "tokens_allocation";
  static constexpr std::string_view formula = "k*C^a";
  static constexpr std::string_view source =
      "Grattafiori et al. 2024, arXiv:2407.21783, sec. 3.2.1";
  static constexpr Variable inputs[] = {kFlops};
  static constexpr Variable output = kTokens;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "tokens at C = 1", 0, 1e30, Scale::Log, false, 0.3},
      {"a", "exponent of compute", -20, 20, Scale::Linear, false, 0.5}};
};

}  // namespace isoflop
