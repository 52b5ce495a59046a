// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "fit/functional.h"
#include "fit/problem.h"

namespace isoflop {

/// Where a descent along the surface quantity = constant ends.
struct HeldFit {
  Eigen::VectorXd theta;
  double value = 0.0;  ///< F
};

/// The least F where a quantity has a given value: ceres BFGS on the tangent
/// of that surface in coordinates whitened by the curvature, each point led
/// back to the surface by Newton steps along its normal. Coefficients that
/// leave their range are held at its end.
///
/// @param start      near the surface
/// @param tolerance  of F
/// @return  nothing where the surface is not reached
std::optional<HeldFit> fit_held(const FitProblem& problem,
                                const Functional& quantity,
                                double target,
                                const Eigen::VectorXd& start,
                                double tolerance);

}  // namespace isoflop
