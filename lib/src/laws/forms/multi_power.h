// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "isoflop/laws/curve.h"

namespace isoflop {

/// L(t) = L0 + A S1(t)^-alpha - B sum_k (lr_(k-1) - lr_k) G(lr_k^-gamma
/// S_k(t)) after step t of a schedule, in nats per token, with G(x) = 1 -
/// (C x + 1)^-beta.
///
/// S1 is the sum of the learning rates so far, warm-up counted, S_k(t) that of
/// the steps k to t, and k runs over the steps after the warm-up. One size of
/// model a fit. Rates are raw: coefficients belong to their size.
/// @source Luo et al. 2025, arXiv:2503.12811.
struct MultiPowerForm {
  static constexpr std::string_view name = "multi_power";
  static constexpr std::string_view formula =
      "L0 + A*S1^-alpha - B*sum(dlr_k*(1 - (C*lr_k^-gamma*S_k + 1)^-beta))";
  static constexpr std::string_view source =
      "Luo et al. 2025, arXiv:2503.12811";
  static constexpr bool is_curve = true;
  static constexpr CoefficientInfo coefficients[] = {
      {"L0", "loss of endless training, nats", 0, 100, Scale::Log, true, 2.7},
      {"A", "term of the first steps", 0, 1e6, Scale::Log, true, 0.6},
      {"alpha", "its exponent", 0.01, 4, Scale::Linear, false, 0.45},
      {"B", "gain of annealing", 0, 1e9, Scale::Log, true, 440},
      {"C", "rate of the gain", 1e-6, 1e6, Scale::Log, false, 2.1},
      {"beta", "exponent of the gain", 0.01, 4, Scale::Linear, false, 0.6},
      {"gamma", "exponent of the rate", 0.01, 4, Scale::Linear, false, 0.65}};

  /// @param theta  ln L0, ln A, alpha, ln B, ln C, beta, gamma
  /// @param step   counted from 1
  /// @return       ln L
  template <class T>
  static T evaluate(const T* theta,
                    const LearningRateSchedule& schedule,
                    Eigen::Index step) {
    using std::exp;
    using std::log;
    const Eigen::VectorXd& rates = schedule.rates;
    const double area = rates.head(step).sum();
    T gain(0.0);
    double since = 0.0;  // S_k(t), from the last step back
    for (Eigen::Index k = step - 1; k >= std::max(schedule.warmup, 1); --k) {
      since += rates[k];
      const double fall = rates[k - 1] - rates[k];
      // A rate of zero at the end adds no area to work on.
      if (fall == 0.0 || since == 0.0) continue;
      if (rates[k] == 0.0) {
        gain += fall;  // the limit of G at a rate of zero
        continue;
      }
      const double rate = rates[k];
      gain +=
          fall *
          (1.0 -
           exp(-theta[5] *
               log(exp(theta[4] - theta[6] * std::log(rate)) * since + 1.0)));
    }
    return log(exp(theta[0]) + exp(theta[1] - theta[2] * std::log(area)) -
               exp(theta[3]) * gain);
  }
};

}  // namespace isoflop
