// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "fit/forecast_problem.h"

namespace isoflop {

/// The law without a discrepancy: a robust mode, larger runs weighing more.
struct RobustMode {
  Eigen::VectorXd at;            ///< n_coefficients, prior coordinates
  double scale = 0.0;            ///< robust sd of the residuals
  Eigen::VectorXd noise_weight;  ///< n_rows, in (0, 1]: 1 unless far off
};
RobustMode robust_mode(const ForecastProblem& problem, int threads);

/// The mode under correlated residuals.
/// @param lower  Cholesky factor of their covariance, n_rows squared
Eigen::VectorXd correlated_mode(const ForecastProblem& problem,
                                const Eigen::VectorXd& start,
                                const Eigen::MatrixXd& lower);

}  // namespace isoflop
