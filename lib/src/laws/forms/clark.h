// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"
#include "laws/forms/effective_experts.h"

namespace isoflop {

/// log10 L = a log10 N + b log10 X' + c log10 N log10 X' + d, in nats per
/// token.
///
/// Routed models at one number of tokens. N counts the parameters of the dense
/// model that is routed, X the experts, and
///   1/X' = 1/(X - 1 + (1/Xstart - 1/Xmax)^-1) + 1/Xmax.
/// With one expert X' = Xstart. There is no data in it: it does not say how
/// many tokens to train on. Domain: N > 0, X >= 1.
/// @source Clark et al. 2022, arXiv:2202.01169, table 3.
struct ClarkForm {
  static constexpr std::string_view name = "clark";
  static constexpr std::string_view formula =
      "10^(a*lgN + b*lgX' + c*lgN*lgX' + d), X' of X experts saturating";
  static constexpr std::string_view source =
      "Clark et al. 2022, arXiv:2202.01169, table 3";
  static constexpr Variable inputs[] = {kParams, kExperts};
  static constexpr CoefficientInfo coefficients[] = {
      {"a", "slope of size", -2, 2, Scale::Linear, false, -0.082},
      {"b", "slope of experts", -2, 2, Scale::Linear, false, -0.11},
      {"c", "interaction", -1, 1, Scale::Linear, false, 0.01},
      {"d", "offset", -10, 10, Scale::Linear, false, 1.1},
      {"Estart",
       "experts a dense model is worth",
       1,
       100,
       Scale::Log,
       false,
       1.9},
      {"Emax",
       "most that experts can be worth",
       2,
       1e5,
       Scale::Log,
       false,
       320}};

  /// @param theta   a, b, c, d, ln Estart, ln Emax
  /// @param inputs  ln N, ln X
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    const auto experts = log_effective_experts(theta[4], theta[5], inputs[1]);
    const double lg = 1.0 / std::log(10.0);
    return theta[0] * inputs[0] + theta[1] * experts +
           theta[2] * lg * inputs[0] * experts + theta[3] / lg;
  }
};

}  // namespace isoflop
