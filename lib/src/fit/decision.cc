// SPDX-License-Identifier: Apache-2.0
#include "fit/decision.h"

#include <cmath>

#include "isoflop/laws/bind.h"
#include "isoflop/laws/optimum.h"
#include "units/log_flops.h"

namespace isoflop {

std::shared_ptr<const Form> form_of_size_and_data(const Form& form) {
  if (!answers_size_and_data(form)) return nullptr;
  for (const Variable& input : form.inputs()) {
    const bool is_free = input.name == kParams.name ||
                         input.name == kTokens.name ||
                         input.name == kActiveParams.name;
    if (!is_free && !input.has_absent()) return nullptr;
  }
  // Shares nothing: the caller keeps the form.
  return bind_inputs({std::shared_ptr<void>(), &form}, {}, "fit");
}

Decision::Decision(const Form& form,
                   const Eigen::MatrixXd& inputs,
                   const Eigen::VectorXd& budget)
    : form_(form), form_of_size_and_data_(form_of_size_and_data(form)) {
  // Of equally large runs the last in canonical order: the most experts.
  Eigen::Index largest = 0;
  for (Eigen::Index i = 1; i < budget.size(); ++i) {
    if (budget[i] >= budget[largest]) largest = i;
  }
  largest_run_ = inputs.row(largest);
  log_target_ = budget[largest] + std::log(10.0);
}

std::optional<Decision::Answer> Decision::at(
    const Eigen::VectorXd& theta) const {
  if (!divides_budget()) {
    return Answer{0.0, form_.evaluate(theta.data(), largest_run_.data())};
  }
  const Form& form = *form_of_size_and_data_;
  const double log_params = optimal_log_params(form, theta.data(), log_target_);
  if (!std::isfinite(log_params)) return std::nullopt;
  const double inputs[2] = {log_params, log_rest_of(log_target_, log_params)};
  return Answer{log_params, form.evaluate(theta.data(), inputs)};
}

std::optional<DecisionGradient> differentiate(const Decision& decision,
                                              const Eigen::VectorXd& theta) {
  constexpr double kNudge = 1e-5;
  DecisionGradient gradient{Eigen::VectorXd(theta.size()),
                            Eigen::VectorXd(theta.size())};
  for (Eigen::Index j = 0; j < theta.size(); ++j) {
    Eigen::VectorXd moved = theta;
    moved[j] = theta[j] - kNudge;
    const auto below = decision.at(moved);
    moved[j] = theta[j] + kNudge;
    const auto above = decision.at(moved);
    if (!below || !above) return std::nullopt;
    gradient.log_params[j] =
        (above->log_params - below->log_params) / 2 / kNudge;
    gradient.log_loss[j] = (above->log_loss - below->log_loss) / 2 / kNudge;
  }
  return gradient;
}

}  // namespace isoflop
