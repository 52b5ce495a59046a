// SPDX-License-Identifier: Apache-2.0
#include "fit/problem.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "isoflop/base/interrupt.h"
#include "isoflop/laws/curve.h"
#include "isoflop/units/text.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

[[noreturn]] void fail(const Form& form,
                       const Variable& input,
                       const std::string& problem) {
  throw std::invalid_argument("fit: the form " + std::string(form.name()) +
                              " reads " + std::string(input.name) + ", " +
                              problem);
}

/// The column of that name; null without one.
const Eigen::VectorXd* find_column(const Runs& runs, std::string_view name) {
  if (name == kParams.name || name == kTokens.name) {
    if (!runs.has_sizes()) return nullptr;
    return name == kParams.name ? &runs.params : &runs.tokens;
  }
  if (name == kFlops.name) return &runs.flops;
  if (name == kUniqueTokens.name) {
    return runs.unique_tokens.size() > 0 ? &runs.unique_tokens : nullptr;
  }
  for (const ExtraColumn& column : runs.extra) {
    if (column.name == name) return &column.values;
  }
  return name == kActiveParams.name && runs.has_sizes() ? &runs.params
                                                        : nullptr;
}

}  // namespace

const Eigen::VectorXd& size_column(const Runs& runs, const Form& form) {
  return form.input_index(kActiveParams.name)
             ? *find_column(runs, kActiveParams.name)
             : runs.params;
}

Eigen::VectorXd flops_of(const Runs& runs, const Form& form) {
  if (!runs.has_sizes()) return runs.flops;
  return kFlopsPerParamToken *
         (size_column(runs, form).array() * runs.tokens.array()).matrix();
}

namespace {

std::string run_name(const Runs& runs, Eigen::Index row) {
  return runs.name.empty() ? "row " + std::to_string(row + 1)
                           : "run " + runs.name[static_cast<std::size_t>(row)];
}

/// The column of the runs that a form reads, on its scale.
Eigen::VectorXd input_column(const Runs& runs,
                             const Form& form,
                             const Variable& input) {
  const Eigen::VectorXd* column = find_column(runs, input.name);
  if (column == nullptr && input.name != kUniqueTokens.name) {
    fail(form, input, "a column that these runs do not have");
  }
  Eigen::VectorXd values =
      column != nullptr ? *column
                        : Eigen::VectorXd::Constant(runs.size(), input.absent);
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const double value = std::isnan(values[i]) ? input.absent : values[i];
    if (std::isnan(value)) {
      fail(form, input, "which " + run_name(runs, i) + " does not have");
    }
    const bool is_number = std::isfinite(value) || value == input.absent;
    if (!is_number || !input.contains(value)) {
      fail(form,
           input,
           "which is " + format_exact(value) + " in " + run_name(runs, i) +
               ", outside the domain of the form");
    }
    values[i] = to_scale(value, input.scale);
  }
  return values;
}

/// Order of rows that does not depend on the order they came in.
std::vector<Eigen::Index> canonical_order(const Runs& runs,
                                          const Eigen::MatrixXd& inputs,
                                          const Eigen::VectorXd& log_loss) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(runs.size()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    for (Eigen::Index k = 0; k < inputs.cols(); ++k) {
      if (inputs(a, k) != inputs(b, k)) return inputs(a, k) < inputs(b, k);
    }
    if (log_loss[a] != log_loss[b]) return log_loss[a] < log_loss[b];
    if (runs.weight.size() > 0 && runs.weight[a] != runs.weight[b]) {
      return runs.weight[a] < runs.weight[b];
    }
    return false;
  });
  return order;
}

/// Logarithms one by one: those of many numbers at once differ in the last
/// digit with the place in the column, and rows may come in any order.
Eigen::VectorXd log_of(const Eigen::VectorXd& values) {
  return values.unaryExpr([](double x) { return std::log(x); });
}

Eigen::VectorXd weights_in(const Runs& runs,
                           const std::vector<Eigen::Index>& order) {
  if (runs.weight.size() == 0) return Eigen::VectorXd::Ones(runs.size());
  const Eigen::VectorXd weight = runs.weight(order);
  return weight / weight.mean();
}

}  // namespace

std::shared_ptr<const Form> form_of(const Runs& runs,
                                    const FitOptions& options) {
  FormSettings settings;
  settings.coefficients = options.coefficient;
  settings.fixed = options.fix;
  for (const ExtraColumn& column : runs.extra) {
    settings.columns.push_back(column.name);
  }
  auto form = find_form(options.law, settings);
  if (dynamic_cast<const CurveForm*>(form.get()) != nullptr) {
    throw std::invalid_argument("fit: the form " + std::string(form->name()) +
                                " is one of loss curves, which `fit_curves` "
                                "fits; runs are fitted by their final loss");
  }
  if (!form->answers_loss()) {
    throw std::invalid_argument("fit: the form " + std::string(form->name()) +
                                " answers " + std::string(form->output().name) +
                                "; only a form of the loss can be fitted");
  }
  return form;
}

