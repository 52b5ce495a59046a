// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"
#include "laws/forms/effective_experts.h"

namespace isoflop {

/// L = a X'^delta Na^(alpha + gamma ln X') + b X'^omega D^(beta + zeta ln X')
/// + c, in nats per token.
///
/// Na counts the parameters that work on a token, X the experts, and X' is
/// their effective number as in the form `clark`. At one number of experts it
/// is an additive form, with one expert that of dense models. Domain: Na, D >
/// 0, X >= 1.
/// @source Ludziejewski et al. 2025, arXiv:2502.05172, table 3.
struct LudziejewskiForm {
  static constexpr std::string_view name = "ludziejewski";
  static constexpr std::string_view formula =
      "a*X'^delta*Na^(alpha + gamma*ln X') + b*X'^omega*D^(beta + zeta*ln X') "
      "+ c";
  static constexpr std::string_view source =
      "Ludziejewski et al. 2025, arXiv:2502.05172, table 3";
  static constexpr Variable inputs[] = {kActiveParams, kTokens, kExperts};
  static constexpr CoefficientInfo coefficients[] = {
      {"a", "size term, nats", 0, 1e30, Scale::Log, false, 36},
      {"alpha", "exponent of size", -4, -0.001, Scale::Linear, false, -0.19},
      {"delta", "experts in the size term", -4, 4, Scale::Linear, false, -0.23},
      {"gamma", "their interaction", -1, 1, Scale::Linear, false, 0.01},
      {"b", "data term, nats", 0, 1e30, Scale::Log, false, 36},
      {"beta", "exponent of data", -4, -0.001, Scale::Linear, false, -0.18},
      {"omega", "experts in the data term", -4, 4, Scale::Linear, false, 0.55},
      {"zeta", "their interaction", -1, 1, Scale::Linear, false, -0.026},
      {"Estart",
       "experts a dense model is worth",
       1,
       100,
       Scale::Log,
       false,
       2.1},
      {"Emax",
       "most that experts can be worth",
       2,
       1e5,
       Scale::Log,
       false,
       290},
      {"c", "irreducible loss, nats", 0, 100, Scale::Log, true, 1.36}};

  /// @param theta   ln a, alpha, delta, gamma, ln b, beta, omega, zeta,
  ///     ln Estart, ln Emax, ln c
  /// @param inputs  ln Na, ln D, ln X
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    const auto x = log_effective_experts(theta[8], theta[9], inputs[2]);
    return log(
        exp(theta[0] + theta[2] * x + (theta[1] + theta[3] * x) * inputs[0]) +
        exp(theta[4] + theta[6] * x + (theta[5] + theta[7] * x) * inputs[1]) +
        exp(theta[10]));
  }
};

}  // namespace isoflop
