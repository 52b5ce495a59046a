// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// Err(L) = 1 - b - a / (1 + exp(-k (L - L0))): share of wrong answers at a
/// task loss L.
///
/// The accuracy a / (1 + exp(-k (L - L0))) + b goes from b at a large loss to
/// a + b at a small one, k being negative. Domain: L > 0.
/// @source Bhagia et al. 2024, arXiv:2412.04403.
struct ErrorSigmoidForm {
  static constexpr std::string_view name = "error_sigmoid";
  static constexpr std::string_view formula = "1 - b - a/(1 + exp(-k*(L-L0)))";
  static constexpr std::string_view source =
      "Bhagia et al. 2024, arXiv:2412.04403";
  static constexpr Variable inputs[] = {kLoss};
  static constexpr Variable output = kErrorRate;
  static constexpr CoefficientInfo coefficients[] = {
      {"a", "range of the accuracy", 0.001, 1, Scale::Linear, false, 0.6},
      {"b", "accuracy of a guess", 0, 1, Scale::Linear, false, 0.25},
      {"k", "steepness, 1/nat", -100, -0.01, Scale::Linear, false, -3},
      {"L0", "loss half way", 0.001, 100, Scale::Linear, false, 1.5}};

  /// @param theta   a, b, k, L0
  /// @param inputs  ln L
  /// @return        ln Err
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    const auto steps = theta[2] * (exp(inputs[0]) - theta[3]);
    return log(1.0 - theta[1] - theta[0] / (1.0 + exp(-steps)));
  }
};

}  // namespace isoflop