std::vector<int> free_coefficients(const Form& form) {
  std::vector<int> free;
  for (int j = 0; j < form.coefficient_count(); ++j) {
    if (!is_fixed(form.coefficients()[static_cast<std::size_t>(j)])) {
      free.push_back(j);
    }
  }
  return free;
}

Box::Box(const Form& form)
    : low(form.coefficient_count()), high(form.coefficient_count()) {
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    low[j] = to_scale(info.low, info.scale);
    high[j] = to_scale(info.high, info.scale);
  }
}

Eigen::VectorXd Box::clamp(const Eigen::VectorXd& theta) const {
  return theta.cwiseMax(low).cwiseMin(high);
}

Eigen::MatrixXd inputs_of(const Runs& runs, const Form& form) {
  Eigen::MatrixXd inputs(runs.size(), form.input_count());
  for (int k = 0; k < form.input_count(); ++k) {
    const Variable& input = form.inputs()[static_cast<std::size_t>(k)];
    inputs.col(k) = input_column(runs, form, input);
  }
  return inputs;
}

std::vector<int> vanished_terms(const Form& form,
                                const Eigen::VectorXd& theta,
                                const Eigen::MatrixXd& inputs) {
  constexpr double kVanished = 1e-4;
  std::vector<int> vanished;
  Eigen::VectorXd whole;
  Eigen::VectorXd without;
  form.evaluate_columns(theta, inputs, whole, nullptr);
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    if (info.scale != Scale::Log || info.low > 0.0) continue;
    Eigen::VectorXd reduced = theta;
    reduced[j] = -std::numeric_limits<double>::infinity();
    form.evaluate_columns(reduced, inputs, without, nullptr);
    const Eigen::VectorXd change = without - whole;
    if (!change.allFinite()) continue;
    const double share = -std::expm1(-change.cwiseAbs().maxCoeff());
    if (share < kVanished) vanished.push_back(j);
  }
  return vanished;
}

void clear_vanished(const Form& form,
                    const Eigen::MatrixXd& inputs,
                    Eigen::VectorXd& theta) {
  for (const int j : vanished_terms(form, theta, inputs)) {
    theta[j] = -std::numeric_limits<double>::infinity();
  }
}

WeightedInputs sorted_inputs_of(const Runs& runs, const Form& form) {
  const Eigen::MatrixXd inputs = inputs_of(runs, form);
  const std::vector<Eigen::Index> order =
      canonical_order(runs, inputs, log_of(runs.loss_nats));
  const Eigen::VectorXd budget =
      runs.has_sizes() ? Eigen::VectorXd((log_of(size_column(runs, form)) +
                                          log_of(runs.tokens))
                                             .array() +
                                         kLog6)
                       : log_of(runs.flops);
  return {inputs(order, Eigen::all), weights_in(runs, order), budget(order)};
}

FitProblem make_problem(const Runs& runs,
                        const FitOptions& options,
                        const Form& form,
                        std::vector<Eigen::Index>& order) {
  const Eigen::MatrixXd inputs = inputs_of(runs, form);
  const Eigen::VectorXd log_loss = log_of(runs.loss_nats);
  order = canonical_order(runs, inputs, log_loss);
  FitProblem problem;
  problem.form = &form;
  problem.objective = options.objective;
  problem.residual = options.residual;
  problem.cost_ratio = options.cost_ratio;
  problem.inputs = inputs(order, Eigen::all);
  problem.log_loss = log_loss(order);
  problem.weight = weights_in(runs, order);
  constexpr double kTypicalResidual = 1e-2;
  problem.scale = options.objective == Objective::Huber ? options.huber_delta
                                                        : kTypicalResidual;
  return problem;
}

FitProblem resample(const FitProblem& problem, const std::vector<int>& counts) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) rows.push_back(static_cast<Eigen::Index>(i));
  }
  FitProblem result;
  result.form = problem.form;
  result.objective = problem.objective;
  result.residual = problem.residual;
  result.scale = problem.scale;
  result.cost_ratio = problem.cost_ratio;
  result.inputs = problem.inputs(rows, Eigen::all);
  result.log_loss = problem.log_loss(rows);
  result.weight = problem.weight(rows);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    result.weight[static_cast<Eigen::Index>(k)] *=
        counts[static_cast<std::size_t>(rows[k])];
  }
  return result;
}

FitProblem thin(const FitProblem& problem) {
  constexpr Eigen::Index kMostRows = 1000;
  const Eigen::Index stride = (problem.size() + kMostRows - 1) / kMostRows;
  std::vector<int> counts(static_cast<std::size_t>(problem.size()), 0);
  for (Eigen::Index i = 0; i < problem.size(); i += stride) {
    counts[static_cast<std::size_t>(i)] = 1;
  }
  return resample(problem, counts);
}

