// SPDX-License-Identifier: Apache-2.0
#include "fit/likelihood.h"

#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <numbers>

namespace isoflop {
namespace {

/// ln of the integral of exp(-rho(r) / s), rho being Huber's.
double log_huber_integral(double s, double delta) {
  const double edge = delta * delta / (2.0 * s);
  // Inside and outside of delta; the sum is never zero.
  const double inside =
      std::sqrt(2.0 * std::numbers::pi * s) * std::erf(std::sqrt(edge));
  const double outside = 2.0 * s / delta * std::exp(-edge);
  return std::log(inside + outside);
}

/// ln of half the integral over each side, that of low predictions being of a
/// smaller scale.
double log_sided_integral(double s, double delta, double cost_ratio) {
  const double high = log_huber_integral(s, delta);
  if (cost_ratio == 1.0) return high;
  const double low = log_huber_integral(s / cost_ratio, delta);
  return high + std::log(0.5 * (1.0 + std::exp(low - high)));
}

double huber_log_likelihood(double value,
                            double delta,
                            double cost_ratio,
                            double runs) {
  const double mean = value / runs;
  const auto minus = [&](double log_s) {
    const double s = std::exp(log_s);
    return runs * (log_sided_integral(s, delta, cost_ratio) + mean / s);
  };
  // The scale lies between those of the Gaussian, 2 mean, and of Laplace.
  const double centre = std::log(mean);
  constexpr double kReach = 3.0;
  constexpr int kBits = 40;
  return -boost::math::tools::brent_find_minima(
              minus, centre - kReach, centre + kReach, kBits)
              .second;
}

}  // namespace

std::optional<double> log_likelihood(Objective objective,
                                     double value,
                                     double delta,
                                     double cost_ratio,
                                     double runs) {
  if (!(value > 0.0)) return std::nullopt;
  // The scale of low predictions is 1 / cost_ratio that of high ones.
  const auto log_sides = [&](double power) {
    return std::log(0.5 * (1.0 + std::pow(cost_ratio, -power)));
  };
  switch (objective) {
    case Objective::Squared:
      return -0.5 * runs *
             (std::log(2.0 * std::numbers::pi * value / runs) + 1 +
              2.0 * log_sides(0.5));
    case Objective::Absolute:
      return -runs * (std::log(2.0 * value / runs) + 1.0 + log_sides(1.0));
    case Objective::Huber:
      return huber_log_likelihood(value, delta, cost_ratio, runs);
    default:
      return std::nullopt;
  }
}

}  // namespace isoflop
