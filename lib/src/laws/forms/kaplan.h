// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(N, D) = ((Nc/N)^(aN/aD) + Dc/D)^aD, in nats per token.
///
/// N counts parameters without embeddings, D the tokens of a run that is
/// stopped early on one data set. There is no irreducible loss: the loss falls
/// to zero as both grow. Domain: N, D > 0.
/// @source Kaplan et al. 2020, arXiv:2001.08361, equation 1.5.
struct KaplanForm {
  static constexpr std::string_view name = "kaplan";
  static constexpr std::string_view formula = "((Nc/N)^(aN/aD) + Dc/D)^aD";
  static constexpr std::string_view source =
      "Kaplan et al. 2020, arXiv:2001.08361, eq. 1.5";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"Nc", "scale of size", 1, 1e40, Scale::Log, false, 6e13},
      {"Dc", "scale of data", 1, 1e40, Scale::Log, false, 2e13},
      {"aN", "exponent of size", 0.005, 2, Scale::Linear, false, 0.08},
      {"aD", "exponent of data", 0.005, 2, Scale::Linear, false, 0.1}};

  /// @param theta   ln Nc, ln Dc, aN, aD
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return theta[3] * log(exp(theta[2] / theta[3] * (theta[0] - inputs[0])) +
                          exp(theta[1] - inputs[1]));
  }
};

}  // namespace isoflop
