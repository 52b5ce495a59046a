// SPDX-License-Identifier: Apache-2.0
#include "fit/polish.h"

#include "fit/newton.h"

#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace isoflop {
namespace {

constexpr double kFineGradient = 3e-8;
constexpr double kRoughGradient = 0.05;

/// theta = origin + basis z, over the free coefficients.
struct Whitened {
  Eigen::VectorXd origin;
  Eigen::MatrixXd basis;  ///< n_coefficients x n_free

  Eigen::VectorXd theta(const double* z) const {
    return origin + basis * Eigen::Map<const Eigen::VectorXd>(z, basis.cols());
  }
};

class WhitenedObjective final : public ceres::FirstOrderFunction {
 public:
  WhitenedObjective(FitEvaluator& evaluator, const Whitened& map)
      : evaluator_(evaluator), map_(map) {}

  bool Evaluate(const double* z,
                double* cost,
                double* gradient) const override {
    Eigen::VectorXd full;
    *cost = evaluator_(map_.theta(z), gradient == nullptr ? nullptr : &full);
    if (gradient != nullptr) {
      Eigen::Map<Eigen::VectorXd>(gradient, map_.basis.cols()) =
          map_.basis.transpose() * full;
    }
    return std::isfinite(*cost) && (gradient == nullptr || full.allFinite());
  }
  int NumParameters() const override {
    return static_cast<int>(map_.basis.cols());
  }

 private:
  FitEvaluator& evaluator_;
  const Whitened& map_;
};

Whitened whiten(FitEvaluator& evaluator,
                const Eigen::VectorXd& theta,
                const std::vector<int>& free) {
  Eigen::MatrixXd curvature = floored(evaluator.curvature(theta)(free, free));
  const Eigen::VectorXd scale = curvature.diagonal().cwiseSqrt().cwiseInverse();
  curvature = scale.asDiagonal() * curvature * scale.asDiagonal();
  const Eigen::LLT<Eigen::MatrixXd> cholesky(curvature);
  const auto count = curvature.rows();
  Whitened map{theta, Eigen::MatrixXd::Zero(theta.size(), count)};
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(count, count);
  if (curvature.allFinite()) {
    if (cholesky.info() == Eigen::Success) {
      inverse = cholesky.matrixU().solve(inverse).eval();
    }
    inverse = scale.asDiagonal() * inverse;
  }
  for (std::size_t j = 0; j < free.size(); ++j) {
    map.basis.row(free[j]) = inverse.row(static_cast<Eigen::Index>(j));
  }
  return map;
}

ceres::GradientProblemSolver::Options solver_options(Precision precision) {
  ceres::GradientProblemSolver::Options options;
  options.line_search_direction_type = ceres::BFGS;
  options.max_num_iterations = 60;
  options.gradient_tolerance =
      precision == Precision::Rough ? kRoughGradient : kFineGradient;
  options.function_tolerance = 1e-15;
  options.parameter_tolerance = 0.0;
  options.logging_type = ceres::SILENT;
  return options;
}

GapGoal goal_of(const FitProblem& problem, Precision precision) {
  switch (precision) {
    case Precision::Rough:
      return {1e-6, rounding_of(problem)};
    case Precision::Fine:
      return {1e-11, rounding_of(problem)};
    case Precision::Exact:
      break;
  }
  return {1e-13, rounding_of(problem)};
}

Pace pace_of(Precision precision, Descent descent) {
  if (descent == Descent::CarefulNewton) return {1e4, 1.0, 1000};
  Pace bold;
  if (precision == Precision::Rough) bold.most_steps = 20;
  if (precision == Precision::Exact) bold.most_steps = 400;
  return bold;
}

void descend_by_bfgs(const FitProblem& problem,
                     FitEvaluator& evaluator,
                     const std::vector<int>& free,
                     Precision precision,
                     Polished& state) {
  constexpr int kRounds = 12;
  const ceres::GradientProblemSolver::Options options =
      solver_options(precision);
  const double rounding = rounding_of(problem);
  double previous = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    const Whitened map = whiten(evaluator, state.theta, free);
    // GradientProblem owns the function it is given.
    const ceres::GradientProblem whitened(
        new WhitenedObjective(evaluator, map));
    std::vector<double> z(free.size(), 0.0);
    ceres::GradientProblemSolver::Summary summary;
    ceres::Solve(options, whitened, z.data(), &summary);
    state.theta = map.theta(z.data());
    Eigen::VectorXd gradient;
    state.value = evaluator(state.theta, &gradient);
    state.gradient_norm =
        (whiten(evaluator, state.theta, free).basis.transpose() * gradient)
            .norm();
    if (precision == Precision::Rough) {
      state.converged = true;
      return;
    }
    const double gap = 0.5 * state.gradient_norm * state.gradient_norm;
    if (gap <= std::max(1e-14 * state.value, rounding)) {
      state.converged = true;
      return;
    }
    // No further descent is possible: what is left must be tiny.
    if (previous - state.value <= 1e-15 * std::abs(state.value)) {
      state.converged =
          gap <= std::max({1e-9 * state.value, 1e-15, 1e3 * rounding});
      return;
    }
    previous = state.value;
  }
}

void descend(const FitProblem& problem,
             FitEvaluator& evaluator,
             const std::vector<int>& free,
             Precision precision,
             Descent descent,
             Polished& state) {
  if (descent != Descent::Bfgs) {
    state.converged = descend_by_newton(evaluator,
                                        free,
                                        goal_of(problem, precision),
                                        pace_of(precision, descent),
                                        state);
    if (state.converged) return;
  }
  descend_by_bfgs(problem, evaluator, free, precision, state);
}

