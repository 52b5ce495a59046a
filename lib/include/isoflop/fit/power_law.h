// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>

#include "isoflop/base/interval.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// A straight line through logarithms: value = k C^exponent.
struct PowerLaw {
  double log_factor = 0.0;   ///< ln k
  double exponent = 0.0;     ///< of C
  double residual_sd = 0.0;  ///< of ln value, with n - 2 degrees of freedom
  int freedom = 0;           ///< n - 2
  double centre = 0.0;       ///< mean of ln C
  double spread = 0.0;       ///< sum of squares of ln C about it
  int points = 0;            ///< through which it goes

  /// The line at a budget, in the unit of the values.
  double at(Flops flops) const;
  /// By Student's t; nothing without a degree of freedom.
  std::optional<Interval> exponent_interval(double level) const;
  /// Of the line at a budget.
  std::optional<Interval> interval_at(Flops flops, double level) const;
};

/// Least squares on logarithms.
/// @param log_flops  n, at least two different
/// @param log_value  n
PowerLaw fit_power_law(const Eigen::VectorXd& log_flops,
                       const Eigen::VectorXd& log_value);

}  // namespace isoflop
