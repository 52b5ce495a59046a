// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(N, D) = E + A / N^alpha + B / D^beta + K / (N^alpha D^beta), in nats per
/// token.
///
/// The additive form with a term that is large where size and data are both
/// small. Domain: N, D > 0. With K = 0 the additive form.
/// @source the example of docs/guide/add-a-law.md, after Hoffmann et al. 2022,
///     arXiv:2203.15556, equation 2.
struct CrossedForm {
  static constexpr std::string_view name = "crossed";
  static constexpr std::string_view formula =
      "E + A/N^alpha + B/D^beta + K/(N^alpha*D^beta)";
  static constexpr std::string_view source =
      "docs/guide/add-a-law.md, after arXiv:2203.15556, eq. 2";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 1.8},
      {"A", "size term at N = 1, nats", 0, 1e30, Scale::Log, true, 480},
      {"alpha", "exponent of size", 0.01, 4, Scale::Linear, false, 0.35},
      {"B", "data term at D = 1, nats", 0, 1e30, Scale::Log, true, 2000},
      {"beta", "exponent of data", 0.01, 4, Scale::Linear, false, 0.37},
      {"K", "joint term, nats", 0, 1e30, Scale::Log, true, 1e5}};

  /// @param theta   ln E, ln A, alpha, ln B, beta, ln K
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    const auto size = theta[2] * inputs[0];
    const auto data = theta[4] * inputs[1];
    return log(exp(theta[0]) + exp(theta[1] - size) + exp(theta[3] - data) +
               exp(theta[5] - size - data));
  }
};

}  // namespace isoflop
