// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// lr(C) = k C^a: best peak learning rate.
///
/// For compute-optimal models. Domain: C > 0.
/// @source Bi et al. 2024 (DeepSeek), arXiv:2401.02954, eq. 1.
struct LearningRateOfComputeForm : PowerFunction<1> {
  static constexpr std::string_view name = "learning_rate_of_compute";
  static constexpr std::string_view formula = "k*C^a";
  static constexpr std::string_view source =
      "Bi et al. 2024 (DeepSeek), arXiv:2401.02954, eq. 1";
  static constexpr Variable inputs[] = {kFlops};
  static constexpr Variable output = kLearningRate;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "rate at C = 1", 0, 1e30, Scale::Log, false, 0.3},
      {"a", "exponent of compute", -20, 20, Scale::Linear, false, -0.125}};
};

}  // namespace isoflop
