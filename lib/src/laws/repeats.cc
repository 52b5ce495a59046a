// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/repeats.h"

#include <cmath>
#include <utility>

#include "base/root.h"
#include "laws/forms/data_constrained.h"
#include "laws/forwarding_form.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

double published_worn() {
  static const double worn =
      published_law("muennighoff2023").named_coefficients().at("RDs");
  return worn;
}

/// A loss of size and data in which repeated tokens count for their worth.
class RepeatedForm final : public ForwardingForm {
 public:
  /// @param form  reads params and tokens, in this order
  RepeatedForm(std::shared_ptr<const Form> form, double unique)
      : ForwardingForm(std::move(form)),
        log_unique_(std::log(unique)),
        log_worn_(std::log(published_worn())) {}

  double evaluate(const double* theta, const double* inputs) const override {
    const double worth[2] = {inputs[0], log_worth(inputs[1])};
    return inner().evaluate(theta, worth);
  }

  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    const double worth[2] = {inputs[0], log_worth(inputs[1])};
    inner().input_gradient(theta, worth, gradient);
    gradient[1] *= slope(inputs[1], worth[1]);
  }

  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    Eigen::MatrixXd worth = inputs;
    for (Eigen::Index i = 0; i < worth.rows(); ++i) {
      worth(i, 1) = log_worth(inputs(i, 1));
    }
    inner().evaluate_columns(theta, worth, out, jacobian);
  }

  /// Worn tokens turn compute from data to size: the optimum lies between
  /// that of new tokens and one pass.
  std::optional<double> optimal_log_params(const double* theta,
                                           double log_flops) const override {
    const auto fresh = inner().optimal_log_params(theta, log_flops);
    const double product = log_flops - kLog6;
    if (!fresh || product - *fresh <= log_unique_) return fresh;
    const auto along = [&](double log_params) {
      const double inputs[2] = {log_params, product - log_params};
      double gradient[2];
      input_gradient(theta, inputs, gradient);
      return gradient[0] - gradient[1];
    };
    const double one_pass = product - log_unique_;
    const double low = along(*fresh);
    const double high = along(one_pass);
    if (!(low <= 0.0 && high >= 0.0)) return std::nullopt;
    return bracketed_root(along, *fresh, one_pass, low, high);
  }

 private:
  double log_worth(double log_tokens) const {
    if (log_tokens <= log_unique_) return log_tokens;
    return DataConstrainedForm::discounted(log_unique_, log_tokens, log_worn_);
  }
  /// d ln D' / d ln D.
  double slope(double log_tokens, double log_worth) const {
    if (log_tokens <= log_unique_) return 1.0;
    const double repeats = std::exp(log_tokens - log_unique_) - 1.0;
    return std::exp(log_tokens - log_worth - repeats * std::exp(-log_worn_));
  }

  double log_unique_;
  double log_worn_;
};

}  // namespace

double worn_repeats(const Law& law) {
  if (law.form->name() != DataConstrainedForm::name) return published_worn();
  return law.named_coefficients().at("RDs");
}

double tokens_worth(double tokens, double unique, double worn) {
  if (tokens <= unique) return tokens;
  return unique * (1.0 - worn * std::expm1(-(tokens / unique - 1.0) / worn));
}

std::shared_ptr<const Form> with_unique_tokens(
    const std::shared_ptr<const Form>& form,
    std::optional<Tokens> unique,
    std::string_view owner) {
  InputValues fixed;
  const bool reads = form->input_index(kUniqueTokens.name).has_value();
  if (unique && reads) {
    fixed[std::string(kUniqueTokens.name)] = unique->value();
  }
  auto bound = bind_inputs(form, fixed, owner);
  if (!unique || reads) return bound;
  return std::make_shared<RepeatedForm>(std::move(bound), unique->value());
}

Law with_unique_tokens(const Law& law,
                       std::optional<Tokens> unique,
                       std::string_view owner) {
  Law bound = law;
  if (law.is_forecast() && !law.form->input_index(kUniqueTokens.name)) {
    unique.reset();
  }
  bound.form = with_unique_tokens(law.form, unique, owner);
  return bound;
}

}  // namespace isoflop
