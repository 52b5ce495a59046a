// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/polish.h"

namespace isoflop {

/// When a descent may stop: the gap of F that is left, as the gradient and
/// the curvature tell it.
struct GapGoal {
  double relative = 0.0;  ///< over F
  double absolute = 0.0;

  bool is_met(double gap, double value) const {
    return gap <= relative * value || gap <= absolute;
  }
};

/// How large steps are.
struct Pace {
  double damping = 1e-4;  ///< of the first step, over the curvature
  /// Damping is over at least this share of the curvature at the start, so
  /// that a direction that loses its curvature on the way stays damped.
  double least_diagonal = 1e-6;
  int most_steps = 60;
};

/// A curvature with a floor under each of its directions, for those that the
/// runs hardly see.
Eigen::MatrixXd floored(Eigen::MatrixXd curvature);

/// Descends by damped Newton steps over the free coefficients. The curvature
/// is Gauss-Newton's, of the runs where rho is a parabola and of a share of
/// the others, which grows with the damping when a step fails and shrinks
/// when one succeeds. Writes theta, value and gradient_norm of `state`.
///
/// @return  whether the goal is met; if not, `state` is the best seen
/// @source Marquardt 1963, doi:10.1137/0111030; the rule of the damping:
///     Nielsen 1999, Technical University of Denmark, IMM-REP-1999-05.
bool descend_by_newton(FitEvaluator& evaluator,
                       const std::vector<int>& free,
                       const GapGoal& goal,
                       const Pace& pace,
                       Polished& state);

}  // namespace isoflop