/// Newton steps on the gradient alone, where F no longer changes in its last
/// digit but coefficients still do; kept while the gradient shrinks and is not
/// negligible even to them.
void refine(FitEvaluator& evaluator,
            const std::vector<int>& free,
            Polished& state) {
  constexpr int kMostSteps = 40;
  constexpr double kShrinks = 0.9;
  constexpr double kStill = 1e-24;
  Eigen::VectorXd gradient;
  for (int step = 0; step < kMostSteps; ++step) {
    state.value = evaluator(state.theta, &gradient);
    const Whitened map = whiten(evaluator, state.theta, free);
    const Eigen::VectorXd z = -(map.basis.transpose() * gradient);
    state.gradient_norm = z.norm();
    if (0.5 * z.squaredNorm() <= kStill * state.value) return;
    const Eigen::VectorXd theta = map.theta(z.data());
    evaluator(theta, &gradient);
    if (!gradient.allFinite() ||
        (map.basis.transpose() * gradient).norm() > kShrinks * z.norm()) {
      return;
    }
    state.theta = theta;
  }
}

/// A coefficient whose own descent from its bound would lead inside, by more
/// than F's last digits; nothing when all rest there.
std::optional<int> pushed_inside(FitEvaluator& evaluator,
                                 const Box& box,
                                 const Polished& state) {
  constexpr double kWorthwhile = 1e-9;
  Eigen::VectorXd gradient;
  const double value = evaluator(state.theta, &gradient);
  const Eigen::VectorXd curvature =
      evaluator.curvature(state.theta).diagonal().cwiseMax(1e-300);
  for (const int j : state.at_bound) {
    const bool is_inward =
        state.theta[j] <= box.low[j] ? gradient[j] < 0.0 : gradient[j] > 0.0;
    const double gain = 0.5 * gradient[j] * gradient[j] / curvature[j];
    if (is_inward && gain > kWorthwhile * value) return j;
  }
  return std::nullopt;
}

/// Descends, holding coefficients that leave their range at its end until
/// the others have settled; then one that would go inside is let go, once.
void descend_within_bounds(const FitProblem& problem,
                           Precision precision,
                           Descent descent,
                           Polished& state) {
  const Box box(*problem.form);
  FitEvaluator evaluator(problem);
  std::vector<int> free = free_coefficients(*problem.form);
  std::vector<int> released;
  state.theta = box.clamp(state.theta);
  state.at_bound.clear();
  bool is_settled = free.empty();
  while (!is_settled && !free.empty()) {
    descend(problem, evaluator, free, precision, descent, state);
    is_settled = true;
    const Eigen::VectorXd inside = box.clamp(state.theta);
    for (const int j : std::vector<int>(free)) {
      if (state.theta[j] == inside[j]) continue;
      state.at_bound.push_back(j);
      std::erase(free, j);
      state.converged = false;
      is_settled = false;
    }
    state.theta = inside;
    if (!is_settled || precision == Precision::Rough) continue;
    const auto let_go = pushed_inside(evaluator, box, state);
    if (!let_go || std::count(released.begin(), released.end(), *let_go) > 0) {
      continue;
    }
    released.push_back(*let_go);
    std::erase(state.at_bound, *let_go);
    free.push_back(*let_go);
    std::sort(free.begin(), free.end());
    is_settled = false;
  }
  if (free.empty()) {
    state.value = evaluator(state.theta, nullptr);
    state.converged = !pushed_inside(evaluator, box, state);
  } else if (precision == Precision::Exact && state.converged) {
    refine(evaluator, free, state);
  }
  state.evaluations += evaluator.evaluations();
}

}  // namespace

double rounding_of(const FitProblem& problem) {
  constexpr double kRounding = 1e-15;
  const double residual = kRounding / problem.scale;
  return static_cast<double>(problem.size()) * residual * residual;
}

Eigen::VectorXd beside(const FitProblem& problem,
                       const Polished& optimum,
                       double reach) {
  std::vector<int> free = free_coefficients(*problem.form);
  for (const int j : optimum.at_bound) std::erase(free, j);
  if (free.empty()) return optimum.theta;
  FitEvaluator evaluator(problem);
  const Whitened map = whiten(evaluator, optimum.theta, free);
  const auto count = static_cast<double>(free.size());
  const Eigen::VectorXd step = Eigen::VectorXd::Constant(
      map.basis.cols(), reach * std::sqrt(0.2 * optimum.value / count));
  return Box(*problem.form).clamp(map.theta(step.data()));
}

Polished polish(const FitProblem& problem,
                const Eigen::VectorXd& start,
                Precision precision,
                Descent descent) {
  Polished state;
  state.theta = start;
  if (problem.objective != Objective::Absolute) {
    descend_within_bounds(problem, precision, descent, state);
    return state;
  }
  constexpr double kSmallestScale = 1e-9;
  FitProblem narrowing = problem;
  while (true) {
    const bool is_last = narrowing.scale <= kSmallestScale;
    descend_within_bounds(
        narrowing, is_last ? precision : Precision::Rough, descent, state);
    if (is_last) break;
    narrowing.scale *= 0.1;
  }
  // F of the caller's scale, so that starts can be compared.
  state.value *= narrowing.scale / problem.scale;
  return state;
}

}  // namespace isoflop
