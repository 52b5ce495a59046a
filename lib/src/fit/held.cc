// SPDX-License-Identifier: Apache-2.0
#include "fit/held.h"

#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace isoflop {
namespace {

/// theta = origin + tangent z + normal s(z), s such that the quantity has its
/// value.
class Surface {
 public:
  /// @param free  coefficients that may move
  Surface(FitEvaluator& evaluator,
          const Functional& quantity,
          double target,
          const std::vector<int>& free,
          const Eigen::VectorXd& origin)
      : quantity_(quantity), target_(target), origin_(origin) {
    const auto slopes = quantity.gradient(origin);
    if (!slopes || free.empty()) return;
    Eigen::MatrixXd curvature = evaluator.curvature(origin)(free, free);
    curvature.diagonal().array() +=
        1e-10 * std::max(1e-300, curvature.diagonal().maxCoeff());
    const Eigen::LLT<Eigen::MatrixXd> cholesky(curvature);
    if (cholesky.info() != Eigen::Success || !curvature.allFinite()) return;
    const Eigen::VectorXd direction =
        cholesky.matrixL().solve(Eigen::VectorXd((*slopes)(free)));
    if (!(direction.norm() > 0.0) || !direction.allFinite()) return;
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(direction);
    const auto p = static_cast<Eigen::Index>(free.size());
    const Eigen::MatrixXd turned = cholesky.matrixU().solve(
        qr.householderQ() * Eigen::MatrixXd::Identity(p, p));
    Eigen::MatrixXd basis = Eigen::MatrixXd::Zero(origin.size(), p);
    basis(free, Eigen::all) = turned;
    normal_ = basis.col(0);
    tangent_ = basis.rightCols(p - 1);
    is_smooth_ = true;
  }

  bool is_smooth() const { return is_smooth_; }
  int dimensions() const { return static_cast<int>(tangent_.cols()); }
  const Eigen::MatrixXd& tangent() const { return tangent_; }
  const Eigen::VectorXd& normal() const { return normal_; }

  /// The point of the surface above z.
  std::optional<Eigen::VectorXd> point(const double* z) const {
    constexpr int kMostSteps = 30;
    Eigen::VectorXd theta = origin_;
    if (dimensions() > 0) {
      theta += tangent_ * Eigen::Map<const Eigen::VectorXd>(z, dimensions());
    }
    for (int step = 0; step < kMostSteps; ++step) {
      const auto value = quantity_.value(theta);
      if (!value) return std::nullopt;
      const double gap = target_ - *value;
      if (std::abs(gap) <= 1e-12 * std::max(1.0, std::abs(target_))) {
        return theta;
      }
      const auto slopes = quantity_.gradient(theta);
      if (!slopes) return std::nullopt;
      const double slope = slopes->dot(normal_);
      if (!(std::abs(slope) > 0.0)) return std::nullopt;
      theta += gap / slope * normal_;
      if (!theta.allFinite()) return std::nullopt;
    }
    return std::nullopt;
  }

  /// Slopes of F by z, from those by theta at a point of the surface.
  std::optional<Eigen::VectorXd> pull_back(
      const Eigen::VectorXd& theta, const Eigen::VectorXd& gradient) const {
    const auto slopes = quantity_.gradient(theta);
    if (!slopes) return std::nullopt;
    const double rise = gradient.dot(normal_) / slopes->dot(normal_);
    return tangent_.transpose() * (gradient - rise * *slopes);
  }

 private:
  const Functional& quantity_;
  double target_;
  Eigen::VectorXd origin_;
  Eigen::VectorXd normal_;
  Eigen::MatrixXd tangent_;
  bool is_smooth_ = false;
};

class HeldObjective final : public ceres::FirstOrderFunction {
 public:
  HeldObjective(FitEvaluator& evaluator, const Surface& surface)
      : evaluator_(evaluator), surface_(surface) {}

  bool Evaluate(const double* z,
                double* cost,
                double* gradient) const override {
    const auto theta = surface_.point(z);
    if (!theta) return false;
    Eigen::VectorXd full;
    *cost = evaluator_(*theta, gradient == nullptr ? nullptr : &full);
    if (!std::isfinite(*cost)) return false;
    if (gradient == nullptr) return true;
    const auto slopes = surface_.pull_back(*theta, full);
    if (!slopes || !slopes->allFinite()) return false;
    Eigen::Map<Eigen::VectorXd>(gradient, slopes->size()) = *slopes;
    return true;
  }
  int NumParameters() const override { return surface_.dimensions(); }

 private:
  FitEvaluator& evaluator_;
  const Surface& surface_;
};

/// Descends until F is known to the tolerance; false where there is no way.
bool descend(FitEvaluator& evaluator,
             const Functional& quantity,
             double target,
             const std::vector<int>& free,
             double tolerance,
             HeldFit& state) {
  constexpr int kRounds = 8;
  ceres::GradientProblemSolver::Options options;
  options.line_search_direction_type = ceres::BFGS;
  options.max_num_iterations = 30;
  options.gradient_tolerance = std::sqrt(tolerance);
  options.function_tolerance = 1e-15;
  options.parameter_tolerance = 0.0;
  options.logging_type = ceres::SILENT;
  for (int round = 0; round < kRounds; ++round) {
    const Surface surface(evaluator, quantity, target, free, state.theta);
    if (!surface.is_smooth()) return false;
    std::vector<double> z(static_cast<std::size_t>(surface.dimensions()), 0.0);
    const auto begin = surface.point(z.data());
    if (!begin) return false;
    const double before = evaluator(*begin, nullptr);
    if (!std::isfinite(before)) return false;
    if (z.empty()) {
      state = {*begin, before};
      return true;
    }
    // GradientProblem owns the function it is given.
    const ceres::GradientProblem held(new HeldObjective(evaluator, surface));
    ceres::GradientProblemSolver::Summary summary;
    ceres::Solve(options, held, z.data(), &summary);
    const auto end = surface.point(z.data());
    if (!end) return false;
    state = {*end, evaluator(*end, nullptr)};
    // The first round begins far from where its coordinates are right.
    if (round > 0 && before - state.value <= tolerance) return true;
  }
  return true;
}

}  // namespace

std::optional<HeldFit> fit_held(const FitProblem& problem,
                                const Functional& quantity,
                                double target,
                                const Eigen::VectorXd& start,
                                double tolerance) {
  const Box box(*problem.form);
  FitEvaluator evaluator(problem);
  std::vector<int> free = free_coefficients(*problem.form);
  HeldFit state{start, 0.0};
  while (true) {
    if (!descend(evaluator, quantity, target, free, tolerance, state)) {
      return std::nullopt;
    }
    const Eigen::VectorXd inside = box.clamp(state.theta);
    const auto left = std::erase_if(free, [&](int j) {
      return std::abs(state.theta[j] - inside[j]) > 1e-12;
    });
    if (left == 0) return state;
    state.theta = inside;
  }
}

}  // namespace isoflop
