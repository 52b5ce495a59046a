// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>

#include "isoflop/laws/form.h"

namespace isoflop {

/// What a fitted law is asked: the optimum at ten times the largest budget of
/// its runs; for a form that does not divide a budget the loss of its largest
/// run.
class Decision {
 public:
  /// @param inputs  n_runs x n_inputs, in canonical order
  /// @param budget  n_runs, ln 6 N D
  Decision(const Form& form,
           const Eigen::MatrixXd& inputs,
           const Eigen::VectorXd& budget);

  struct Answer {
    double log_params = 0.0;  ///< ln N*; zero when no budget is divided
    double log_loss = 0.0;
  };
  /// Nothing where the law has no optimum.
  std::optional<Answer> at(const Eigen::VectorXd& theta) const;

  bool divides_budget() const { return form_of_size_and_data_ != nullptr; }
  double log_target() const { return log_target_; }

 private:
  const Form& form_;
  std::shared_ptr<const Form> form_of_size_and_data_;
  Eigen::VectorXd largest_run_;  ///< n_inputs
  double log_target_ = 0.0;      ///< ln of ten times the largest budget
};

/// The form as a loss of size and data, with the other inputs as in a run
/// without them; null for a form that is none or that needs a value for them.
/// It must not outlive `form`.
std::shared_ptr<const Form> form_of_size_and_data(const Form& form);

/// Derivatives of the answer by theta.
struct DecisionGradient {
  Eigen::VectorXd log_params;
  Eigen::VectorXd log_loss;
};
std::optional<DecisionGradient> differentiate(const Decision& decision,
                                              const Eigen::VectorXd& theta);

}  // namespace isoflop
