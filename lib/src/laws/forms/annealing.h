// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
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
  /// @param steps  counted from 1, in rising order
  /// @param out    ln L after each
  template <class T>
  static void evaluate(const T* theta,
                       const LearningRateSchedule& schedule,
                       std::span<const Eigen::Index> steps,
                       T* out) {
    using std::exp;
    using std::log;
    const Eigen::Index first = std::max(schedule.warmup, 1);
    const T base = exp(theta[0]);
    const T factor = exp(theta[3]);
    double area = 0.0;
    T momentum(0.0);
    T gain(0.0);
    Eigen::Index i = 0;  // steps that are summed
    for (const Eigen::Index step : steps) {
      for (; i < step; ++i) {
        area += schedule.rates[i];
        if (i < first) continue;
        momentum =
            theta[4] * momentum + (schedule.rates[i - 1] - schedule.rates[i]);
        gain += momentum;
      }
      *out++ =
          log(base + exp(theta[1] - theta[2] * std::log(area)) - factor * gain);
    }
  }
};

}  // namespace isoflop
