// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// M*(C) = k C^a: compute-optimal training FLOP a token.
///
/// C counts attention, C = M D. Domain: C > 0.
/// @source Bi et al. 2024 (DeepSeek), arXiv:2401.02954, eq. 4.
struct FlopsPerTokenAllocationForm : PowerFunction<1> {
  static constexpr std::string_view name = "flops_per_token_allocation";
  static constexpr std::string_view formula = "k*C^a";
  static constexpr std::string_view source =
      "Bi et al. 2024 (DeepSeek), arXiv:2401.02954, eq. 4";
  static constexpr Variable inputs[] = {kFlops};
  static constexpr Variable output = kFlopsPerToken;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "FLOP a token at C = 1", 0, 1e30, Scale::Log, false, 0.2},
      {"a", "exponent of compute", -20, 20, Scale::Linear, false, 0.5}};
};

}  // namespace isoflop
