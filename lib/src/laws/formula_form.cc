// SPDX-License-Identifier: Apache-2.0
#include "laws/formula_form.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "laws/form_settings.h"
#include "laws/formula_coefficients.h"
#include "laws/formula_program.h"
#include "laws/formula_text.h"

namespace isoflop {
namespace {

/// What a formula answers that is no loss in nats.
constexpr Variable kValue{
    "value", "y", "value of the formula", Scale::Linear, -kInfinite, kInfinite};

/// Views into `formula`: variables of the library, or plain columns.
std::vector<Variable> variables_of(const FormulaText& formula) {
  std::vector<Variable> variables;
  for (const std::string& name : formula.inputs) {
    const Variable* known = find_variable(name);
    // A column may have the name of a symbol.
    if (known != nullptr && known->name == name) {
      variables.push_back(*known);
      continue;
    }
    variables.push_back({name,
                         name,
                         "column of the runs",
                         Scale::Linear,
                         -kInfinite,
                         kInfinite});
  }
  return variables;
}

template <class Range>
std::vector<Scale> scales_of(const Range& items) {
  std::vector<Scale> scales;
  for (const auto& item : items) scales.push_back(item.scale);
  return scales;
}

class FormulaForm final : public Form {
 public:
  FormulaForm(FormulaText formula, FormSettings settings)
      : formula_(std::move(formula)),
        settings_(std::move(settings)),
        inputs_(variables_of(formula_)),
        coefficients_(
            infos_of(formula_,
                     inputs_,
                     read_coefficient_settings(settings_.coefficients,
                                               formula_.coefficients,
                                               "'" + formula_.text + "'"))),
        program_(compile(formula_,
                         scales_of(coefficients_),
                         scales_of(inputs_),
                         settings_.answer)) {}

  std::string_view name() const override { return formula_.text; }
  std::string_view formula() const override { return formula_.text; }
  std::string_view source() const override { return "a formula of the user"; }
  std::span<const CoefficientInfo> coefficients() const override {
    return coefficients_;
  }
  std::span<const Variable> inputs() const override { return inputs_; }
  const Variable& output() const override {
    return settings_.answer == Scale::Log ? kLoss : kValue;
  }
  bool counts_resting_experts() const override {
    return input_index(kParams.name) &&
           (input_index(kExperts.name) || input_index(kGranularity.name) ||
            input_index(kSparsity.name));
  }
  FormSettings settings() const override { return settings_; }

  double evaluate(const double* theta, const double* inputs) const override {
    return without_zero(program_.value(theta, inputs));
  }

  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    std::fill_n(gradient, inputs_.size(), 0.0);
    program_.gradient(theta, inputs, nullptr, gradient);
  }

  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    out.resize(inputs.rows());
    if (jacobian != nullptr) jacobian->setZero(inputs.rows(), theta.size());
    program_.columns(theta, inputs, out, jacobian);
    for (double& value : out) value = without_zero(value);
  }

  std::optional<double> optimal_log_params(const double*,
                                           double) const override {
    return std::nullopt;
  }

 private:
  /// A loss of zero has no logarithm.
  double without_zero(double value) const {
    return settings_.answer == Scale::Log && value == -kInfinite ? kMissing
                                                                 : value;
  }

  // In this order: each is made from those above.
  FormulaText formula_;
  FormSettings settings_;
  std::vector<Variable> inputs_;
  std::vector<CoefficientInfo> coefficients_;
  FormulaProgram program_;
};

}  // namespace

std::shared_ptr<const Form> formula_form(std::string_view text,
                                         const FormSettings& settings) {
  FormulaText formula = parse_formula(text, settings.columns);
  FormSettings kept = settings;
  kept.fixed.clear();
  std::erase_if(kept.columns, [&formula](const std::string& column) {
    return std::find(formula.inputs.begin(), formula.inputs.end(), column) ==
           formula.inputs.end();
  });
  if (settings.answer == Scale::Log) {
    for (const std::string& input : formula.inputs) {
      if (input != kLoss.name) continue;
      throw std::invalid_argument(
          "form: '" + formula.text +
          "' reads loss, which is what it answers; name the coefficient "
          "otherwise");
    }
  }
  return std::make_shared<FormulaForm>(std::move(formula), std::move(kept));
}

}  // namespace isoflop
