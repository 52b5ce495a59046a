// SPDX-License-Identifier: Apache-2.0
#include "fit/curves_form.h"

namespace isoflop {

CurvesForm::CurvesForm(const CurveForm& form,
                       const std::vector<LearningRateSchedule>& schedules) {
  for (const LearningRateSchedule& schedule : schedules) {
    along_.push_back(form.along(schedule));
  }
}

double CurvesForm::evaluate(const double* theta, const double* inputs) const {
  return along(inputs[0]).evaluate(theta, inputs + 1);
}

void CurvesForm::input_gradient(const double* theta,
                                const double* inputs,
                                double* gradient) const {
  gradient[0] = kMissing;
  along(inputs[0]).input_gradient(theta, inputs + 1, gradient + 1);
}

void CurvesForm::evaluate_columns(const Eigen::VectorXd& theta,
                                  const Eigen::MatrixXd& inputs,
                                  Eigen::VectorXd& out,
                                  Eigen::MatrixXd* jacobian) const {
  std::vector<std::vector<Eigen::Index>> rows(along_.size());
  for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
    rows[static_cast<std::size_t>(inputs(i, 0))].push_back(i);
  }
  out.resize(inputs.rows());
  if (jacobian != nullptr) jacobian->resize(inputs.rows(), theta.size());
  Eigen::VectorXd part;
  Eigen::MatrixXd part_jacobian;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k].empty()) continue;
    const Eigen::MatrixXd steps = inputs.col(1)(rows[k]);
    along_[k]->evaluate_columns(
        theta, steps, part, jacobian != nullptr ? &part_jacobian : nullptr);
    out(rows[k]) = part;
    if (jacobian != nullptr) (*jacobian)(rows[k], Eigen::all) = part_jacobian;
  }
}

}  // namespace isoflop
