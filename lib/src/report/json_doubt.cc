// SPDX-License-Identifier: Apache-2.0
#include "report/json_doubt.h"

namespace isoflop {

Json intervals_json(const FitResult& fit) {
  Json coefficients = Json::object();
  for (std::size_t j = 0; j < fit.intervals.size(); ++j) {
    coefficients[std::string(fit.law.form->coefficients()[j].name)] =
        json_of(fit.intervals[j]);
  }
  return {{"level", fit.options.level},
          {"method", json_of(fit.options.interval)},
          {"bootstrap_kind", json_of(fit.bootstrap.kind)},
          {"replicates", fit.bootstrap.replicates},
          {"clusters",
           fit.bootstrap.clusters > 0 ? Json(fit.bootstrap.clusters) : Json()},
          {"failed", fit.bootstrap.failed},
          {"escalated", fit.bootstrap.escalated},
          {"coefficients", std::move(coefficients)}};
}

Json standard_errors_json(const StandardErrors& errors) {
  const auto by_name = [](const std::map<std::string, double>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) object[name] = value;
    return object;
  };
  return {{"classical", by_name(errors.classical)},
          {"sandwich", by_name(errors.sandwich)}};
}

Json profile_json(const FitProfile& found) {
  Json profiles = Json::array();
  for (const Profile& profile : found.profiles) {
    Json points = Json::array();
    for (const ProfilePoint& point : profile.points) {
      points.push_back(Json::array({point.value, point.deviance}));
    }
    profiles.push_back({{"quantity", profile.quantity},
                        {"flops", json_of(profile.flops)},
                        {"estimate", profile.estimate},
                        {"lambda", profile.lambda},
                        {"interval", json_of(profile.interval)},
                        {"closed", profile.is_closed()},
                        {"points", std::move(points)}});
  }
  return {{"level", found.level},
          {"cut", found.cut},
          {"profiles", std::move(profiles)}};
}

Json influence_json(const FitInfluence& found) {
  Json runs = Json::array();
  for (const RunInfluence& run : found.runs) {
    runs.push_back({{"row", run.row},
                    {"name", run.name},
                    {"residual", run.residual},
                    {"leverage", run.leverage},
                    {"shift_log_params", json_of(run.shift_log_params)},
                    {"shift_log_loss", json_of(run.shift_log_loss)}});
  }
  return {{"left_out", found.left_out}, {"runs", std::move(runs)}};
}

Json widening_json(const Law& law) {
  Json steps = Json::array();
  for (const Widening& step : law.widening) {
    steps.push_back({{"distance", step.distance},
                     {"factor", step.factor},
                     {"runs", step.runs}});
  }
  return steps;
}

Json trials_json(const std::vector<FormTrial>& trials) {
  Json tried = Json::array();
  for (const FormTrial& trial : trials) {
    Json one = {{"law", trial.law},
                {"mean_abs_error", nullptr},
                {"mean_error", nullptr},
                {"close", trial.is_close},
                {"problem", trial.problem}};
    if (trial.score) {
      one["mean_abs_error"] = trial.score->mean_abs_error;
      one["mean_error"] = trial.score->mean_error;
    }
    tried.push_back(std::move(one));
  }
  return tried;
}

Json residual_checks_json(const ResidualChecks& checks) {
  Json trends = Json::array();
  for (const ResidualTrend& trend : checks.trends) {
    trends.push_back({{"variable", trend.variable},
                      {"correlation", trend.correlation},
                      {"p_value", trend.p_value}});
  }
  Json fit = nullptr;
  if (const auto& found = checks.lack_of_fit) {
    fit = {{"repeats", found->repeats},
           {"freedom", found->freedom},
           {"pure_sd", found->pure_sd},
           {"f", found->f},
           {"p_value", found->p_value}};
  }
  Json groups = nullptr;
  if (const auto& found = checks.groups) {
    groups = {{"groups", found->groups},
              {"correlation", found->correlation},
              {"p_value", found->p_value}};
  }
  Json uneven = nullptr;
  if (const auto& found = checks.uneven) {
    uneven = {{"variable", found->variable},
              {"correlation", found->correlation},
              {"p_value", found->p_value}};
  }
  return {{"uneven", std::move(uneven)},
          {"trends", std::move(trends)},
          {"lack_of_fit", std::move(fit)},
          {"groups", std::move(groups)}};
}

}  // namespace isoflop
