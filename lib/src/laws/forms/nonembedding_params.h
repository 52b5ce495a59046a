// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// Nne with Nne + omega Nne^(1/3) = N: parameters without embeddings from all
/// of them, the inverse of the form `total_params`. Domain: N > 0.
/// @source Pearce and Song 2024, arXiv:2406.12907; the real root
///     of x^3 + omega x = N is x = 2 sqrt(omega/3) sinh(asinh(z) / 3) with
///     z = N / (2 (omega/3)^(3/2)).
struct NonembeddingParamsForm {
  static constexpr std::string_view name = "nonembedding_params";
  static constexpr std::string_view formula =
      "Nne with Nne + omega*Nne^(1/3) = N";
  static constexpr std::string_view source =
      "Pearce and Song 2024, arXiv:2406.12907";
  static constexpr Variable inputs[] = {kParams};
  static constexpr Variable output = kNonEmbeddingParams;
  static constexpr CoefficientInfo coefficients[] = {
      {"omega", "embeddings a width", 0, 1e12, Scale::Log, false, 47491}};

  /// @param theta   ln omega
  /// @param inputs  ln N
  /// @return        ln Nne
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    using std::sqrt;
    const auto third = theta[0] - std::log(3.0);
    const auto log_z = inputs[0] - std::log(2.0) - 1.5 * third;
    // asinh(z) = ln z + ln(1 + sqrt(1 + 1/z^2)), and 2 sinh(y) = e^y - e^-y.
    const auto y = (log_z + log(1.0 + sqrt(1.0 + exp(-2.0 * log_z)))) / 3.0;
    return 3.0 * (0.5 * third + y + log(1.0 - exp(-2.0 * y)));
  }
};

}  // namespace isoflop
