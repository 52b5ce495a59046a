// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ceres/jet.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

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
  /// The steps after the warm-up at which the rate changes.
  struct Falls {
    Falls(const LearningRateSchedule& schedule, Eigen::Index last)
        : area(last), fall(last), log_rate(last), area_before(last) {
      // A rate of zero gains all as soon as there is area to work on: exp(600)
      // of it is enough, for every exponent in its range.
      constexpr double kLeastLogRate = -150.0;
      const Eigen::VectorXd& rates = schedule.rates;
      double sum = 0.0;
      for (Eigen::Index k = 0; k < last; ++k) {
        const double change = k == 0 ? 0.0 : rates[k - 1] - rates[k];
        if (k >= std::max(schedule.warmup, 1) && change != 0.0) {
          fall[count] = change;
          log_rate[count] = std::max(std::log(rates[k]), kLeastLogRate);
          area_before[count] = sum;
          step.push_back(k + 1);
          ++count;
        }
        sum += rates[k];
        area[k] = sum;
      }
    }

    /// How many are not after a step.
    Eigen::Index count_until(Eigen::Index last) const {
      return std::upper_bound(step.begin(), step.end(), last) - step.begin();
    }

    Eigen::Index count = 0;
    std::vector<Eigen::Index> step;
    Eigen::ArrayXd area;  ///< sum of the rates until a step, n_steps
    Eigen::ArrayXd fall;  ///< of the rate; these and the next `count`
    Eigen::ArrayXd log_rate;
    Eigen::ArrayXd area_before;
  };

  /// A coefficient without its derivatives, and the derivatives without it.
  static double plain(double value) { return value; }
  template <int N>
  static double plain(const ceres::Jet<double, N>& value) {
    return value.a;
  }
  template <class T>
  static T change(const T& value) {
    return value - plain(value);
  }

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

  /// The sum over k runs over columns: derivatives by C, beta and gamma are
  /// sums of their own, since jets of so many terms take ten times as long.
  /// @param theta  ln L0, ln A, alpha, ln B, ln C, beta, gamma
  /// @param steps  counted from 1, in rising order
  /// @param out    ln L after each
  template <class T>
  static void evaluate(const T* theta,
                       const LearningRateSchedule& schedule,
                       std::span<const Eigen::Index> steps,
                       T* out) {
    using std::exp;
    using std::log;
    if (steps.empty()) return;
    const Falls falls(schedule, steps.back());
    const double beta = plain(theta[5]);
    const Eigen::ArrayXd rise =
        (plain(theta[4]) - plain(theta[6]) * falls.log_rate.head(falls.count))
            .exp();
    const T base = exp(theta[0]);
    const T factor = exp(theta[3]);
    for (const Eigen::Index step : steps) {
      const Eigen::Index count = falls.count_until(step);
      const auto fall = falls.fall.head(count);
      const double area = falls.area[step - 1];
      const Eigen::ArrayXd x =
          rise.head(count) * (area - falls.area_before.head(count));
      const Eigen::ArrayXd log_u = (1.0 + x).log();
      const Eigen::ArrayXd lost = fall * (-beta * log_u).exp();
      const Eigen::ArrayXd slope = beta * lost * x / (1.0 + x);
      const T gain =
          fall.sum() - lost.sum() + slope.sum() * change(theta[4]) +
          (lost * log_u).sum() * change(theta[5]) -
          (slope * falls.log_rate.head(count)).sum() * change(theta[6]);
      *out++ =
          log(base + exp(theta[1] - theta[2] * std::log(area)) - factor * gain);
    }
  }
};

}  // namespace isoflop