namespace {

/// Weights times the cost of their side.
Eigen::VectorXd sided(const FitProblem& problem,
                      const Eigen::VectorXd& residuals) {
  Eigen::VectorXd weight = problem.weight;
  for (Eigen::Index i = 0; i < weight.size(); ++i) {
    if (residuals[i] < 0.0) weight[i] *= problem.cost_ratio;
  }
  return weight;
}

}  // namespace

void FitEvaluator::fill_residuals(const Eigen::VectorXd& theta,
                                  bool with_jacobian) {
  if (at_.size() > 0 && at_ == theta && (has_jacobian_ || !with_jacobian)) {
    return;
  }
  throw_if_interrupted();
  at_ = theta;
  has_jacobian_ = with_jacobian;
  ++evaluations_;
  problem_.form->evaluate_columns(
      theta, problem_.inputs, predicted_, with_jacobian ? &jacobian_ : nullptr);
  if (problem_.residual == Residual::LogLoss) {
    residual_ = predicted_ - problem_.log_loss;
  } else {
    predicted_ = predicted_.array().exp();
    residual_ = predicted_.array() - problem_.log_loss.array().exp();
    if (with_jacobian) {
      jacobian_.array().colwise() *= predicted_.array();
    }
  }
}

double FitEvaluator::operator()(const Eigen::VectorXd& theta,
                                Eigen::VectorXd* gradient) {
  fill_residuals(theta, gradient != nullptr);
  const double value = sum_of_losses(problem_, residual_, influence_);
  if (gradient != nullptr) {
    gradient->noalias() = jacobian_.transpose() * influence_;
    *gradient /= problem_.scale;
  }
  return value;
}

Curvature FitEvaluator::curvatures(const Eigen::VectorXd& theta) {
  fill_residuals(theta, true);
  const Eigen::Index p = jacobian_.cols();
  const double unit = 1.0 / (problem_.scale * problem_.scale);
  Curvature result{Eigen::MatrixXd(p, p), Eigen::MatrixXd::Zero(p, p)};
  const bool has_outer = problem_.objective != Objective::Squared;
  inner_ =
      problem_.cost_ratio == 1.0 ? problem_.weight : sided(problem_, residual_);
  if (has_outer) {
    const auto u = residual_.array().abs() / problem_.scale;
    // 1 where rho is linear, else 0: a choice by comparison is slower.
    const auto is_linear = (u - 1.0).max(0.0).min(1.0).ceil();
    outer_ = unit * inner_.array() * is_linear / u.max(1.0);
    inner_.array() *= 1.0 - is_linear;
  }
  inner_ *= unit;
  const auto add = [&](const Eigen::VectorXd& row_curvature,
                       Eigen::MatrixXd& into) {
    for (Eigen::Index j = 0; j < p; ++j) {
      predicted_ = row_curvature.cwiseProduct(jacobian_.col(j));
      for (Eigen::Index k = j; k < p; ++k) {
        into(j, k) = into(k, j) = predicted_.dot(jacobian_.col(k));
      }
    }
  };
  add(inner_, result.inner);
  if (has_outer) add(outer_, result.outer);
  return result;
}

Eigen::VectorXd FitEvaluator::residuals(const Eigen::VectorXd& theta) {
  fill_residuals(theta, false);
  return residual_;
}

Eigen::VectorXd log_residuals(const FitProblem& problem,
                              const Eigen::VectorXd& theta) {
  Eigen::VectorXd predicted;
  problem.form->evaluate_columns(theta, problem.inputs, predicted, nullptr);
  return problem.log_loss - predicted;
}

double sum_of_losses(const FitProblem& problem,
                     const Eigen::VectorXd& residuals,
                     Eigen::VectorXd& influence) {
  // rho = f (u - f / 2) with f = u held to [-1, 1]: u^2/2 inside, |u|-1/2 out.
  const double most = problem.objective == Objective::Squared
                          ? std::numeric_limits<double>::infinity()
                          : 1.0;
  const auto u = residuals.array() / problem.scale;
  influence = u.max(-most).min(most);
  const auto f = influence.array();
  double value = 0.0;
  const auto weigh = [&](const auto& weight) {
    value = (weight * f * (u - 0.5 * f)).sum();
    influence.array() *= weight;
  };
  if (problem.cost_ratio == 1.0) {
    weigh(problem.weight.array());
  } else {
    weigh(sided(problem, residuals).array());
  }
  return std::isfinite(value) ? value : std::numeric_limits<double>::infinity();
}

double reported_objective(const FitProblem& problem,
                          const Eigen::VectorXd& residuals) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < residuals.size(); ++i) {
    const double r = std::abs(residuals[i]);
    const double c = std::min(r, problem.scale);
    const double loss = problem.objective == Objective::Squared ? r * r
                        : problem.objective == Objective::Absolute
                            ? r
                            : c * (r - 0.5 * c);
    const double side = residuals[i] < 0.0 ? problem.cost_ratio : 1.0;
    sum += side * problem.weight[i] * loss;
  }
  return sum;
}

}  // namespace isoflop
