// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/json.h"
#include "report/json_parts.h"

namespace isoflop {
namespace {

Json scales_json(const DiscrepancyScales& scales) {
  return {{"amplitude", scales.amplitude},
          {"length", scales.length},
          {"growth", scales.growth},
          {"run_effect", scales.run_effect},
          {"noise", scales.noise}};
}

Json forecast_parts_json(const LossForecast& at) {
  return {{"law_loss_nats", std::exp(at.law)},
          {"log_discrepancy", at.discrepancy},
          {"sd_log_loss",
           {{"law", at.sd_law},
            {"discrepancy", at.sd_discrepancy},
            {"drift", at.sd_drift},
            {"noise", at.sd_noise},
            {"curve", at.sd_curve()},
            {"run", at.sd_run()}}}};
}

Json score_json(const std::optional<BacktestScore>& score) {
  if (!score) return nullptr;
  return {{"runs", score->runs},
          {"mean_abs_error", score->mean_abs_error},
          {"mean_error", score->mean_error},
          {"coverage", score->coverage},
          {"width", score->width}};
}

}  // namespace

Json json_of(const LossForecast& at) { return forecast_parts_json(at); }

Json json_of(const TestedReach& tested) {
  return {{"distance", tested.distance},
          {"runs", tested.runs},
          {"inside", tested.inside},
          {"level", tested.level}};
}

std::string to_json(const Forecast& forecast) {
  Json inputs = {{"runs", forecast.source}};
  echo(forecast.options, inputs);
  const Law& law = forecast.law;
  const bool useless = law.status == LawStatus::NotIdentified;
  Json coefficients = Json::object();
  for (const CoefficientInfo& info : law.form->coefficients()) {
    const std::string name(info.name);
    coefficients[name] =
        useless ? Json() : Json(law.named_coefficients().at(name));
  }
  Json deviations = Json::object();
  for (const auto& [name, sds] : forecast.prior_deviations) {
    deviations[name] = sds;
  }
  const DiscrepancyData& learned = law.discrepancy->data();
  Json parts = Json::array();
  for (const DiscrepancyPart& part : law.discrepancy->data().parts) {
    Json one = scales_json(part.scales);
    one["weight"] = part.weight;
    parts.push_back(std::move(one));
  }
  Json result = {{"status", json_of(law.status)},
                 {"law",
                  {{"form", std::string(law.form->name())},
                   {"formula", std::string(law.form->formula())},
                   {"coefficients", std::move(coefficients)}}},
                 {"discrepancy", std::move(parts)},
                 {"off_line_slope_sd", learned.off_line},
                 {"prior",
                  {{"of", law.discrepancy->data().prior},
                   {"deviations_sd", std::move(deviations)}}},
                 {"residual_scale", forecast.residual_scale},
                 {"log_evidence", json_of(forecast.log_evidence)},
                 {"runs",
                  {{"rows", forecast.rows_used},
                   {"runs", forecast.runs},
                   {"dropped", forecast.rows_dropped}}},
                 {"range",
                  {{"params", json_of(law.range.params)},
                   {"tokens", json_of(law.range.tokens)},
                   {"flops", json_of(law.range.flops)}}}};
  return dump(envelope(
      "forecast", std::move(inputs), std::move(result), forecast.findings));
}

std::string to_json(const PredictionTable& table) {
  Json inputs = {{"law", table.law}, {"at", table.source}};
  echo(table.options, inputs);
  echo_law(table.law_options, inputs);
  Json rows = Json::array();
  for (const PredictedRun& row : table.rows) {
    Json one = {{"name", row.name},
                {"params", row.params.value()},
                {"tokens", row.tokens.value()},
                {"flops", row.flops.value()},
                {"loss_nats", row.loss.value()},
                {"intervals",
                 {{"level", table.options.level},
                  {"curve", json_of(row.curve)},
                  {"run", json_of(row.run)},
                  {"widening", row.widening}}},
                {"extrapolation", json_of(row.extrapolation)},
                {"observed_nats", json_of(row.observed)}};
    if (row.forecast) one["forecast"] = forecast_parts_json(*row.forecast);
    rows.push_back(std::move(one));
  }
  Json score = nullptr;
  if (table.score) {
    score = {{"runs", table.score->runs},
             {"mean_abs_error", table.score->mean_abs_error},
             {"mean_error", table.score->mean_error},
             {"coverage", json_of(table.score->coverage)}};
  }
  Json result = {{"kind", table.is_forecast ? "forecast" : "law"},
                 {"rows", std::move(rows)},
                 {"score", std::move(score)}};
  if (table.is_forecast) result["tested"] = json_of(table.tested);
  return dump(envelope(
      "predict-table", std::move(inputs), std::move(result), table.findings));
}

std::string to_json(const Backtest& test) {
  Json inputs = {{"runs", test.source}};
  echo(test.options, inputs);
  Json splits = Json::array();
  for (const BacktestSplit& split : test.splits) {
    splits.push_back({{"factor", split.factor},
                      {"training", split.training},
                      {"held_out", split.held_out},
                      {"flops_limit", split.limit.value()}});
  }
  Json methods = Json::array();
  for (const BacktestMethod& method : test.methods) {
    Json by_split = Json::array();
    for (const auto& score : method.by_split) {
      by_split.push_back(score_json(score));
    }
    Json by_distance = Json::array();
    for (const auto& score : method.by_distance) {
      by_distance.push_back(score_json(score));
    }
    const bool is_fit = !method.law.empty();
    methods.push_back(
        {{"name", method.name},
         {"law", is_fit ? Json(method.law) : Json()},
         {"objective", is_fit ? json_of(method.objective) : Json()},
         {"overall", score_json(method.overall)},
         {"by_split", std::move(by_split)},
         {"by_distance", std::move(by_distance)}});
  }
  Json distances = Json::array();
  for (const double most : kBacktestDistances) {
    distances.push_back(std::isfinite(most) ? Json(most) : Json());
  }
  Json result = {
      {"trusted", test.trusted.empty() ? Json() : Json(test.trusted)},
      {"status", json_of(test.status)},
      {"rows", test.rows},
      {"splits", std::move(splits)},
      {"distances_up_to", std::move(distances)},
      {"methods", std::move(methods)}};
  return dump(envelope(
      "backtest", std::move(inputs), std::move(result), test.findings));
}

}  // namespace isoflop
