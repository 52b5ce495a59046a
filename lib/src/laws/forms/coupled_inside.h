// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(N, D) = (E + A / N^alpha + B / D^beta)^gamma, in nats per token.
///
/// The coupled form with the irreducible part inside the power: the loss
/// falls to E^gamma. With gamma = 1 the additive form. Domain: N, D > 0.
/// @source the power of a sum of Kaplan et al. 2020, arXiv:2001.08361,
///     equation 1.5, with the constant of Hoffmann et al. 2022.
struct CoupledInsideForm {
  static constexpr std::string_view name = "coupled_inside";
  static constexpr std::string_view formula =
      "(E + A/N^alpha + B/D^beta)^gamma";
  static constexpr std::string_view source =
      "Kaplan et al. 2020, arXiv:2001.08361, eq. 1.5, with a constant";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible part", 0, 1e30, Scale::Log, false, 3},
      {"A", "size term at N = 1", 0, 1e40, Scale::Log, false, 2e5},
      {"B", "data term at D = 1", 0, 1e40, Scale::Log, false, 5e6},
      {"alpha", "exponent of size", 0.01, 6, Scale::Linear, false, 0.63},
      {"beta", "exponent of data", 0.01, 6, Scale::Linear, false, 0.68},
      {"gamma", "exponent of the sum", 0.02, 5, Scale::Linear, false, 0.45}};

  /// @param theta   ln E, ln A, ln B, alpha, beta, gamma
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return theta[5] * log(exp(theta[0]) + exp(theta[1] - theta[3] * inputs[0]) +
                          exp(theta[2] - theta[4] * inputs[1]));
  }
};

}  // namespace isoflop
