// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(N, D) = E + (A / N^alpha + B / D^beta)^gamma, in nats per token.
///
/// With gamma = 1 the additive form. Domain: N, D > 0.
/// @source Beck et al. 2025, arXiv:2510.02228; also in Busbridge et al. 2025,
///     arXiv:2502.08606, equation 8.
struct CoupledForm {
  static constexpr std::string_view name = "coupled";
  static constexpr std::string_view formula =
      "E + (A/N^alpha + B/D^beta)^gamma";
  static constexpr std::string_view source =
      "Beck et al. 2025, arXiv:2510.02228";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 1.7},
      {"A", "size term at N = 1", 0, 1e40, Scale::Log, false, 2e5},
      {"B", "data term at D = 1", 0, 1e40, Scale::Log, false, 5e6},
      {"alpha", "exponent of size", 0.01, 6, Scale::Linear, false, 0.63},
      {"beta", "exponent of data", 0.01, 6, Scale::Linear, false, 0.68},
      {"gamma", "exponent of the sum", 0.02, 5, Scale::Linear, false, 0.45}};

  /// What losses of language models have shown: of alpha gamma and beta gamma,
  /// the exponents where one term alone is left, and of gamma.
  static constexpr PriorInfo priors[] = {
      {"ln E", 0, kInfinite, -12, 5, 0},
      {"ln size term", 0, kInfinite, -30, 10, 0},
      {"ln data term", 0, kInfinite, -30, 10, 0},
      {"ln alpha gamma",
       kLogExponent,
       kLogExponentSd,
       kLowestLogExponent,
       kHighestLogExponent,
       0.55},
      {"ln beta gamma",
       kLogExponent,
       kLogExponentSd,
       kLowestLogExponent,
       kHighestLogExponent,
       0.55},
      {"ln gamma", -0.4307829160924542, 0.2, -3.0, 1.1, 0}};  // ln 0.65

  template <class T>
  static void theta_from_prior(const T* at, const double* centre, T* theta) {
    using std::exp;
    const T gamma = exp(at[5]);
    theta[0] = at[0];
    theta[3] = exp(at[3]) / gamma;
    theta[4] = exp(at[4]) / gamma;
    theta[1] = at[1] / gamma + theta[3] * centre[0];
    theta[2] = at[2] / gamma + theta[4] * centre[1];
    theta[5] = gamma;
  }
  static void prior_from_theta(const double* theta,
                               const double* centre,
                               double* at) {
    const double gamma = theta[5];
    at[0] = theta[0];
    at[1] = gamma * (theta[1] - theta[3] * centre[0]);
    at[2] = gamma * (theta[2] - theta[4] * centre[1]);
    at[3] = std::log(theta[3] * gamma);
    at[4] = std::log(theta[4] * gamma);
    at[5] = std::log(gamma);
  }

  /// @param theta   ln E, ln A, ln B, alpha, beta, gamma
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return log(exp(theta[0]) +
               exp(theta[5] * log(exp(theta[1] - theta[3] * inputs[0]) +
                                  exp(theta[2] - theta[4] * inputs[1]))));
  }
};

}  // namespace isoflop
