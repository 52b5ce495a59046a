// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/json.h"

#include "isoflop/fit/curves.h"
#include "plan/mixture.h"
#include "report/cost_parts.h"
#include "report/json_doubt.h"
#include "report/json_parts.h"

namespace isoflop {
namespace {

Json coefficients_json(const Form& form, const Eigen::VectorXd& values) {
  Json object = Json::object();
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    object[std::string(info.name)] = values[j];
  }
  return object;
}

}  // namespace

Json law_json(const Law& law) {
  Json errors = nullptr;
  for (const CoefficientInfo& info : law.form->coefficients()) {
    const auto& known = law.provenance.standard_errors;
    const auto at = known.find(std::string(info.name));
    if (at != known.end()) errors[at->first] = at->second;
  }
  Json range = {{"params", json_of(law.range.params)},
                {"tokens", json_of(law.range.tokens)},
                {"flops", json_of(law.range.flops)}};
  for (const auto& [name, interval] : law.range.others) {
    range[name] = json_of(interval);
  }
  return {{"id", law.id},
          {"form", std::string(law.form->name())},
          {"formula", std::string(law.form->formula())},
          {"status", json_of(law.status)},
          {"coefficients", coefficients_json(*law.form, law.coefficients)},
          {"standard_errors", std::move(errors)},
          {"verified", law.provenance.is_verified},
          {"kind", law.is_forecast() ? "forecast" : "law"},
          {"draws", law.draws.rows()},
          {"draws_source", law.provenance.draws_source},
          {"title", law.provenance.title},
          {"source", law.provenance.source},
          {"params_counted", law.provenance.params_counted},
          {"dataset", law.provenance.dataset},
          {"note", law.provenance.note},
          {"range", std::move(range)}};
}

namespace {

/// A law with all that is known about it.
Json law_page_json(const Law& law) {
  Json page = law_json(law);
  const Provenance& known = law.provenance;
  page["year"] = known.year == 0 ? Json(nullptr) : Json(known.year);
  page["answers"] = std::string(law.form->output().name);
  page["reads"] = Json::array();
  for (const Variable& variable : law.form->inputs()) {
    page["reads"].push_back(std::string(variable.name));
  }
  page["loss_unit"] = known.loss_unit;
  page["tokens_counted"] = known.tokens_counted;
  page["vote"] = known.has_vote;
  page["traps"] = known.traps;
  page["findings"] = findings_json(law.findings);
  page["optimum"] = Json::array();
  for (const Allocation& at : law_allocations(law)) {
    page["optimum"].push_back({{"flops", at.flops.value()},
                               {"params", json_of(at.params)},
                               {"tokens", json_of(at.tokens)},
                               {"loss_nats", json_of(at.loss)}});
  }
  return page;
}

Json code_json(const RuleInfo& code) {
  return {{"code", std::string(code.code)},
          {"summary", std::string(code.summary)},
          {"explanation", std::string(code.explanation)}};
}

Json optimum_json(const OptimumEstimate& estimate) {
  return {{"flops", estimate.best.flops.value()},
          {"params", estimate.best.params.value()},
          {"tokens", estimate.best.tokens.value()},
          {"tokens_per_param", estimate.best.tokens_per_param()},
          {"loss_nats", estimate.best.loss.value()},
          {"intervals",
           {{"params", json_of(estimate.params)},
            {"tokens", json_of(estimate.tokens)},
            {"tokens_per_param", json_of(estimate.tokens_per_param)},
            {"loss_nats", json_of(estimate.loss_nats)}}}};
}

Json identifiability_json(const Identifiability& found) {
  Json runs = Json::array();
  for (const SuggestedRun& run : found.suggested_runs) {
    Json one = {{"params", run.params.value()}, {"tokens", run.tokens.value()}};
    for (const auto& [name, value] : run.others) one[name] = json_of(value);
    runs.push_back(std::move(one));
  }
  return {
      {"status", json_of(found.status)},
      {"distinct_runs", found.distinct_runs},
      {"rank", found.rank},
      {"condition", found.condition},
      {"design_condition", found.design_condition},
      {"target_flops",
       found.target.value() > 0.0 ? Json(found.target.value()) : Json(nullptr)},
      {"sd_log_loss_at_target", json_of(found.sd_log_loss)},
      {"sd_log_params_at_target", json_of(found.sd_log_params)},
      {"reasons", json_of(found.reasons)},
      {"free_combinations", json_of(found.free_combinations)},
      {"still_known", found.still_known},
      {"suggested_runs", std::move(runs)},
      {"suggests_fewest", found.suggests_fewest}};
}

}  // namespace

