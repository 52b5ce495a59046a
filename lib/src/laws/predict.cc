// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/curve.h"
#include "isoflop/units/text.h"
#include "laws/extrapolation.h"
#include "laws/run_interval.h"

namespace isoflop {
namespace {

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

/// An interval of the answers that are numbers; none when a tenth are not.
std::optional<Interval> interval_of(const std::vector<double>& answers,
                                    double level,
                                    int* without = nullptr) {
  constexpr double kMostWithout = 0.1;
  std::vector<double> finite;
  std::copy_if(answers.begin(),
               answers.end(),
               std::back_inserter(finite),
               [](double answer) { return std::isfinite(answer); });
  const std::size_t lost = answers.size() - finite.size();
  if (without != nullptr) *without = static_cast<int>(lost);
  if (finite.empty() ||
      static_cast<double>(lost) >
          kMostWithout * static_cast<double>(answers.size())) {
    return std::nullopt;
  }
  return percentile_interval(
      Eigen::Map<const Eigen::VectorXd>(
          finite.data(), static_cast<Eigen::Index>(finite.size())),
      level);
}

std::vector<double> answers_of_draws(const Law& law,
                                     const Form& form,
                                     const Eigen::VectorXd& at) {
  std::vector<double> answers;
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    answers.push_back(answer(form, law.draws.row(i), at));
  }
  return answers;
}

/// What a forecast says of a run in place of the law alone.
/// @return losses spread as the mean curve may lie.
std::vector<double> apply_forecast(const Law& law,
                                   const InputValues& values,
                                   double level,
                                   Prediction& result) {
  constexpr int kQuantiles = 199;
  const LossForecast at =
      law.discrepancy->at(Params(values.find(kParams.name)->second),
                          Tokens(values.find(kTokens.name)->second));
  result.value = at.loss().value();
  result.interval = at.curve_interval(level);
  result.run_interval = at.run_interval(level);
  result.forecast = at;
  std::vector<double> losses;
  for (int i = 1; i <= kQuantiles; ++i) {
    const double u = i / (kQuantiles + 1.0);
    const Interval around = at.curve_interval(std::abs(2.0 * u - 1.0));
    losses.push_back(u < 0.5 ? around.low : around.high);
  }
  return losses;
}

}  // namespace

std::optional<Interval> run_interval_of(const Scatter& scatter,
                                        std::vector<double> answers,
                                        double level) {
  const double step = std::numbers::phi - 1.0;
  const double freedom = std::max(1.0, scatter.freedom);
  double share = 0.5;
  for (double& loss : answers) {
    loss *= std::exp(scatter.sd * student_quantile(share, freedom));
    share += step;
    share -= std::floor(share);
  }
  return interval_of(answers, level);
}

