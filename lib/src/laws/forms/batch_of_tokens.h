// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// B(D) = k D^a: best batch in tokens.
///
/// It does not depend on size. Domain: D > 0.
/// @source Li et al. 2025 (Step Law), arXiv:2503.04715.
struct BatchOfTokensForm : PowerFunction<1> {
  static constexpr std::string_view name = "batch_of_tokens";
  static constexpr std::string_view formula = "k*D^a";
  static constexpr std::string_view source =
      "Li et al. 2025 (Step Law), arXiv:2503.04715";
  static constexpr Variable inputs[] = {kTokens};
  static constexpr Variable output = kBatchTokens;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "tokens at D = 1", 0, 1e30, Scale::Log, false, 0.6},
      {"a", "exponent of data", -20, 20, Scale::Linear, false, 0.57}};
};

}  // namespace isoflop
