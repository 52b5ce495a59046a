// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "isoflop/laws/form.h"

namespace isoflop {

/// A form that is another in all that it does not override. Priors are the
/// other's own: they say nothing of what is changed.
class ForwardingForm : public Form {
 public:
  explicit ForwardingForm(std::shared_ptr<const Form> inner)
      : inner_(std::move(inner)) {}

  std::string_view name() const override { return inner_->name(); }
  std::string_view formula() const override { return inner_->formula(); }
  std::string_view source() const override { return inner_->source(); }
  std::span<const CoefficientInfo> coefficients() const override {
    return inner_->coefficients();
  }
  std::span<const Variable> inputs() const override { return inner_->inputs(); }
  const Variable& output() const override { return inner_->output(); }
  FormSettings settings() const override { return inner_->settings(); }

  double evaluate(const double* theta, const double* inputs) const override {
    return inner_->evaluate(theta, inputs);
  }
  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    inner_->input_gradient(theta, inputs, gradient);
  }
  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    inner_->evaluate_columns(theta, inputs, out, jacobian);
  }
  std::optional<double> optimal_log_params(const double* theta,
                                           double log_flops) const override {
    return inner_->optimal_log_params(theta, log_flops);
  }

 protected:
  const Form& inner() const { return *inner_; }

 private:
  std::shared_ptr<const Form> inner_;
};

}  // namespace isoflop
