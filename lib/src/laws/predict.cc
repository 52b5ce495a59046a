// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoflop/base/printable.h"
#include "isoflop/laws/curve.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr double kFarExtrapolation = 100.0;

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("predict: " + problem);
}

template <class T>
double number_of(const std::optional<T>& value) {
  if constexpr (std::is_same_v<T, double>) {
    return *value;
  } else {
    return value->value();
  }
}

/// The given inputs under the names of their variables.
InputValues values_of(const PredictInputs& inputs) {
  InputValues values;
  for_each_field(inputs, [&](const auto& field, const auto& value) {
    if constexpr (requires { value.has_value(); }) {
      if (value) values[std::string(field.name)] = number_of(value);
    }
  });
  for (const std::string& text : inputs.column) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      fail("column is '" + printable(text) + "', but must be NAME=NUMBER");
    }
    values[text.substr(0, equals)] = parse_number(text.substr(equals + 1));
  }
  return values;
}

/// The form along the schedule of the run, where it is one of loss curves.
std::shared_ptr<const Form> form_for(const Law& law,
                                     const PredictInputs& inputs) {
  const auto* curve = dynamic_cast<const CurveForm*>(law.form.get());
  if (curve == nullptr) {
    if (!inputs.schedule.empty()) {
      fail("law '" + law.id + "' does not read a schedule");
    }
    return law.form;
  }
  if (inputs.schedule.empty()) {
    fail("law '" + law.id +
         "' needs a schedule: " + std::string(kScheduleHelp));
  }
  return curve->along(parse_schedule(inputs.schedule));
}

/// Law evaluated at inputs on their scales, on the answer's natural scale.
double answer(const Form& form,
              const Eigen::VectorXd& coefficients,
              const Eigen::VectorXd& at) {
  const Eigen::VectorXd theta = form.theta_from_coefficients(coefficients);
  return from_scale(form.evaluate(theta.data(), at.data()),
                    form.output().scale);
}

Eigen::VectorXd answers_of_draws(const Law& law,
                                 const Form& form,
                                 const Eigen::VectorXd& at) {
  Eigen::VectorXd answers(law.draws.rows());
  for (Eigen::Index i = 0; i < answers.size(); ++i) {
    answers[i] = answer(form, law.draws.row(i), at);
  }
  return answers;
}

/// The error at the loss, and over the draws of whichever law has them.
DownstreamPrediction chain(const Law& law,
                           double loss,
                           const Eigen::VectorXd& losses,
                           double level) {
  if (law.form->output().name != kErrorRate.name ||
      !law.form->input_index(kLoss.name)) {
    fail("law '" + law.id +
         "' does not turn a loss into an error rate; `isoflop list laws` "
         "shows what laws answer");
  }
  DownstreamPrediction result{law.id, law.value({{"loss", loss}}), {}};
  const Eigen::Index draws = std::max(losses.size(), law.draws.rows());
  Eigen::VectorXd errors(draws);
  for (Eigen::Index i = 0; i < draws; ++i) {
    const double at = losses.size() > 0 ? losses[i % losses.size()] : loss;
    const Eigen::VectorXd log_loss =
        input_vector(*law.form, {{std::string(kLoss.name), at}}, "predict");
    errors[i] = answer(
        *law.form,
        law.has_draws() ? Eigen::VectorXd(law.draws.row(i % law.draws.rows()))
                        : law.coefficients,
        log_loss);
  }
  if (draws > 0) result.interval = percentile_interval(errors, level);
  if (std::isnan(result.error_rate)) {
    fail("law '" + law.id + "' has no answer at a loss of " +
         format_number(loss, 4));
  }
  return result;
}

/// What the law read; a run that does not have something is shown as such.
InputValues used_inputs(const Form& form, const Eigen::VectorXd& at) {
  InputValues used;
  for (int i = 0; i < form.input_count(); ++i) {
    const Variable& variable = form.inputs()[static_cast<std::size_t>(i)];
    used[std::string(variable.name)] = from_scale(at[i], variable.scale);
  }
  return used;
}

