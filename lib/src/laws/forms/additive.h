// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include "isoflop/laws/form.h"
#include "units/log_flops.h"

namespace isoflop {

/// L(N, D) = E + A / N^alpha + B / D^beta, in nats per token.
///
/// E is the loss of a model without limits, the two terms what a finite model
/// and finite data add. Domain: N, D > 0. As N and D grow the loss falls to
/// E; with A = 0 or B = 0 a term is absent. Parameters are counted as the
/// fitted runs count them.
/// @source Hoffmann et al. 2022, arXiv:2203.15556, equation 2.
struct AdditiveForm {
  static constexpr std::string_view name = "additive";
  static constexpr std::string_view formula = "E + A/N^alpha + B/D^beta";
  static constexpr std::string_view source =
      "Hoffmann et al. 2022, arXiv:2203.15556, eq. 2";
  static constexpr Variable inputs[] = {kParams, kTokens};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 1.8},
      {"A", "size term at N = 1, nats", 0, 1e30, Scale::Log, true, 480},
      {"B", "data term at D = 1, nats", 0, 1e30, Scale::Log, true, 2000},
      {"alpha", "exponent of size", 0.01, 4, Scale::Linear, false, 0.35},
      {"beta", "exponent of data", 0.01, 4, Scale::Linear, false, 0.37}};

  /// What losses of language models have shown of the exponents.
  static constexpr PriorInfo priors[] = {
      {"ln E", 0, kInfinite, -12, 5, 0},
      {"ln size term", 0, kInfinite, -30, 10, 0},
      {"ln data term", 0, kInfinite, -30, 10, 0},
      {"ln alpha",
       kLogExponent,
       kLogExponentSd,
       kLowestLogExponent,
       kHighestLogExponent,
       0.55},
      {"ln beta",
       kLogExponent,
       kLogExponentSd,
       kLowestLogExponent,
       kHighestLogExponent,
       0.55}};

  template <class T>
  static void theta_from_prior(const T* at, const double* centre, T* theta) {
    using std::exp;
    theta[0] = at[0];
    theta[3] = exp(at[3]);
    theta[4] = exp(at[4]);
    theta[1] = at[1] + theta[3] * centre[0];
    theta[2] = at[2] + theta[4] * centre[1];
  }
  static void prior_from_theta(const double* theta,
                               const double* centre,
                               double* at) {
    at[0] = theta[0];
    at[1] = theta[1] - theta[3] * centre[0];
    at[2] = theta[2] - theta[4] * centre[1];
    at[3] = std::log(theta[3]);
    at[4] = std::log(theta[4]);
  }

  /// @param theta   ln E, ln A, ln B, alpha, beta
  /// @param inputs  ln N, ln D
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return log(exp(theta[0]) + exp(theta[1] - theta[3] * inputs[0]) +
               exp(theta[2] - theta[4] * inputs[1]));
  }

  /// ln N* = [ln(alpha A / (beta B)) + beta ln(C / 6)] / (alpha + beta).
  /// @return nothing unless both exponents are positive and A, B > 0.
  /// @source Hoffmann et al. 2022, arXiv:2203.15556, equation 4.
  static std::optional<double> optimal_log_params(const double* theta,
                                                  double log_flops) {
    const double alpha = theta[3];
    const double beta = theta[4];
    if (!(alpha > 0 && beta > 0) || !std::isfinite(theta[1]) ||
        !std::isfinite(theta[2])) {
      return std::nullopt;
    }
    return (std::log(alpha / beta) + theta[1] - theta[2] +
            beta * (log_flops - kLog6)) /
           (alpha + beta);
  }
};

}  // namespace isoflop
