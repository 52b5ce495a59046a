// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "isoflop/fit/forecast.h"
#include "isoflop/laws/form.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// The runs of a forecast in canonical order, and the prior of its law.
struct ForecastProblem {
  const Form* form = nullptr;
  Eigen::MatrixXd inputs;    ///< n_rows x 2: ln N, ln D
  Eigen::VectorXd log_loss;  ///< n_rows
  Eigen::VectorXd weight;    ///< n_rows, of the user, mean 1
  Eigen::VectorXi run;       ///< n_rows, numbers of runs
  int run_count = 0;
  std::vector<Eigen::Index> row;  ///< n_rows: place in the table
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
  /// The same without some of its rows.
  ForecastProblem without(const std::vector<Eigen::Index>& rows) const;
};

/// @throws std::invalid_argument for a form that declares no prior.
std::shared_ptr<const Form> forecast_form(const ForecastOptions& options);

/// Of very many rows some, evenly.
ForecastProblem forecast_problem(const Runs& runs,
                                 const Form& form,
                                 const ForecastOptions& options);

}  // namespace isoflop