std::string to_json(const FitResult& fit) {
  Json inputs = {{"runs", fit.source}};
  echo(fit.options, inputs);
  if (is_curve_form(fit.options.law)) {
    inputs["schedule"] =
        fit.schedule.empty() ? Json(nullptr) : Json(fit.schedule);
  }
  Json optimum = Json::array();
  for (const OptimumEstimate& estimate : fit.optimum) {
    Json row = optimum_json(estimate);
    row["extrapolation"] =
        estimate.best.flops.value() / fit.law.range.flops->high;
    optimum.push_back(std::move(row));
  }
  // Coefficients that the runs do not determine are not offered as numbers.
  const bool useless = fit.law.status == LawStatus::NotIdentified;
  Json law = {
      {"form", std::string(fit.law.form->name())},
      {"formula", std::string(fit.law.form->formula())},
      {"coefficients",
       useless ? Json(nullptr)
               : coefficients_json(*fit.law.form, fit.law.coefficients)}};
  Json result = {
      {"law", std::move(law)},
      {"objective",
       {{"name", json_of(fit.options.objective)},
        {"residual", json_of(fit.options.residual)},
        {"delta",
         fit.options.objective == Objective::Huber
             ? Json(fit.options.huber_delta)
             : Json(nullptr)},
        {"cost_ratio", fit.options.cost_ratio},
        {"value", fit.objective_value}}},
      {"residual_scale", fit.residual_scale},
      {"runs", {{"used", fit.runs_used}, {"dropped", fit.runs_dropped}}},
      {"intervals", intervals_json(fit)},
      {"standard_errors", standard_errors_json(fit.standard_errors)},
      {"optimum", std::move(optimum)},
      {"identifiability", identifiability_json(fit.identifiability)},
      {"search",
       {{"starts", fit.search.starts},
        {"best_start", fit.search.best_start},
        {"reached", fit.search.reached},
        {"distinct_optima", fit.search.distinct_optima},
        {"optima", fit.search.optima},
        {"gradient_norm", fit.search.gradient_norm},
        {"relative_gap", fit.search.relative_gap},
        {"check_gap", fit.search.check_gap},
        {"confirmed", fit.search.is_confirmed},
        {"at_bound", fit.search.at_bound},
        {"evaluations", fit.search.evaluations},
        {"converged", fit.search.converged}}},
      {"residual_checks", residual_checks_json(fit.residual_checks)}};
  result["widening"] = widening_json(fit.law);
  if (!fit.trials.empty()) result["trials"] = trials_json(fit.trials);
  if (fit.profile) result["profile"] = profile_json(*fit.profile);
  if (fit.influence) result["influence"] = influence_json(*fit.influence);
  return dump(
      envelope("fit", std::move(inputs), std::move(result), fit.findings));
}

std::string to_json(const Prediction& prediction) {
  Json inputs = Json::object();
  echo_given(prediction.asked, inputs);
  inputs["law"] = prediction.law;
  echo(prediction.options, inputs);
  echo_law(prediction.law_options, inputs);
  const std::string answer =
      prediction.answers_nats() ? "loss_nats" : prediction.output;
  Json result = {{"kind", prediction.forecast ? "forecast" : "law"}};
  for (const auto& [name, value] : prediction.inputs) {
    result[name] = std::isfinite(value) ? Json(value) : Json();
  }
  result["flops"] = json_of(prediction.flops);
  result["output"] = prediction.output;
  if (!prediction.unit.empty()) result["unit"] = prediction.unit;
  result[answer] = prediction.value;
  result["intervals"] = {{"level", prediction.options.level},
                         {answer, json_of(prediction.interval)},
                         {"run", json_of(prediction.run_interval)},
                         {"widening", prediction.widening}};
  if (prediction.allocation) {
    result["params"] = json_of(prediction.allocation->params);
    result["tokens"] = json_of(prediction.allocation->tokens);
  }
  if (prediction.downstream) {
    const DownstreamPrediction& error = *prediction.downstream;
    result["downstream"] = {{"law", error.law},
                            {"error_rate", error.error_rate},
                            {"interval", json_of(error.interval)}};
  }
  result["extrapolation"] = json_of(prediction.extrapolation);
  if (prediction.forecast) {
    result["forecast"] = json_of(*prediction.forecast);
    result["tested"] = json_of(prediction.tested);
  }
  return dump(envelope(
      "predict", std::move(inputs), std::move(result), prediction.findings));
}

