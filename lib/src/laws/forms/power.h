// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/laws/form.h"

namespace isoflop {

/// ln y = ln k + sum_i e_i ln x_i: the function that power laws share.
/// @param theta   ln k and an exponent for each input
/// @param inputs  logarithms
/// @return        ln y
template <int kInputs>
struct PowerFunction {
  template <class T, class X>
  static auto evaluate(const T* theta, const X* inputs) {
    auto sum = theta[0] + theta[1] * inputs[0];
    for (int i = 1; i < kInputs; ++i) sum = sum + theta[i + 1] * inputs[i];
    return sum;
  }
};

}  // namespace isoflop
