// SPDX-License-Identifier: Apache-2.0
#include "fit/newton.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

namespace isoflop {
namespace {

constexpr double kLeastShare = 1e-3;
constexpr double kMostDamping = 1e16;

/// A point with all that a step from it needs, over the free coefficients.
struct Point {
  Eigen::VectorXd theta;  ///< n_coefficients
  double value = 0.0;
  Eigen::VectorXd gradient;
  Curvature curvature;
};

/// @return  false where F or its gradient is not finite
bool evaluate_at(FitEvaluator& evaluator,
                 const std::vector<int>& free,
                 Point& point) {
  Eigen::VectorXd gradient;
  point.value = evaluator(point.theta, &gradient);
  point.gradient = gradient(free);
  return std::isfinite(point.value) && point.gradient.allFinite();
}

void add_curvature(FitEvaluator& evaluator,
                   const std::vector<int>& free,
                   Point& point) {
  const Curvature whole = evaluator.curvatures(point.theta);
  point.curvature = {whole.inner(free, free), whole.outer(free, free)};
}

/// Norm of the gradient on coordinates whitened by the curvature.
double whitened_norm(const Point& point) {
  constexpr double kShare = 0.1;
  const Eigen::LDLT<Eigen::MatrixXd> factor(
      floored(point.curvature.with_share(kShare)));
  const double square = point.gradient.dot(factor.solve(point.gradient));
  return std::sqrt(std::max(0.0, square));
}

/// How strongly steps are damped.
struct Damping {
  double value;
  double growth = 2.0;

  /// @param gain  actual over predicted decrease of F
  void succeed(double gain) {
    const double slack = 2.0 * std::min(gain, 1.0) - 1.0;
    value *= std::max(1.0 / 3.0, 1.0 - slack * slack * slack);
    growth = 2.0;
  }
  void fail() {
    value *= growth;
    growth *= 2.0;
  }
};

}  // namespace

Eigen::MatrixXd floored(Eigen::MatrixXd curvature) {
  constexpr double kOfEach = 1e-14;
  constexpr double kOfLargest = 1e-20;
  const double least =
      std::max(1e-300, kOfLargest * curvature.diagonal().maxCoeff());
  curvature.diagonal() =
      ((1.0 + kOfEach) * curvature.diagonal()).cwiseMax(least);
  return curvature;
}

bool descend_by_newton(FitEvaluator& evaluator,
                       const std::vector<int>& free,
                       const GapGoal& goal,
                       const Pace& pace,
                       Polished& state) {
  Point at;
  at.theta = state.theta;
  if (!evaluate_at(evaluator, free, at)) return false;
  add_curvature(evaluator, free, at);
  // A direction that loses its curvature on the way stays damped.
  const Eigen::VectorXd least =
      pace.least_diagonal * floored(at.curvature.with_share(1.0)).diagonal();
  double share = 0.1;
  Damping damping{pace.damping};
  for (int step = 0; step < pace.most_steps; ++step) {
    state.theta = at.theta;
    state.value = at.value;
    state.gradient_norm = whitened_norm(at);
    if (goal.is_met(0.5 * state.gradient_norm * state.gradient_norm,
                    at.value)) {
      return true;
    }
    Point trial;
    bool is_lower = false;
    while (!is_lower && damping.value <= kMostDamping) {
      const Eigen::MatrixXd system = floored(at.curvature.with_share(share));
      Eigen::MatrixXd damped = system;
      damped.diagonal() += damping.value * system.diagonal().cwiseMax(least);
      const Eigen::VectorXd move = -damped.ldlt().solve(at.gradient);
      trial.theta = at.theta;
      trial.theta(free) += move;
      is_lower = move.allFinite() && evaluate_at(evaluator, free, trial) &&
                 trial.value < at.value;
      if (is_lower) {
        const double predicted =
            -move.dot(at.gradient) - 0.5 * move.dot(system * move);
        damping.succeed((at.value - trial.value) / predicted);
        share = std::max(kLeastShare, 0.3 * share);
      } else {
        damping.fail();
        share = std::min(1.0, 10.0 * share);
      }
    }
    if (!is_lower) return false;
    add_curvature(evaluator, free, trial);
    std::swap(at, trial);
  }
  return false;
}

}  // namespace isoflop
