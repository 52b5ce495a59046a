// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L = c + (g / G^gamma + a) / N^alpha + b / D^beta, in nats per token.
///
/// Mixtures of 64 experts of granularity G, the width of the dense
/// feed-forward layer over that of an expert. N counts all experts, without
/// embeddings. With g = 0 the additive form. Domain: N, D, G > 0.
/// @source Krajewski et al. 2024, arXiv:2402.07871, table 1.
struct KrajewskiForm {
  static constexpr std::string_view name = "krajewski";
  static constexpr std::string_view formula =
      "c + (g/G^gamma + a)/N^alpha + b/D^beta";
  static constexpr std::string_view source =
      "Krajewski et al. 2024, arXiv:2402.07871, table 1";
  static constexpr Variable inputs[] = {kParams, kTokens, kGranularity};
  static constexpr bool counts_resting_experts = true;
  static constexpr CoefficientInfo coefficients[] = {
      {"a", "size term at N = 1, nats", 0, 1e30, Scale::Log, true, 18},
      {"alpha", "exponent of size", 0.01, 4, Scale::Linear, false, 0.115},
      {"b", "data term at D = 1, nats", 0, 1e30, Scale::Log, true, 31},
      {"beta", "exponent of data", 0.01, 4, Scale::Linear, false, 0.147},
      {"g", "granularity term, nats", 0, 1e30, Scale::Log, true, 2.1},
      {"gamma", "exponent of granularity", 0.01, 4, Scale::Linear, false, 0.58},
      {"c", "irreducible loss, nats", 0, 100, Scale::Log, true, 0.47}};

  /// @param theta   ln a, alpha, ln b, beta, ln g, gamma, ln c
  /// @param inputs  ln N, ln D, ln G
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return log(exp(theta[6]) + exp(theta[0] - theta[1] * inputs[0]) +
               exp(theta[4] - theta[5] * inputs[2] - theta[1] * inputs[0]) +
               exp(theta[2] - theta[3] * inputs[1]));
  }
};

}  // namespace isoflop
