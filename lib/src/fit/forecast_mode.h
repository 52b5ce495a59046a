// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "isoflop/laws/discrepancy.h"
#include "isoflop/laws/form.h"

namespace isoflop {

/// The runs of a forecast in canonical order, and the prior of its law.
struct ForecastProblem {
  const Form* form = nullptr;
  Eigen::MatrixXd inputs;    ///< n_rows x 2: ln N, ln D
  Eigen::VectorXd log_loss;  ///< n_rows
  Eigen::VectorXd weight;    ///< n_rows, of the user, mean 1
  Eigen::VectorXi run;       ///< n_rows, numbers of runs
  int run_count = 0;
  Eigen::VectorXd centre;         ///< 2
  std::vector<PriorInfo> priors;  ///< n_coefficients

  Eigen::Index size() const { return log_loss.size(); }
  /// One over the prior's variances, 0 where it is flat.
  Eigen::VectorXd precision() const;
  /// The same for evidence and covariance: flat is a sd of 3.
  Eigen::VectorXd proper_precision() const;
  /// Prior coordinates less the prior's mean, 0 where it is flat.
  Eigen::VectorXd deviation(const Eigen::VectorXd& at) const;
  Eigen::VectorXd theta(const Eigen::VectorXd& at) const;
  /// ln L by the law less ln L observed; its derivatives by `at` unless null.
  void residuals(const Eigen::VectorXd& at,
                 Eigen::VectorXd& residual,
                 Eigen::MatrixXd* jacobian) const;
  bool is_inside(const double* at) const;
};

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
