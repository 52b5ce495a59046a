// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "isoflop/units/quantity.h"

namespace isoflop {

/// ln 6, of C = 6 N D: `train_flops` on logarithms.
inline const double kLog6 = std::log(kFlopsPerParamToken);

/// ln C.
inline double log_train_flops(double log_params, double log_tokens) {
  return kLog6 + log_params + log_tokens;
}

/// ln D that a budget leaves to a size, or ln N that it leaves to data.
inline double log_rest_of(double log_flops, double log_count) {
  return log_flops - kLog6 - log_count;
}

}  // namespace isoflop
