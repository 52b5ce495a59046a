// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "laws/forms/power.h"

namespace isoflop {

/// B(L) = k L^a: critical batch in tokens at a loss of L nats per token.
///
/// Beyond it more devices save little time. Domain: L > 0.
/// @source Kaplan et al. 2020, arXiv:2001.08361, eq. 1.4.
struct CriticalBatchForm : PowerFunction<1> {
  static constexpr std::string_view name = "critical_batch";
  static constexpr std::string_view formula = "k*L^a";
  static constexpr std::string_view source =
      "Kaplan et al. 2020, arXiv:2001.08361, eq. 1.4";
  static constexpr Variable inputs[] = {kLoss};
  static constexpr Variable output = kBatchTokens;
  static constexpr CoefficientInfo coefficients[] = {
      {"k", "tokens at L = 1", 0, 1e30, Scale::Log, false, 2e8},
      {"a", "exponent of loss, -1/aB", -20, 20, Scale::Linear, false, -4.8}};
};

}  // namespace isoflop
