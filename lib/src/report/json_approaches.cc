// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/json.h"
#include "report/json_parts.h"

namespace isoflop {
namespace {

Json power_law_json(const std::optional<PowerLaw>& law,
                    const std::optional<Interval>& exponent) {
  if (!law) return nullptr;
  return {{"exponent", law->exponent},
          {"log_factor", law->log_factor},
          {"points", law->points},
          {"residual_sd", law->residual_sd},
          {"exponent_interval", json_of(exponent)}};
}

Json valley_json(const Valley& valley) {
  return {{"flops", valley.flops.value()},
          {"runs", valley.runs},
          {"shape", json_of(valley.shape)},
          {"params", json_of(valley.best_params)},
          {"tokens", json_of(valley.best_tokens)},
          {"loss_nats", json_of(valley.best_loss)},
          {"curvature", valley.curvature},
          {"params_interval", json_of(valley.params_interval)},
          {"params_range", json_of(valley.params)},
          {"tokens_range", json_of(valley.tokens)}};
}

Json estimate_json(const ValleyEstimate& estimate) {
  Json law = nullptr;
  if (estimate.law) {
    law = {{"params", estimate.law->best.params.value()},
           {"tokens", estimate.law->best.tokens.value()},
           {"loss_nats", estimate.law->best.loss.value()},
           {"params_interval", json_of(estimate.law->params)},
           {"tokens_interval", json_of(estimate.law->tokens)}};
  }
  return {{"flops", estimate.flops.value()},
          {"params", estimate.params.value()},
          {"tokens", estimate.tokens.value()},
          {"params_interval", json_of(estimate.params_interval)},
          {"tokens_interval", json_of(estimate.tokens_interval)},
          {"params_bias", json_of(estimate.params_bias)},
          {"tokens_bias", json_of(estimate.tokens_bias)},
          {"law", std::move(law)}};
}

}  // namespace

std::string to_json(const ValleyResult& result) {
  Json inputs = {{"runs", result.source}};
  echo(result.options, inputs);
  const double level = result.options.level;
  const auto power_law = [&](const std::optional<PowerLaw>& law) {
    return power_law_json(law,
                          law ? law->exponent_interval(level) : std::nullopt);
  };
  Json valleys = Json::array();
  for (const Valley& valley : result.valleys) {
    valleys.push_back(valley_json(valley));
  }
  Json optimum = Json::array();
  for (const ValleyEstimate& estimate : result.estimates) {
    optimum.push_back(estimate_json(estimate));
  }
  Json answer = {
      {"runs", {{"used", result.runs_used}, {"dropped", result.runs_dropped}}},
      {"level", level},
      {"params", power_law(result.params)},
      {"tokens", power_law(result.tokens)},
      {"exponent_bias", json_of(result.exponent_bias)},
      {"valleys", std::move(valleys)},
      {"optimum", std::move(optimum)}};
  return dump(envelope(
      "valleys", std::move(inputs), std::move(answer), result.findings));
}

std::string to_json(const EnvelopeResult& result) {
  Json inputs = {{"runs", result.source}};
  echo(result.options, inputs);
  Json parts = Json::array();
  for (const EnvelopePart& part : result.parts) {
    parts.push_back({{"name", part.name},
                     {"params", part.params.value()},
                     {"flops", json_of(part.flops)},
                     {"loss_nats", json_of(part.loss_nats)},
                     {"edge", part.is_edge}});
  }
  Json optimum = Json::array();
  for (const EnvelopeEstimate& estimate : result.estimates) {
    optimum.push_back({{"flops", estimate.flops.value()},
                       {"params", estimate.params.value()},
                       {"tokens", estimate.tokens.value()},
                       {"params_interval", json_of(estimate.params_interval)},
                       {"tokens_interval", json_of(estimate.tokens_interval)}});
  }
  Json answer = {
      {"rows", result.runs_used},
      {"curves", result.curves},
      {"level", result.options.level},
      {"failed", result.failed},
      {"params", power_law_json(result.params, result.exponent_interval)},
      {"parts", std::move(parts)},
      {"optimum", std::move(optimum)}};
  return dump(envelope(
      "envelope", std::move(inputs), std::move(answer), result.findings));
}

std::string to_json(const FormComparison& result) {
  Json inputs = {{"runs", result.source}};
  echo(result.options, inputs);
  Json forms = Json::array();
  for (const FormScore& form : result.forms) {
    forms.push_back({{"law", form.law},
                     {"formula", form.formula},
                     {"coefficients", form.coefficients},
                     {"status", json_of(form.status)},
                     {"objective", form.objective_value},
                     {"cv_error", json_of(form.cv_error)},
                     {"cv_median", json_of(form.cv_median)},
                     {"cv_excess", json_of(form.cv_excess)},
                     {"close", form.is_close},
                     {"log_likelihood", json_of(form.log_likelihood)},
                     {"aicc", json_of(form.aicc)},
                     {"bic", json_of(form.bic)},
                     {"aicc_weight", json_of(form.aicc_weight)},
                     {"bic_weight", json_of(form.bic_weight)}});
  }
  Json answer = {
      {"runs", {{"used", result.runs_used}, {"dropped", result.runs_dropped}}},
      {"forms", std::move(forms)}};
  return dump(envelope(
      "compare", std::move(inputs), std::move(answer), result.findings));
}

std::string to_json(const RunsComparison& result) {
  Json inputs = {{"first", result.first.source},
                 {"second", result.second.source}};
  echo(result.options, inputs);
  Json gains = Json::array();
  for (const Gain& gain : result.gains) {
    gains.push_back({{"flops", gain.flops.value()},
                     {"gain", gain.gain},
                     {"interval", json_of(gain.interval)},
                     {"first_loss_nats", gain.first_loss.value()},
                     {"second_loss_nats", gain.second_loss.value()},
                     {"beyond_runs", gain.is_beyond}});
  }
  const auto side = [](const FitResult& fit) {
    return Json{{"runs", fit.runs_used},
                {"status", json_of(fit.identifiability.status)},
                {"coefficients", fit.law.named_coefficients()}};
  };
  Json answer = {{"level", result.options.level},
                 {"first", side(result.first)},
                 {"second", side(result.second)},
                 {"gains", std::move(gains)}};
  return dump(
      envelope("gain", std::move(inputs), std::move(answer), result.findings));
}

}  // namespace isoflop
