// SPDX-License-Identifier: Apache-2.0
#include "plan/training_compute.h"

#include <cmath>
#include <utility>

#include "base/root.h"
#include "laws/forwarding_form.h"
#include "plan/choice.h"
#include "plan/cluster.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

/// A loss of size and of D g(N) tokens.
class ShapedForm final : public ForwardingForm {
 public:
  ShapedForm(std::shared_ptr<const Form> form, TrainingCompute compute)
      : ForwardingForm(std::move(form)), compute_(std::move(compute)) {}

  double evaluate(const double* theta, const double* inputs) const override {
    const double real[2] = {inputs[0],
                            inputs[1] - compute_.log_factor(inputs[0])};
    return inner().evaluate(theta, real);
  }

  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    const double real[2] = {inputs[0],
                            inputs[1] - compute_.log_factor(inputs[0])};
    inner().input_gradient(theta, real, gradient);
    gradient[0] -= gradient[1] * compute_.slope(inputs[0]);
  }

  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    Eigen::MatrixXd real = inputs;
    for (Eigen::Index i = 0; i < real.rows(); ++i) {
      real(i, 1) -= compute_.log_factor(real(i, 0));
    }
    inner().evaluate_columns(theta, real, out, jacobian);
  }

  /// Near that of 6 N D at the compute that the factor leaves.
  std::optional<double> optimal_log_params(const double* theta,
                                           double log_flops) const override {
    const auto at = [&](double log_params) {
      return isoflop::optimal_log_params(
          inner(), theta, log_flops - compute_.log_factor(log_params));
    };
    const double first = at(log_flops / 2.0);
    if (!std::isfinite(first)) return std::nullopt;
    const double near = at(first);
    const auto slope = [&](double log_params) {
      const double inputs[2] = {log_params, log_rest_of(log_flops, log_params)};
      double gradient[2];
      input_gradient(theta, inputs, gradient);
      return gradient[0] - gradient[1];
    };
    for (double step = 0.1; step < 4.0; step *= 2.0) {
      const double low = slope(near - step);
      const double high = slope(near + step);
      if (low <= 0.0 && high >= 0.0) {
        return bracketed_root(slope, near - step, near + step, low, high);
      }
    }
    return std::nullopt;
  }

 private:
  TrainingCompute compute_;
};

/// Budget at which an optimal quantity, rising with the budget, has a value.
template <class F>
std::optional<Flops> flops_where(F&& log_quantity, double wanted) {
  constexpr double kLowest = 5.0;    // ln 150 FLOP
  constexpr double kHighest = 92.0;  // ln 1e40 FLOP
  const auto gap = [&](double log_flops) {
    return log_quantity(log_flops) - wanted;
  };
  // Some laws have no optimum at the smallest and the largest budgets.
  double from = kLowest;
  double to = kHighest;
  while (from < kHighest && !std::isfinite(gap(from))) from += 1.0;
  while (to > from && !std::isfinite(gap(to))) to -= 1.0;
  const double low = gap(from);
  const double high = gap(to);
  if (!(low <= 0.0 && high >= 0.0)) return std::nullopt;
  return Flops(std::exp(bracketed_root(gap, from, to, low, high)));
}

/// ln N* of ln C under a law of size and data.
auto optimal_size(const Law& law) {
  auto form = bind_inputs(law.form, {}, "plan");
  Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  return [form = std::move(form), theta = std::move(theta)](double log_flops) {
    return optimal_log_params(*form, theta.data(), log_flops);
  };
}

}  // namespace

TrainingCompute::TrainingCompute(const Scenario& scenario)
    : rule_(scenario.flops_rule.value_or(FlopsRule())),
      context_(middle_or(scenario.context, Scenario::kContext)) {
  if (rule_.kind == FlopsRule::Kind::Factor) {
    log_constant_ = std::log(rule_.factor);
  } else if (rule_.kind == FlopsRule::Kind::Shape) {
    const double six_n =
        rule_.shape.experts > 0
            ? kFlopsPerParamToken * size_of(rule_.shape).active.value()
            : kFlopsPerParamToken * size_of(rule_.shape).total.value();
    log_constant_ =
        std::log(training_flops(rule_.shape, context_).value() / six_n);
  }
}

double TrainingCompute::log_factor(double log_params) const {
  if (rule_.kind != FlopsRule::Kind::Typical) return log_constant_;
  if (!std::isfinite(log_params)) return std::nan("");
  return std::log(typical_training_flops(Params(std::exp(log_params)), context_)
                      .value() /
                  kFlopsPerParamToken) -
         log_params;
}

double TrainingCompute::factor(Params params) const {
  return is_six_n() ? 1.0 : std::exp(log_factor(std::log(params.value())));
}

Flops TrainingCompute::flops(Params params, Tokens tokens) const {
  return train_flops(params, tokens) * factor(params);
}

Tokens TrainingCompute::tokens(Flops flops, Params params) const {
  return tokens_for(flops, params) / factor(params);
}

Params TrainingCompute::params(Flops flops, Tokens tokens) const {
  if (rule_.kind != FlopsRule::Kind::Typical) {
    const Params plain = params_for(flops, tokens);
    return plain / factor(plain);
  }
  return Params(
      std::exp(log_params(std::log(flops.value()), std::log(tokens.value()))));
}

double TrainingCompute::log_params(double log_flops, double log_tokens) const {
  const double wanted = log_rest_of(log_flops, log_tokens);
  if (rule_.kind != FlopsRule::Kind::Typical) return wanted - log_constant_;
  const auto gap = [&](double log_params) {
    return log_params + log_factor(log_params) - wanted;
  };
  // A factor lies between these for any size and context that can be meant.
  constexpr double kFar = 12.0;
  return bracketed_root(gap,
                        wanted - kFar,
                        wanted + kFar,
                        gap(wanted - kFar),
                        gap(wanted + kFar));
}

double TrainingCompute::log_tokens(double log_flops, double log_params) const {
  return log_rest_of(log_flops, log_params) - log_factor(log_params);
}

double TrainingCompute::slope(double log_params) const {
  constexpr double kNudge = 1e-4;
  if (rule_.kind != FlopsRule::Kind::Typical) return 0.0;
  return (log_factor(log_params + kNudge) - log_factor(log_params - kNudge)) /
         (2.0 * kNudge);
}

std::shared_ptr<const Form> TrainingCompute::shaped(
    std::shared_ptr<const Form> form) const {
  if (is_six_n()) return form;
  return std::make_shared<ShapedForm>(bind_inputs(std::move(form), {}, "plan"),
                                      *this);
}

Law TrainingCompute::shaped(Law law) const {
  if (!is_six_n()) law.form = shaped(law.form);
  return law;
}

Optimum TrainingCompute::best(const Law& law, Flops flops) const {
  Optimum best = optimum(shaped(law), flops);
  if (!is_six_n()) best.tokens = tokens(flops, best.params);
  return best;
}

std::optional<Optimum> TrainingCompute::best_for(const Law& law,
                                                 Params params) const {
  const auto budget =
      flops_where(optimal_size(shaped(law)), std::log(params.value()));
  if (!budget) return std::nullopt;
  return run_of(law, *this, params, tokens(*budget, params));
}

std::optional<Optimum> TrainingCompute::best_for(const Law& law,
                                                 Tokens tokens) const {
  const auto budget = flops_where(
      [this, size = optimal_size(shaped(law))](double log_flops) {
        return log_tokens(log_flops, size(log_flops));
      },
      std::log(tokens.value()));
  if (!budget) return std::nullopt;
  return run_of(law, *this, params(*budget, tokens), tokens);
}

}  // namespace isoflop
