// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L = E + A / N'^alpha + B / D'^beta for D tokens of which U are distinct, in
/// nats per token.
///
/// Repeated tokens and parameters beyond what the distinct tokens can feed
/// count for less, and ever less:
///   D' = U_D (1 + R_D* (1 - exp(-R_D / R_D*))),  R_D = D / U_D - 1,
///   N' = U_N (1 + R_N* (1 - exp(-R_N / R_N*))),  R_N = N / U_N - 1,
/// with U_D = min(U, D), U_N = min(N, N_opt(U_D)) and N_opt(D) the size for
/// which D is compute-optimal. While D <= U and N <= N_opt it is the additive
/// form. It saturates and never says that repeating does harm. Domain: N, D,
/// U > 0.
/// @source Muennighoff et al. 2023, arXiv:2305.16264;
///     U_N as in huggingface/datablations,
///     utils/parametric_fit.ipynb.
struct DataConstrainedForm {
  static constexpr std::string_view name = "data_constrained";
  static constexpr std::string_view formula =
      "E + A/N'^alpha + B/D'^beta, repeats and excess size discounted";
  static constexpr std::string_view source =
      "Muennighoff et al. 2023, arXiv:2305.16264";
  static constexpr Variable inputs[] = {kParams, kTokens, kUniqueTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 1.87},
      {"A", "size term at N = 1, nats", 0, 1e30, Scale::Log, false, 520},
      {"B", "data term at D = 1, nats", 0, 1e30, Scale::Log, false, 1490},
      {"alpha", "exponent of size", 0.01, 4, Scale::Linear, false, 0.353},
      {"beta", "exponent of data", 0.01, 4, Scale::Linear, false, 0.353},
      {"RDs",
       "repeats after which data are worn",
       1e-3,
       1e6,
       Scale::Log,
       false,
       15},
      {"RNs",
       "the same of excess parameters",
       1e-3,
       1e6,
       Scale::Log,
       false,
       5}};

  /// ln of x discounted beyond the base: ln u + ln(1 + s (1 - exp(-r / s))).
  template <class T, class Y>
  static auto discounted(const T& log_base,
                         const Y& log_value,
                         const T& log_scale) {
    using std::exp;
    using std::log;
    const auto scale = exp(log_scale);
    const auto repeats = exp(log_value - log_base) - 1.0;
    return log_base + log(1.0 + scale * (1.0 - exp(-repeats / scale)));
  }

  /// @param theta   ln E, ln A, ln B, alpha, beta, ln R_D*, ln R_N*
  /// @param inputs  ln N, ln D, ln U
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::fmin;
    using std::log;
    using Both = decltype(theta[0] + inputs[0]);
    const Both n(inputs[0] + 0.0 * theta[3]);
    const X unique = fmin(inputs[2], inputs[1]);
    const Both supported =
        (log(theta[3] / theta[4]) + theta[1] - theta[2] + theta[4] * unique) /
        theta[3];
    const Both log_d =
        discounted(Both(unique + 0.0 * theta[3]), inputs[1], Both(theta[5]));
    const Both log_n = discounted(fmin(n, supported), n, Both(theta[6]));
    return log(exp(theta[0]) + exp(theta[1] - theta[3] * log_n) +
               exp(theta[2] - theta[4] * log_d));
  }
};

}  // namespace isoflop
