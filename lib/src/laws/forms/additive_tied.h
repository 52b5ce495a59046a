// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(N, D) = E + A / N^alpha + B / D^alpha, in nats per token.
///
/// The additive form with one exponent for size and data, so that the optimal
/// tokens per parameter do not depend on the compute. Domain: N, D > 0.
/// @source Gadre et al. 2024, arXiv:2403.08540, section 3.
struct AdditiveTiedForm {
  static constexpr std::string_view name = "additive_tied";
  static constexpr std::string_view formula = "E + A/N^alpha + B/D^alpha";
  static constexpr std::string_view source =
      "Gadre et al. 2024, arXiv:2403.08540, sec. 3";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 1.8},
      {"A", "size term at N = 1, nats", 0, 1e30, Scale::Log, true, 160},
      {"B", "data term at D = 1, nats", 0, 1e30, Scale::Log, true, 300},
      {"alpha", "exponent of both", 0.01, 4, Scale::Linear, false, 0.27}};

  /// @param theta   ln E, ln A, ln B, alpha
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return log(exp(theta[0]) + exp(theta[1] - theta[3] * inputs[0]) +
               exp(theta[2] - theta[3] * inputs[1]));
  }
};

}  // namespace isoflop