/// The compute of the run, where it can be known.
std::optional<Flops> flops_of(const InputValues& values) {
  const auto at = [&](std::string_view name) {
    const auto found = values.find(name);
    return found == values.end() ? kMissing : found->second;
  };
  const double given = at(kFlops.name);
  if (!std::isnan(given)) return Flops(given);
  const double active = at(kActiveParams.name);
  const double params = std::isnan(active) ? at(kParams.name) : active;
  const double product = 6.0 * params * at(kTokens.name);
  if (std::isnan(product)) return std::nullopt;
  return Flops(product);
}

void add_findings(const Law& law, Prediction& result) {
  if (auto doubt = law_doubt(law)) {
    // Within its runs a weak law still predicts.
    if (law.status == LawStatus::Weak) doubt->severity = Severity::Warning;
    result.findings.push_back(*std::move(doubt));
  }
  if (!law.range.flops || !result.flops) return;
  result.extrapolation = result.flops->value() / law.range.flops->high;
  if (*result.extrapolation > kFarExtrapolation) {
    result.findings.push_back(
        {"law.extrapolation",
         Severity::Warning,
         "the run has " + format_number(*result.extrapolation, 2) +
             " times the compute of the largest run the law was fitted on",
         "fit larger pilot runs",
         {{"flops_over_fitted", *result.extrapolation}}});
  }
}

}  // namespace

std::optional<Finding> law_doubt(const Law& law) {
  const std::string code = law.status == LawStatus::NotIdentified
                               ? "fit.not-identified"
                           : law.status == LawStatus::Weak ? "fit.weak"
                                                           : "";
  if (code.empty()) return std::nullopt;
  return Finding{code,
                 Severity::Error,
                 "the law '" + law.id + "' is " +
                     std::string(to_string(law.status)) +
                     ": its runs do not determine what is decided with it",
                 "add runs as `fit` suggests, or accept " + code + " by name",
                 {}};
}

Prediction predict(const Law& law,
                   const PredictInputs& inputs,
                   const PredictOptions& options) {
  validate(inputs, "predict");
  validate(options, "predict");
  const std::shared_ptr<const Form> form = form_for(law, inputs);
  InputValues values = values_of(inputs);
  const std::optional<Flops> flops = flops_of(values);
  if (form->input_index(kFlops.name) && flops) {
    // A law of compute alone may be asked about a size and data.
    for (const std::string_view name : {kParams.name, kTokens.name}) {
      if (!form->input_index(name)) values.erase(std::string(name));
    }
    values[std::string(kFlops.name)] = flops->value();
  }
  const Eigen::VectorXd at = input_vector(*form, values, "predict");
  Prediction result;
  result.law = law.id;
  result.asked = inputs;
  result.options = options;
  result.inputs = used_inputs(*form, at);
  result.output = form->output().name;
  result.meaning = form->output().meaning;
  result.value = answer(*form, law.coefficients, at);
  result.flops = flops;
  if (flops && form->input_index(kFlops.name) && !form->answers_loss()) {
    result.allocation = allocation(law, *flops);
  }
  if (std::isnan(result.value)) {
    fail("law '" + law.id + "' has no answer for this run");
  }
  const Eigen::VectorXd answers = answers_of_draws(law, *form, at);
  if (answers.size() > 0) {
    result.interval = percentile_interval(answers, options.level);
  }
  if (!inputs.downstream.empty()) {
    if (!form->answers_loss()) {
      fail("law '" + law.id + "' answers no loss to turn into an error rate");
    }
    result.downstream = chain(
        find_law(inputs.downstream, inputs.allow_unverified), result.value, answers, options.level);
  }
  add_findings(law, result);
  return result;
}

Prediction predict(const Law& law,
                   Params params,
                   Tokens tokens,
                   const PredictOptions& options) {
  PredictInputs inputs;
  inputs.law = law.id;
  inputs.params = params;
  inputs.tokens = tokens;
  return predict(law, inputs, options);
}

}  // namespace isoflop
