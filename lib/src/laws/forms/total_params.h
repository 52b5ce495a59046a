// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// N = Nne + omega Nne^(1/3): all parameters from those without embeddings.
///
/// The embeddings grow with the width of the model. omega belongs to one
/// family of shapes and one vocabulary. Domain: Nne > 0.
/// @source Pearce and Song 2024, arXiv:2406.12907.
struct TotalParamsForm {
  static constexpr std::string_view name = "total_params";
  static constexpr std::string_view formula = "Nne + omega*Nne^(1/3)";
  static constexpr std::string_view source =
      "Pearce and Song 2024, arXiv:2406.12907";
  static constexpr Variable inputs[] = {kNonEmbeddingParams};
  static constexpr Variable output = kParams;
  static constexpr CoefficientInfo coefficients[] = {
      {"omega", "embeddings a width", 0, 1e12, Scale::Log, false, 47491}};

  /// @param theta   ln omega
  /// @param inputs  ln Nne
  /// @return        ln N
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    using std::exp;
    using std::log;
    return inputs[0] + log(1.0 + exp(theta[0] - 2.0 / 3.0 * inputs[0]));
  }
};

}  // namespace isoflop
