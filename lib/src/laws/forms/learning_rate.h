// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// lr(N, D) = k N^n D^d: best peak learning rate.
///
/// N counts parameters without vocabulary. Domain: N, D > 0.
/// @source Li et al. 2025 (Step Law), arXiv:2503.04715, eq. 1.
struct LearningRateForm : PowerFunction<2> {
  static constexpr std::string_view name = "learning_rate";
  static constexpr std::string_view formula = "k*N^n*D^d";
  static constexpr std::string_view source =
      "Li et al. 2025 (Step Law), arXiv:2503.04715, eq. 1";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr Variable output = kLearningRate;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "rate at N = D = 1", 0, 1e30, Scale::Log, false, 1.8},
      {"n", "exponent of size", -20, 20, Scale::Linear, false, -0.7},
      {"d", "exponent of data", -20, 20, Scale::Linear, false, 0.3}};
};

}  // namespace isoflop
