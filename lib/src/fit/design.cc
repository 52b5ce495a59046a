// SPDX-License-Identifier: Apache-2.0
#include "fit/design.h"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>

namespace isoflop {

Eigen::MatrixXd weighted_jacobian(const Form& form,
                                  const Eigen::VectorXd& theta,
                                  const WeightedInputs& runs,
                                  const std::vector<int>& columns) {
  Eigen::VectorXd unused;
  Eigen::MatrixXd jacobian;
  form.evaluate_columns(theta, runs.inputs, unused, &jacobian);
  return runs.weight.cwiseSqrt().asDiagonal() * jacobian(Eigen::all, columns);
}

Design judge(Eigen::MatrixXd scaled,
             Eigen::Index run_count,
             const std::vector<int>& columns) {
  const auto p = static_cast<Eigen::Index>(columns.size());
  Design design;
  design.columns = columns;
  design.norm = scaled.colwise().norm().cwiseMax(1e-300);
  for (Eigen::Index k = 0; k < p; ++k) scaled.col(k) /= design.norm[k];
  if (!scaled.allFinite()) {
    design.singular = Eigen::VectorXd::Zero(p);
    design.right = Eigen::MatrixXd::Identity(p, p);
    return design;
  }
  if (scaled.rows() < p) {
    scaled.conservativeResizeLike(Eigen::MatrixXd::Zero(p, p));
  }
  // In place: the rows may be many, and only the triangle matters.
  const Eigen::HouseholderQR<Eigen::Ref<Eigen::MatrixXd>> qr(scaled);
  const Eigen::MatrixXd triangle =
      scaled.topRows(p).triangularView<Eigen::Upper>();
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(triangle, Eigen::ComputeFullV);
  design.singular = svd.singularValues();
  design.right = svd.matrixV();
  design.triangle = triangle * design.norm.asDiagonal();
  const double tolerance = static_cast<double>(std::max(run_count, p)) * 1e3 *
                           std::numeric_limits<double>::epsilon() *
                           design.singular[0];
  for (const double value : design.singular) {
    if (value > tolerance) ++design.rank;
  }
  if (design.rank == p) {
    design.condition = design.singular[0] / design.singular[p - 1];
  }
  return design;
}

Design judge(const Form& form,
             const Eigen::VectorXd& theta,
             const WeightedInputs& runs,
             const std::vector<int>& columns) {
  return judge(weighted_jacobian(form, theta, runs, columns),
               runs.inputs.rows(),
               columns);
}

std::optional<Spread> spread_of(const Decision& decision,
                                const Eigen::VectorXd& theta,
                                const Design& design,
                                double scale) {
  const auto slopes = differentiate(decision, theta);
  if (!slopes) return std::nullopt;
  const auto sd = [&](const Eigen::VectorXd& gradient) {
    const Eigen::VectorXd along =
        design.right.transpose() *
        gradient(design.columns).cwiseQuotient(design.norm);
    return scale * along.cwiseQuotient(design.singular).norm();
  };
  return Spread{sd(slopes->log_loss), sd(slopes->log_params)};
}

bool is_wide(const Spread& spread) {
  return !(kNormalQuantile * spread.sd_log_loss <= kWidestLogLoss) ||
         !(kNormalQuantile * spread.sd_log_params <= kWidestLogParams);
}

double widest_scatter(double residual_scale,
                      Eigen::Index runs,
                      int coefficients) {
  constexpr double kFalse = 0.01;
  const double spare = std::max(1.0, static_cast<double>(runs - coefficients));
  const double least =
      boost::math::quantile(boost::math::chi_squared(spare), kFalse);
  return std::max(kLeastScale, residual_scale) * std::sqrt(spare / least);
}

Eigen::VectorXd nominal_theta(const Form& form) {
  Eigen::VectorXd values(form.coefficient_count());
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    values[j] = std::clamp(info.nominal, info.low, info.high);
  }
  return form.theta_from_coefficients(values);
}

}  // namespace isoflop