std::string to_json(const Plan& plan) {
  Json inputs = scenario_json(plan.scenario);
  echo(plan.options, inputs);
  echo_law(plan.law.provenance.options, inputs);
  if (!plan.is_answered) {
    return dump(envelope("plan", std::move(inputs), nullptr, plan.findings));
  }
  Json alternatives = Json::array();
  for (const SizeAlternative& other : plan.alternatives) {
    alternatives.push_back({{"size_factor", other.size_factor},
                            {"params", other.params.value()},
                            {"tokens", other.tokens.value()},
                            {"loss_nats", other.loss.value()},
                            {"loss_regret_nats", other.loss_regret_nats},
                            {"compute_waste", other.compute_waste}});
  }
  Json result = {{"law", law_json(plan.law)},
                 {"params", plan.run.params.value()},
                 {"tokens", plan.run.tokens.value()},
                 {"tokens_per_param", plan.run.tokens_per_param()},
                 {"epochs", plan.epochs > 0 ? Json(plan.epochs) : Json()},
                 {"loss_nats", plan.run.loss.value()},
                 {"flops", plan.run.flops.value()},
                 {"intervals",
                  {{"level", plan.options.level},
                   {"params", json_of(plan.params)},
                   {"tokens", json_of(plan.tokens)},
                   {"tokens_per_param", json_of(plan.tokens_per_param)},
                   {"loss_nats", json_of(plan.loss_nats)},
                   {"widening", plan.widening}}},
                 {"verdict", json_of(plan.verdict)},
                 {"missed", plan.missed},
                 {"minimised", plan.minimised},
                 {"binding", plan.binding},
                 {"flat_params", json_of(plan.flat_params)},
                 {"alternatives", std::move(alternatives)},
                 {"extrapolation", json_of(plan.extrapolation)}};
  add_decision_json(plan, result);
  add_cost_json(plan.cost, result, result["intervals"]);
  result["versus"] = versus_json(plan.versus);
  return dump(
      envelope("plan", std::move(inputs), std::move(result), plan.findings));
}

namespace {

Json decider_json(const Decider& decider) {
  return {{"code", decider.code},
          {"quantity", decider.quantity},
          {"variance_share", decider.variance_share},
          {"threshold", json_of(decider.threshold)}};
}

Json repeats_json(const std::optional<Repeats>& repeats) {
  if (!repeats) return nullptr;
  return {{"epochs", repeats->epochs},
          {"tokens_worth", repeats->tokens_worth},
          {"last_value", repeats->last_value}};
}

Json recall_json(const std::optional<Recall>& recall) {
  if (!recall) return nullptr;
  return {{"capacity_bits", recall->capacity_bits},
          {"information_bits", recall->information_bits},
          {"tokens_held", recall->tokens_held},
          {"share_of_training", recall->share_of_training}};
}

}  // namespace

Json accepted_json(const std::vector<Accepted>& accepted) {
  Json array = Json::array();
  for (const Accepted& entry : accepted) {
    array.push_back({{"code", entry.code}, {"reason", entry.reason}});
  }
  return array;
}

namespace {

Json verdicts_json(const std::vector<LawVerdict>& verdicts) {
  Json laws = Json::array();
  for (const LawVerdict& verdict : verdicts) {
    laws.push_back({{"law", verdict.law},
                    {"params_optimal", verdict.params_optimal},
                    {"params_over_optimal", verdict.params_over_optimal},
                    {"compute_factor", verdict.compute_factor},
                    {"flagged", verdict.flagged}});
  }
  return laws;
}

}  // namespace

