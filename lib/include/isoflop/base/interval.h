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

/// The same corrected for bias and for skewness: the percentiles are taken at
/// shares that follow from the share of the values below the estimate and from
/// the third moment of the jackknife.
/// @param estimate   what the values scatter about
/// @param jackknife  estimates with one observation left out each
/// @source Efron 1987, doi:10.1080/01621459.1987.10478410.
Interval bca_interval(const Eigen::VectorXd& values,
                      double estimate,
                      const Eigen::VectorXd& jackknife,
                      double level);

}  // namespace isoflop
