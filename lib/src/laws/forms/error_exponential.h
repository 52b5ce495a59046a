// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// Err(L) = eps - k exp(-gamma L): share of wrong answers at a loss of L nats
/// per token.
///
/// The error rises from where the models were measured to eps, that of a
/// guess. Below a loss of ln(k / eps) / gamma there is no answer. Losses are
/// those of the set the law was fitted on. Domain: L > 0.
/// @source Gadre et al. 2024, arXiv:2403.08540.
struct ErrorExponentialForm {
  static constexpr std::string_view name = "error_exponential";
  static constexpr std::string_view formula = "eps - k*exp(-gamma*L)";
  static constexpr std::string_view source =
      "Gadre et al. 2024, arXiv:2403.08540";
  static constexpr Variable inputs[] = {kLoss};
  static constexpr Variable output = kErrorRate;
  static constexpr CoefficientInfo coefficients[] = {
      {"eps", "error of a guess", 0.01, 1, Scale::Linear, false, 0.85},
      {"k", "scale of the gain", 0, 1e6, Scale::Log, false, 2.1},
      {"gamma",
       "rate of the gain, 1/nat",
       0.01,
       20,
       Scale::Linear,
       false,
       0.75}};

  /// @param theta   eps, ln k, gamma
  /// @param inputs  ln L
  /// @return        ln Err
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return log(theta[0] - exp(theta[1] - theta[2] * exp(inputs[0])));
  }
};

}  // namespace isoflop
