// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace isoflop {

/// Two-sided interval of one number; an open end is an infinity.
struct Interval {
  double low = 0.0;
  double high = 0.0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Quantile by linear interpolation of order statistics (type 7).
/// @param values  any order, at least one, finite
/// @param u       in [0, 1]
/// @source Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566.
double quantile(const Eigen::VectorXd& values, double u);

/// Quantile of Student's t distribution; u in (0, 1), freedom >= 1.
double student_quantile(double u, double freedom);

/// Central percentile interval that holds `level` of the values.
Interval percentile_interval(const Eigen::VectorXd& values, double level);

}  // namespace isoflop
