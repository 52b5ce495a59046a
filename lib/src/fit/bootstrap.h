// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/polish.h"
#include "fit/starts.h"

namespace isoflop {

struct Bootstrap {
  Eigen::MatrixXd theta;  ///< n_converged x n_coefficients, search scales
                          ///< (-inf where a term ended at zero)
  FitBootstrap summary;
};

/// Refits to resampled runs (pairs bootstrap): warm from the optimum and
/// afresh from the start that suits the resample, the better of the two.
/// @source Efron 1979, doi:10.1214/aos/1176344552.
Bootstrap bootstrap(const FitProblem& problem,
                    const Starts& starts,
                    const Eigen::VectorXd& optimum,
                    const FitOptions& options);

}  // namespace isoflop
