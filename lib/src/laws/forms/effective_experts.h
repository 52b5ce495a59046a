// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace isoflop {

/// Logarithm of the effective number of experts:
/// 1/X' = 1/(X - 1 + (1/Xstart - 1/Xmax)^-1) + 1/Xmax.
///
/// It goes from Xstart with one expert to Xmax with many.
/// @source Clark et al. 2022, arXiv:2202.01169.
template <class T, class X>
auto log_effective_experts(const T& log_start,
                           const T& log_max,
                           const X& log_experts) {
  using std::exp;
  using std::log;
  const auto most = exp(-log_max);
  return -log(1.0 / (exp(log_experts) - 1.0 + 1.0 / (exp(-log_start) - most)) +
              most);
}

}  // namespace isoflop
