// SPDX-License-Identifier: Apache-2.0
#include "fit/covariance.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace isoflop {
namespace {

/// rho' at an error, in the objective's scale.
double score(const FitProblem& problem, double error) {
  switch (problem.objective) {
    case Objective::Squared:
      return error / problem.scale;
    case Objective::Absolute:
      return error > 0.0 ? 1.0 : error < 0.0 ? -1.0 : 0.0;
    case Objective::Huber:
      break;
  }
  return std::clamp(error / problem.scale, -1.0, 1.0);
}

/// (design' diag(slopes) design)^-1.
Eigen::MatrixXd sloped_inverse(const Eigen::MatrixXd& design,
                               const Eigen::VectorXd& slopes) {
  const auto p = design.cols();
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(
      slopes.cwiseSqrt().asDiagonal() * design);
  const Eigen::MatrixXd inverse =
      qr.matrixQR().topRows(p).triangularView<Eigen::Upper>().solve(
          Eigen::MatrixXd::Identity(p, p));
  return inverse * inverse.transpose();
}

}  // namespace

std::optional<Covariance> covariance_of(const FitProblem& problem,
                                        const Eigen::VectorXd& optimum,
                                        const Errors& errors) {
  if (!errors.exist()) return std::nullopt;
  Eigen::VectorXd predicted;
  Eigen::MatrixXd jacobian;
  problem.form->evaluate_columns(optimum, problem.inputs, predicted, &jacobian);
  if (problem.residual == Residual::Loss) {
    jacobian.array().colwise() *= predicted.array().exp();
  }
  const Eigen::VectorXd root_weight = problem.weight.cwiseSqrt();
  jacobian = root_weight.asDiagonal() * jacobian;
  if (!jacobian.allFinite()) return std::nullopt;
  std::vector<int> columns = free_coefficients(*problem.form);
  std::erase_if(columns, [&](int j) { return jacobian.col(j).norm() < 1e-12; });
  const Eigen::VectorXd norm = jacobian(Eigen::all, columns).colwise().norm();
  const Eigen::MatrixXd design =
      jacobian(Eigen::all, columns) * norm.cwiseInverse().asDiagonal();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(design);
  if (columns.empty() || !qr.isInjective()) return std::nullopt;
  // theta - optimum = bread * design' * (scores of the runs): n by n is never
  // formed, for tables of a million runs.
  const auto n = jacobian.rows();
  const Eigen::VectorXd back = norm.cwiseInverse();
  const Calibration calibration = calibrate(problem, errors);
  const double unit = problem.scale / calibration.slope;
  const Eigen::VectorXd slopes = slopes_of(problem, errors);
  constexpr double kLeastSpare = 0.05;
  Eigen::VectorXd scores(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double spare = std::max(kLeastSpare, 1.0 - errors.leverage[i]);
    scores[i] = score(problem, errors.error[i] / std::sqrt(spare));
  }
  const auto p = optimum.size();
  Covariance covariance;
  covariance.classical = Eigen::MatrixXd::Zero(p, p);
  covariance.sandwich = Eigen::MatrixXd::Zero(p, p);
  covariance.classical(columns, columns) =
      unit * unit * calibration.square *
      (back.asDiagonal() * sloped_inverse(design, Eigen::VectorXd::Ones(n)) *
       back.asDiagonal());
  const Eigen::MatrixXd bread =
      back.asDiagonal() * sloped_inverse(design, slopes);
  const Eigen::MatrixXd scored =
      problem.scale * bread * design.transpose() * scores.asDiagonal();
  covariance.sandwich(columns, columns) = scored * scored.transpose();
  return covariance;
}

StandardErrors standard_errors(const Form& form,
                               const Eigen::VectorXd& optimum,
                               const Covariance& covariance) {
  StandardErrors errors;
  const Eigen::VectorXd values = form.coefficients_from_theta(optimum);
  for (int j = 0; j < form.coefficient_count(); ++j) {
    if (!(covariance.classical(j, j) > 0.0)) continue;
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    const double slope = info.scale == Scale::Log ? values[j] : 1.0;
    const std::string name(info.name);
    errors.classical[name] = slope * std::sqrt(covariance.classical(j, j));
    errors.sandwich[name] = slope * std::sqrt(covariance.sandwich(j, j));
  }
  return errors;
}

}  // namespace isoflop