namespace {

/// The error at the loss, and over the draws of whichever law has them.
DownstreamPrediction chain(const Law& law,
                           double loss,
                           const std::vector<double>& losses,
                           double level) {
  if (law.form->output().name != kErrorRate.name ||
      law.form->input_count() != 1 || !law.form->input_index(kLoss.name)) {
    fail("law '" + law.id +
         "' does not turn a loss into an error rate; `isoflop list laws` "
         "shows what laws answer");
  }
  DownstreamPrediction result{law.id, law.value({{"loss", loss}}), {}};
  const auto draws = static_cast<std::size_t>(law.draws.rows());
  std::vector<double> errors;
  for (std::size_t i = 0; i < std::max(losses.size(), draws); ++i) {
    const double at = losses.empty() ? loss : losses[i % losses.size()];
    const Eigen::VectorXd coefficients =
        draws > 0 ? Eigen::VectorXd(
                        law.draws.row(static_cast<Eigen::Index>(i % draws)))
                  : law.coefficients;
    errors.push_back(answer(
        *law.form, coefficients, Eigen::VectorXd::Constant(1, std::log(at))));
  }
  result.interval = interval_of(errors, level);
  if (!std::isfinite(result.error_rate)) {
    fail("law '" + law.id + "' has no answer at a loss of " +
         format_number(loss, 4));
  }
  return result;
}

/// What the law read; a run that does not have something is shown as such.
InputValues used_inputs(const Form& form,
                        const InputValues& given,
                        const Eigen::VectorXd& at) {
  InputValues used;
  for (int i = 0; i < form.input_count(); ++i) {
    const Variable& variable = form.inputs()[static_cast<std::size_t>(i)];
    const auto found = given.find(variable.name);
    used[std::string(variable.name)] = found != given.end()
                                           ? found->second
                                           : from_scale(at[i], variable.scale);
  }
  return used;
}

/// The compute of the run, where it can be known.
std::optional<Flops> flops_of(const Form& form, const InputValues& values) {
  const auto at = [&](std::string_view name) {
    const auto found = values.find(name);
    return found == values.end() ? kMissing : found->second;
  };
  const double given = at(kFlops.name);
  if (!std::isnan(given)) return Flops(given);
  // 6 N D holds for a size that works on every token.
  if (form.counts_resting_experts() ||
      (!form.answers_loss() && !form.input_index(kFlops.name))) {
    return std::nullopt;
  }
  const double active = at(kActiveParams.name);
  const double params = std::isnan(active) ? at(kParams.name) : active;
  const Flops product = train_flops(Params(params), Tokens(at(kTokens.name)));
  if (std::isnan(product.value())) return std::nullopt;
  return product;
}

/// "experts 1000 (1 .. 32)" for what lies beyond the runs of the law. Size and
/// data may lie a decade beyond before it is worth a word.
std::vector<std::string> beyond_runs(const Law& law,
                                     const InputValues& inputs) {
  constexpr double kDecade = 10.0;
  std::map<std::string, Interval, std::less<>> ranges = law.range.others;
  if (!law.range.flops) {
    for (const auto& [name, range] :
         {std::pair(kParams.name, law.range.params),
          std::pair(kTokens.name, law.range.tokens)}) {
      if (range) {
        ranges[std::string(name)] = {range->low / kDecade,
                                     range->high * kDecade};
      }
    }
  }
  std::vector<std::string> beyond;
  for (const auto& [name, range] : ranges) {
    const auto found = inputs.find(name);
    if (found == inputs.end() || !std::isfinite(found->second)) continue;
    const double value = found->second;
    if (value < range.low || value > range.high) {
      beyond.push_back(name + " " + format_number(value, 3));
    }
  }
  return beyond;
}

void add_range_findings(const Law& law, Prediction& result) {
  if (law.range.flops && result.flops) {
    result.extrapolation = result.flops->value() / law.range.flops->high;
  }
  if (result.extrapolation && *result.extrapolation > kFarExtrapolation) {
    result.findings.push_back(
        {"law.extrapolation",
         Severity::Warning,
         "the run has " + format_number(*result.extrapolation, 2) +
             " times the compute of the largest run the law was fitted on",
         "fit larger pilot runs",
         {{"flops_over_fitted", *result.extrapolation}}});
  }
  const std::vector<std::string> beyond = beyond_runs(law, result.inputs);
  if (beyond.empty()) return;
  result.findings.push_back({"law.extrapolation",
                             Severity::Warning,
                             "far beyond the runs of '" + law.id +
                                 "': " + join_words(beyond) +
                                 " (isoflop explain law shows their range)",
                             "fit pilot runs there",
                             {}});
}

void add_findings(const Law& law, Prediction& result) {
  if (auto doubt = law_doubt(law)) {
    // Within its runs a weak law still predicts.
    if (law.status == LawStatus::Weak) doubt->severity = Severity::Warning;
    result.findings.push_back(*std::move(doubt));
  }
  for (Finding& finding : law_warnings(law)) {
    result.findings.push_back(std::move(finding));
  }
  add_range_findings(law, result);
}

/// Losses of one set of texts say little about errors at those of another.
void add_chain_finding(const Law& law, const Law& error, Prediction& result) {
  if (error.provenance.dataset.starts_with(law.provenance.dataset)) return;
  result.findings.push_back(
      {"law.other-losses",
       Severity::Warning,
       "'" + error.id +
           "' was fitted on losses of: " + error.provenance.dataset + "; '" +
           law.id + "' predicts those of: " + law.provenance.dataset,
       "take both laws from the same runs",
       {}});
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

std::vector<Finding> law_warnings(const Law& law) {
  std::vector<Finding> warnings;
  for (const Finding& finding : law.findings) {
    if (finding.severity == Severity::Note) continue;
    // The status says these already.
    if (finding.code == "fit.weak" || finding.code == "fit.not-identified") {
      continue;
    }
    warnings.push_back(finding);
    warnings.back().severity = Severity::Warning;
  }
  return warnings;
}

Prediction predict(const Law& law,
                   const PredictInputs& inputs,
                   const PredictOptions& options) {
  validate(inputs, "predict");
  validate(options, "predict");
  const std::shared_ptr<const Form> form = form_for(law, inputs);
  InputValues values = values_of(inputs);
  const std::optional<Flops> flops = flops_of(*form, values);
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
  result.law_options = law.provenance.options;
  if (law.is_forecast()) result.tested = law.tested;
  result.asked = inputs;
  result.options = options;
  result.inputs = used_inputs(*form, values, at);
  result.output = form->output().name;
  result.meaning = form->output().meaning;
  if (form->answers_loss() || result.output == "value") {
    result.unit = law.provenance.loss_unit;
  }
  result.value = answer(*form, law.coefficients, at);
  result.flops = flops;
  if (flops && form->input_index(kFlops.name) && !form->answers_loss()) {
    result.allocation = allocation(law, *flops);
  }
  if (!std::isfinite(result.value)) {
    fail("law '" + law.id + "' has no finite answer for this run");
  }
  std::vector<double> answers;
  if (law.is_forecast()) {
    answers = apply_forecast(law, values, options.level, result);
  } else {
    answers = answers_of_draws(law, *form, at);
    result.interval =
        interval_of(answers, options.level, &result.draws_without);
    if (law.scatter && result.answers_loss() && result.interval) {
      result.run_interval =
          run_interval_of(*law.scatter, answers, options.level);
    }
    if (flops && result.answers_loss() && result.interval) {
      result.widening = law.widening_at(*flops);
      for (auto* interval : {&result.interval, &result.run_interval}) {
        if (!*interval) continue;
        *interval = widened(**interval, result.value, result.widening);
      }
    }
  }
  if (!inputs.downstream.empty()) {
    if (!form->answers_loss()) {
      fail("law '" + law.id + "' answers no loss to turn into an error rate");
    }
    const Law error = find_law(inputs.downstream, inputs.allow_unverified);
    result.downstream = chain(error, result.value, answers, options.level);
    add_chain_finding(law, error, result);
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
