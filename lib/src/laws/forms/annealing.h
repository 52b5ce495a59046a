// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "isoflop/laws/curve.h"

namespace isoflop {

/// L(s) = L0 + A S1^-alpha - C S2 after step s of a schedule, in nats per
/// token.
///
/// S1 is the sum of the learning rates so far. S2 is the annealing momentum,
/// sum_i m_i with m_i = lam m_(i-1) + (lr_(i-1) - lr_i), counted from the end
/// of the warm-up. C and lam trade off against each other. One size of model
/// and one batch a fit; the loss falls below zero far outside its range, where
/// there is no answer.
/// @source Tissue et al. 2024, arXiv:2408.11029.
struct AnnealingForm {
  static constexpr std::string_view name = "annealing";
  static constexpr std::string_view formula = "L0 + A*S1^-alpha - C*S2";
  static constexpr std::string_view source =
      "Tissue et al. 2024, arXiv:2408.11029";
  static constexpr bool is_curve = true;
  static constexpr CoefficientInfo coefficients[] = {
      {"L0", "loss of endless training, nats", 0, 100, Scale::Log, true, 2.8},
      {"A", "term of the first steps", 0, 1e6, Scale::Log, true, 0.6},
      {"alpha", "its exponent", 0.01, 4, Scale::Linear, false, 0.45},
      {"C", "gain of annealing", 0, 1e6, Scale::Log, true, 0.6},
      {"lam", "memory of annealing", 0.5, 1, Scale::Linear, false, 0.99}};

  /// @param theta  ln L0, ln A, alpha, ln C, lam
  /// @param step   counted from 1
  /// @return       ln L
  template <class T>
  static T evaluate(const T* theta,
                    const LearningRateSchedule& schedule,
                    Eigen::Index step) {
    using std::exp;
    using std::log;
    const double area = schedule.rates.head(step).sum();
    T momentum(0.0);
    T gain(0.0);
    for (Eigen::Index i = std::max(schedule.warmup, 1); i < step; ++i) {
      momentum =
          theta[4] * momentum + (schedule.rates[i - 1] - schedule.rates[i]);
      gain += momentum;
    }
    return log(exp(theta[0]) + exp(theta[1] - theta[2] * std::log(area)) -
               exp(theta[3]) * gain);
  }
};

}  // namespace isoflop