Json check_json(const Check& check) {
  Json inputs = {{"name", check.scenario.name}};
  inputs.update(scenario_json(check.scenario));
  echo(check.options, inputs);
  echo_law(check.law.provenance.options, inputs);
  Json decided = nullptr;
  if (check.decided_by) decided = decider_json(*check.decided_by);
  Json deciders = Json::array();
  for (const Decider& decider : check.deciders) {
    deciders.push_back(decider_json(decider));
  }
  Json sources = Json::object();
  for (const auto& [key, source] : check.scenario.sources) {
    sources[key] = source;
  }
  const Waste& waste = check.waste;
  Json result = {
      {"verdict", json_of(check.verdict)},
      {"params", check.run.params.value()},
      {"tokens", check.run.tokens.value()},
      {"flops", check.run.flops.value()},
      {"loss_nats", check.run.loss.value()},
      {"loss_interval", json_of(check.loss_nats)},
      {"loss_widening", check.loss_widening},
      {"ranges",
       {{"params", json_of(check.params)},
        {"tokens", json_of(check.tokens)},
        {"flops", json_of(check.flops)}}},
      {"optimum",
       {{"params", check.best.params.value()},
        {"tokens", check.best.tokens.value()},
        {"loss_nats", check.best.loss.value()}}},
      {"waste",
       {{"compute_factor", waste.compute_factor},
        {"loss_regret_nats", waste.loss_regret_nats},
        {"params_over_optimal", waste.params_over_optimal},
        {"compute_factor_interval", json_of(waste.compute_factor_interval)},
        {"probability", json_of(waste.probability)},
        {"probability_error", json_of(waste.probability_error)}}},
      {"samples",
       {{"drawn", check.samples.drawn},
        {"without_run", check.samples.without_run},
        {"without_optimum", check.samples.without_optimum}}},
      {"laws_of", is_mixture(check.scenario) ? "mixtures" : "dense models"},
      {"by_law", verdicts_json(check.by_law)},
      {"without_vote", verdicts_json(check.without_vote)},
      {"needs",
       {{"tokens", json_of(check.needs.tokens)},
        {"tokens_to_clear", json_of(check.needs.tokens_to_clear)},
        {"unique_tokens_threshold",
         json_of(check.needs.unique_tokens_threshold)},
        {"params_supported", json_of(check.needs.params_supported)}}},
      {"repeats", repeats_json(check.repeats)},
      {"recall", recall_json(check.recall)},
      {"synthetic", synthetic_json(check.synthetic)},
      {"decided_by", std::move(decided)},
      {"deciders", std::move(deciders)},
      {"about", check.scenario.about},
      {"sources", std::move(sources)},
      {"unknown", check.scenario.unknown},
      {"accepted", accepted_json(check.accepted)}};
  Json intervals = Json::object();
  add_cost_json(check.cost, result, intervals);
  result["intervals"] = std::move(intervals);
  Json json =
      envelope("check", std::move(inputs), std::move(result), check.findings);
  for (std::size_t i = 0; i < check.findings.size(); ++i) {
    const FindingPlace place = place_of(check, check.findings[i]);
    json["findings"][i]["at"] = place_json(place.key, place.at);
  }
  return json;
}

std::string to_json(const Check& check) { return dump(check_json(check)); }

std::string to_json(const Law& law) {
  return dump(envelope("law-page", Json::object(), law_page_json(law), {}));
}

std::string to_json(const std::vector<Law>& laws) {
  Json array = Json::array();
  for (const Law& law : laws) array.push_back(law_page_json(law));
  return dump(envelope("laws", Json::object(), std::move(array), {}));
}

std::string to_json(const RuleInfo& code) {
  return dump(envelope("code", Json::object(), code_json(code), {}));
}

std::string to_json(const std::vector<RuleInfo>& codes) {
  Json array = Json::array();
  for (const RuleInfo& code : codes) array.push_back(code_json(code));
  return dump(envelope("codes", Json::object(), std::move(array), {}));
}

std::string to_json(const std::vector<Scenario>& scenarios) {
  Json array = Json::array();
  for (const Scenario& scenario : scenarios) {
    Json entry = {{"name", scenario.name}, {"about", scenario.about}};
    echo(scenario, entry);
    array.push_back(std::move(entry));
  }
  return dump(envelope("scenarios", Json::object(), std::move(array), {}));
}

}  // namespace isoflop
