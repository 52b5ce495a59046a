// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/interval.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace isoflop {
namespace {

double sorted_quantile(const std::vector<double>& sorted, double u) {
  const double at = u * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = at - static_cast<double>(below);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

std::vector<double> sorted_copy(const Eigen::VectorXd& values) {
  if (values.size() == 0) {
    throw std::invalid_argument("quantile: no values");
  }
  std::vector<double> sorted(values.begin(), values.end());
  if (values.hasNaN()) throw std::invalid_argument("quantile: not a number");
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

double quantile(const Eigen::VectorXd& values, double u) {
  return sorted_quantile(sorted_copy(values), u);
}

double student_quantile(double u, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), u);
}

Interval percentile_interval(const Eigen::VectorXd& values, double level) {
  const std::vector<double> sorted = sorted_copy(values);
  return {sorted_quantile(sorted, 0.5 * (1.0 - level)),
          sorted_quantile(sorted, 0.5 * (1.0 + level))};
}

Interval bca_interval(const Eigen::VectorXd& values,
                      double estimate,
                      const Eigen::VectorXd& jackknife,
                      double level) {
  const std::vector<double> sorted = sorted_copy(values);
  const auto count = static_cast<double>(sorted.size());
  const auto below = static_cast<double>((values.array() < estimate).count() +
                                         (values.array() <= estimate).count());
  // None or all below: as if half a value were.
  const double share =
      std::clamp(0.5 * below / count, 0.5 / count, 1.0 - 0.5 / count);
  const boost::math::normal normal;
  const double bias = boost::math::quantile(normal, share);
  const Eigen::ArrayXd away = jackknife.mean() - jackknife.array();
  const double squares = away.square().sum();
  const double skew =
      squares > 0.0 ? away.cube().sum() / (6.0 * std::pow(squares, 1.5)) : 0.0;
  const auto corrected = [&](double u) {
    const double z = bias + boost::math::quantile(normal, u);
    return boost::math::cdf(normal, bias + z / (1.0 - skew * z));
  };
  return {sorted_quantile(sorted, corrected(0.5 * (1.0 - level))),
          sorted_quantile(sorted, corrected(0.5 * (1.0 + level)))};
}

}  // namespace isoflop
