// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L = a / N^alpha + b / D^beta + c / (1 - S)^lam + d / ((1 - S)^delta
/// N^gamma) + e, in nats per token.
///
/// Mixtures of sparsity S, the share of the experts that rest. N counts all
/// parameters. With S = 0 a dense model. Domain: N, D > 0, 0 <= S < 1.
/// @source Abnar et al. 2025, arXiv:2501.12370.
struct AbnarForm {
  static constexpr std::string_view name = "abnar";
  static constexpr std::string_view formula =
      "a/N^alpha + b/D^beta + c/(1-S)^lam + d/((1-S)^delta*N^gamma) + e";
  static constexpr std::string_view source =
      "Abnar et al. 2025, arXiv:2501.12370";
  static constexpr Variable inputs[] = {kParams, kTokens, kSparsity};
  static constexpr bool counts_resting_experts = true;
  static constexpr CoefficientInfo coefficients[] = {
      {"alpha", "exponent of size", 0.01, 4, Scale::Linear, false, 0.6},
      {"beta", "exponent of data", 0.01, 4, Scale::Linear, false, 0.4},
      {"lam", "exponent of density", -4, 4, Scale::Linear, false, -0.17},
      {"delta", "density in the joint term", -4, 4, Scale::Linear, false, 0.16},
      {"gamma", "size in the joint term", 0.01, 4, Scale::Linear, false, 0.16},
      {"a", "size term at N = 1, nats", 0, 1e30, Scale::Log, true, 16600},
      {"b", "data term at D = 1, nats", 0, 1e30, Scale::Log, true, 5500},
      {"c", "density term, nats", 0, 1e30, Scale::Log, true, 0.46},
      {"d", "joint term, nats", 0, 1e30, Scale::Log, true, 17},
      {"e", "irreducible loss, nats", 0, 100, Scale::Log, true, 0.94}};

  /// @param theta   alpha, beta, lam, delta, gamma, ln a, ln b, ln c, ln d,
  ///     ln e
  /// @param inputs  ln N, ln D, S
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    const auto density = log(1.0 - inputs[2]);
    return log(exp(theta[5] - theta[0] * inputs[0]) +
               exp(theta[6] - theta[1] * inputs[1]) +
               exp(theta[7] - theta[2] * density) +
               exp(theta[8] - theta[3] * density - theta[4] * inputs[0]) +
               exp(theta[9]));
  }
};

}  // namespace isoflop
