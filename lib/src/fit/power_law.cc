// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/power_law.h"

#include <cmath>

namespace isoflop {

double PowerLaw::at(Flops flops) const {
  return std::exp(log_factor + exponent * std::log(flops.value()));
}

std::optional<Interval> PowerLaw::exponent_interval(double level) const {
  if (freedom < 1) return std::nullopt;
  const double half = student_quantile(0.5 * (1.0 + level), freedom) *
                      residual_sd / std::sqrt(spread);
  return Interval{exponent - half, exponent + half};
}

std::optional<Interval> PowerLaw::interval_at(Flops flops, double level) const {
  if (freedom < 1) return std::nullopt;
  const double distance = std::log(flops.value()) - centre;
  const double half = student_quantile(0.5 * (1.0 + level), freedom) *
                      residual_sd *
                      std::sqrt(1.0 / points + distance * distance / spread);
  return Interval{at(flops) * std::exp(-half), at(flops) * std::exp(half)};
}

PowerLaw fit_power_law(const Eigen::VectorXd& log_flops,
                       const Eigen::VectorXd& log_value) {
  PowerLaw law;
  law.points = static_cast<int>(log_flops.size());
  law.freedom = law.points - 2;
  law.centre = log_flops.mean();
  const Eigen::VectorXd x = (log_flops.array() - law.centre).matrix();
  law.spread = x.squaredNorm();
  law.exponent = x.dot(log_value) / law.spread;
  law.log_factor = log_value.mean() - law.exponent * law.centre;
  if (law.freedom > 0) {
    const Eigen::VectorXd rest =
        (log_value.array() - log_value.mean()).matrix() - law.exponent * x;
    law.residual_sd = std::sqrt(rest.squaredNorm() / law.freedom);
  }
  return law;
}

}  // namespace isoflop
