// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/problem.h"

namespace isoflop {

/// Where a start ended.
struct Polished {
  Eigen::VectorXd theta;
  double value = 0.0;          ///< F
  double gradient_norm = 0.0;  ///< on whitened coordinates
  int evaluations = 0;
  bool converged = false;
  std::vector<int> at_bound;  ///< coefficients held at the end of their range
};

/// How near a descent goes: the norm of the gradient on coordinates whitened
/// by the curvature. Half its square is the gap of F that is left, F being of
/// order 0.1 to 1 a run. Rough tells optima apart, Fine leaves less than the
/// rounding of F, Exact goes on until coefficients stand still too.
enum class Precision { Rough, Fine, Exact };

/// How to descend: by damped Newton steps, bold or careful ones, and by ceres
/// BFGS on coordinates whitened by the curvature where these do not arrive;
/// or by BFGS alone, to check the others.
enum class Descent { Newton, CarefulNewton, Bfgs };

/// Descends from a start to the local optimum, until the gradient is
/// negligible. A coefficient that leaves its range is held at its bound while
/// the others settle, a given one always. Absolute deviations are the limit of
/// Huber's loss as its scale shrinks, followed down to 1e-9.
Polished polish(const FitProblem& problem,
                const Eigen::VectorXd& start,
                Precision precision = Precision::Exact,
                Descent descent = Descent::Newton);

/// What the rounding of residuals adds to F.
double rounding_of(const FitProblem& problem);

/// A start beside an optimum: F rises by about a tenth of itself on the way,
/// times the square of `reach`.
Eigen::VectorXd beside(const FitProblem& problem,
                       const Polished& optimum,
                       double reach);

}  // namespace isoflop
