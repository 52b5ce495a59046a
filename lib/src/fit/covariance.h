// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "fit/errors.h"
#include "isoflop/fit/covariance.h"

namespace isoflop {

/// Covariance of theta to first order, n_coefficients squared; zero for given
/// coefficients and those that make no difference to any run.
struct Covariance {
  Eigen::MatrixXd classical;
  Eigen::MatrixXd sandwich;
};

/// Nothing where the runs do not determine the coefficients or have no errors
/// to speak of.
std::optional<Covariance> covariance_of(const FitProblem& problem,
                                        const Eigen::VectorXd& optimum,
                                        const Errors& errors);

StandardErrors standard_errors(const Form& form,
                               const Eigen::VectorXd& optimum,
                               const Covariance& covariance);

}  // namespace isoflop
