// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L = A / Neff^alpha + B / D^beta + E + CT D^gD / Neff^gN exp(-Ppost/gpost),
/// in nats per token.
///
/// Training in few bits counts as a smaller model,
///   Neff = N (1 - exp(-Pw/gw)) (1 - exp(-Pa/ga)) (1 - exp(-Pkv/gkv)),
/// and quantising the weights afterwards adds a harm that grows with the
/// tokens. Bits without limit and no quantisation give the additive form. Far
/// beyond 26e9 tokens the harm explodes. Domain: N, D, bits > 0.
/// @source Kumar et al. 2024, arXiv:2411.04330.
struct KumarForm {
  static constexpr std::string_view name = "kumar";
  static constexpr std::string_view formula =
      "A/Neff^alpha + B/D^beta + E + CT*D^gD/Neff^gN*exp(-Ppost/gpost)";
  static constexpr std::string_view source =
      "Kumar et al. 2024, arXiv:2411.04330";
  static constexpr Variable inputs[] = {
      kParams, kTokens, kWeightBits, kActivationBits, kCacheBits, kPostBits};
  static constexpr CoefficientInfo coefficients[] = {
      {"A", "size term at N = 1, nats", 0, 1e30, Scale::Log, true, 4300},
      {"alpha", "exponent of size", 0.01, 4, Scale::Linear, false, 0.5},
      {"B", "data term at D = 1, nats", 0, 1e30, Scale::Log, true, 18000},
      {"beta", "exponent of data", 0.01, 4, Scale::Linear, false, 0.5},
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 2.8},
      {"gw", "bits that weights need", 0.01, 100, Scale::Log, false, 2.7},
      {"ga", "bits that activations need", 0.01, 100, Scale::Log, false, 2.2},
      {"gkv", "bits that the cache needs", 0.01, 100, Scale::Log, false, 0.96},
      {"CT", "harm of quantising, nats", 0, 1e30, Scale::Log, true, 0.06},
      {"gD", "its exponent of data", 0.01, 4, Scale::Linear, false, 0.5},
      {"gN", "its exponent of size", 0.01, 4, Scale::Linear, false, 0.34},
      {"gpost",
       "bits that quantised weights need",
       0.01,
       100,
       Scale::Log,
       false,
       0.6}};

  /// exp(-bits / need). So many bits that nothing is left are as good as
  /// infinitely many, and have derivatives.
  template <class T, class X>
  static auto lost(const X& bits, const T& log_need) {
    using std::exp;
    using std::fmin;
    return exp(-fmin(bits, X(1e6)) / exp(log_need));
  }

  /// @param theta   ln A, alpha, ln B, beta, ln E, ln gw, ln ga, ln gkv,
  ///     ln CT, gD, gN, ln gpost
  /// @param inputs  ln N, ln D, Pw, Pa, Pkv, Ppost
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    const auto n = inputs[0] + log(1.0 - lost(inputs[2], theta[5])) +
                   log(1.0 - lost(inputs[3], theta[6])) +
                   log(1.0 - lost(inputs[4], theta[7]));
    return log(exp(theta[0] - theta[1] * n) +
               exp(theta[2] - theta[3] * inputs[1]) + exp(theta[4]) +
               exp(theta[8] + theta[9] * inputs[1] - theta[10] * n) *
                   lost(inputs[5], theta[11]));
  }
};

}  // namespace isoflop
