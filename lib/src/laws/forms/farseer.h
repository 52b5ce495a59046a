// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(N, D) = exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) / D^exp(a1 N^alpha +
/// b1), in nats per token.
///
/// The exponent of data depends on size, so that the optimal tokens per
/// parameter change with compute. N counts parameters without vocabulary.
/// Domain: N, D > 0. No published coefficients were found.
/// @source Li et al. 2025 (Farseer), arXiv:2506.10972.
struct FarseerForm {
  static constexpr std::string_view name = "farseer";
  static constexpr std::string_view formula =
      "exp(a3*N^gamma + b3) + exp(a2*N^beta + b2)/D^exp(a1*N^alpha + b1)";
  static constexpr std::string_view source = "Li et al. 2025, arXiv:2506.10972";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"a1",
       "slope of the data exponent",
       -100,
       100,
       Scale::Linear,
       false,
       -0.1},
      {"b1",
       "offset of the data exponent",
       -100,
       100,
       Scale::Linear,
       false,
       -0.5},
      {"alpha", "power of size there", -2, 2, Scale::Linear, false, 0.1},
      {"a2", "slope of the data term", -1000, 1000, Scale::Linear, false, 20},
      {"b2", "offset of the data term", -1000, 1000, Scale::Linear, false, 2},
      {"beta", "power of size there", -2, 2, Scale::Linear, false, -0.1},
      {"a3", "slope of the size term", -1000, 1000, Scale::Linear, false, -0.1},
      {"b3", "offset of the size term", -1000, 1000, Scale::Linear, false, 1.5},
      {"gamma", "power of size there", -2, 2, Scale::Linear, false, 0.1}};

  /// @param theta   a1, b1, alpha, a2, b2, beta, a3, b3, gamma
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    const auto exponent = exp(theta[0] * exp(theta[2] * inputs[0]) + theta[1]);
    return log(exp(theta[6] * exp(theta[8] * inputs[0]) + theta[7]) +
               exp(theta[3] * exp(theta[5] * inputs[0]) + theta[4] -
                   exponent * inputs[1]));
  }
};

}  // namespace isoflop
