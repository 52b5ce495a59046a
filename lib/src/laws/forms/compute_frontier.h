// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// L(C) = E + (C0 / C)^gamma, in nats per token.
///
/// The loss of models that were trained in the way the law was fitted on, most
/// often compute-optimal: it does not say how to divide C. Domain: C > 0.
/// @source Dey et al. 2023, arXiv:2304.03208, equation 1; OpenAI 2023,
///     arXiv:2303.08774, section 3.
struct ComputeFrontierForm {
  static constexpr std::string_view name = "compute_frontier";
  static constexpr std::string_view formula = "E + (C0/C)^gamma";
  static constexpr std::string_view source =
      "Dey et al. 2023, arXiv:2304.03208, eq. 1";
  static constexpr Variable inputs[] = {kFlops};
  static constexpr CoefficientInfo coefficients[] = {
      {"E", "irreducible loss, nats", 0, 100, Scale::Log, true, 0.5},
      {"C0",
       "compute at which the rest is one nat, FLOP",
       0,
       1e60,
       Scale::Log,
       false,
       6e22},
      {"gamma", "exponent of compute", 0.001, 2, Scale::Linear, false, 0.07}};

  /// @param theta   ln E, ln C0, gamma
  /// @param inputs  ln C
  /// @return        ln L
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return log(exp(theta[0]) + exp(theta[2] * (theta[1] - inputs[0])));
  }
};

}  // namespace isoflop
