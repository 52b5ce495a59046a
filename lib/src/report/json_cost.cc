// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "isoflop/plan/origins.h"
#include "report/cost_parts.h"

namespace isoflop {
namespace {

Json mfu_json(const Range<Share>& mfu) {
  return Json::array({mfu.low.value(), mfu.high.value()});
}

Json decode_json(const std::optional<Decode>& speed) {
  if (!speed) return nullptr;
  return {{"devices", speed->devices},
          {"users", speed->users},
          {"tokens_per_second_per_user", speed->per_user.value()},
          {"tokens_per_second_per_device", speed->per_device.value()},
          {"memory_bytes_per_device", speed->memory.value()},
          {"bound", speed->computes ? "arithmetic" : "memory"}};
}

Json memory_json(const TrainingCost& cost) {
  if (!cost.sharding || !cost.memory) return nullptr;
  const Sharding& cut = *cost.sharding;
  const MemoryUse& use = *cost.memory;
  return {{"data", cut.data},
          {"tensor", cut.tensor},
          {"pipeline", cut.pipeline},
          {"expert", cut.expert},
          {"zero", cut.zero},
          {"recomputes", cost.recomputes},
          {"weight_bytes", use.weights.value()},
          {"gradient_bytes", use.gradients.value()},
          {"optimizer_bytes", use.optimizer.value()},
          {"activation_bytes", use.activations.value()},
          {"device_bytes", json_of(cost.device_memory)}};
}

Json training_json(const TrainingCost& cost) {
  Json reliability = nullptr;
  if (cost.reliability) {
    reliability = {{"goodput", cost.reliability->goodput.value()},
                   {"interruptions", cost.interruptions},
                   {"seconds_between_failures",
                    cost.reliability->between_failures.value()},
                   {"checkpoint_interval_seconds",
                    cost.reliability->checkpoint_interval.value()}};
  }
  return {{"accelerator", cost.accelerator},
          {"precision", json_of(cost.precision)},
          {"devices", json_of(cost.devices)},
          {"mfu", mfu_json(cost.mfu)},
          {"mfu_is_assumed", cost.mfu_is_assumed},
          {"usd_per_hour", json_of(cost.usd_per_hour)},
          {"reliability", std::move(reliability)},
          {"sharding", memory_json(cost)}};
}

}  // namespace

void add_cost_json(const RunCost& cost, Json& result, Json& intervals) {
  const std::optional<TrainingCost>& training = cost.training;
  const auto add = [&](const char* name, const Json& value, const Json& span) {
    result[name] = value;
    intervals[name] = span;
  };
  const TrainingCost none;
  const TrainingCost& known = training ? *training : none;
  add("device_hours",
      training ? Json(known.device_hours.value()) : Json(nullptr),
      json_of(known.device_hours_interval));
  add("days", json_of(known.days), json_of(known.days_interval));
  add("usd", json_of(known.usd), json_of(known.usd_interval));
  add("energy_joules", json_of(known.energy), json_of(known.energy_interval));
  result["flops_over_6nd"] = cost.flops_over_6nd;
  result["training"] = training ? training_json(*training) : Json(nullptr);
  result["serving"] = nullptr;
  if (cost.serving) {
    result["serving"] = {{"accelerator", cost.serving->accelerator},
                         {"decode", decode_json(cost.serving->decode)},
                         {"usd_per_million_tokens",
                          json_of(cost.serving->usd_per_million_tokens)},
                         {"usd", json_of(cost.serving->usd)}};
  }
  result["device"] = nullptr;
  if (cost.device) {
    result["device"] = {{"accelerator", cost.device->accelerator},
                        {"decode", decode_json(cost.device->decode)}};
  }
  result["lifetime_usd"] = json_of(cost.lifetime_usd);
}

Json versus_json(const std::vector<AcceleratorAlternative>& versus) {
  Json array = Json::array();
  for (const AcceleratorAlternative& other : versus) {
    array.push_back(
        {{"accelerator", other.accelerator},
         {"precision", json_of(other.precision)},
         {"mfu", mfu_json(other.mfu)},
         {"mfu_is_assumed", other.mfu_is_assumed},
         {"device_hours", other.device_hours.value()},
         {"usd_per_hour", json_of(other.usd_per_hour)},
         {"usd", json_of(other.usd)},
         {"break_even_usd_per_hour", json_of(other.break_even_usd_per_hour)}});
  }
  return array;
}

namespace {

Json run_json(const Optimum& run) {
  return {{"params", run.params.value()},
          {"tokens", run.tokens.value()},
          {"flops", run.flops.value()},
          {"loss_nats", run.loss.value()}};
}

/// An elasticity; null where a quantity vanishes.
Json slope_json(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json sensitivity_json(const Sensitivity& entry) {
  Json json = {{"key", entry.key},
               {"value", entry.value},
               {"factor", entry.factor},
               {"problem", nullptr}};
  if (!entry.problem.empty()) {
    json["problem"] = entry.problem;
    json["loss_nats"] = nullptr;
    json["elasticity"] = nullptr;
    return json;
  }
  json["loss_nats"] = entry.loss_nats;
  json["elasticity"] = {
      {"params", slope_json(entry.params_elasticity)},
      {"tokens", slope_json(entry.tokens_elasticity)},
      {"loss_nats", slope_json(entry.loss_elasticity)},
      {"flops", slope_json(entry.flops_elasticity)},
      {"usd",
       entry.usd_elasticity ? slope_json(*entry.usd_elasticity) : Json()}};
  return json;
}

Json frontier_json(const std::vector<FrontierPoint>& points,
                   const char* factor_name) {
  Json array = Json::array();
  for (const FrontierPoint& point : points) {
    Json json = {{factor_name, point.factor}};
    json.update(run_json(point.run));
    json["device_hours"] = json_of(point.device_hours);
    json["days"] = json_of(point.days);
    json["usd"] = json_of(point.usd);
    json["tokens_per_second_per_user"] = json_of(point.tokens_per_second);
    json["usd_per_million_tokens"] = json_of(point.usd_per_million_tokens);
    json["lifetime_usd"] = json_of(point.lifetime_usd);
    array.push_back(std::move(json));
  }
  return array;
}

}  // namespace

Json synthetic_json(const std::optional<SyntheticSupply>& supply) {
  if (!supply) return nullptr;
  return {{"tokens", supply->tokens.value()},
          {"flops", supply->flops.value()},
          {"flops_per_token", supply->flops_per_token.value()},
          {"usd_per_million_tokens", json_of(supply->usd_per_million_tokens)},
          {"loss_without", json_of(supply->loss_without)},
          {"flops_without", json_of(supply->flops_without)}};
}

void add_decision_json(const Plan& plan, Json& result) {
  result["sensitivity"] = Json::array();
  for (const Sensitivity& entry : plan.sensitivity) {
    result["sensitivity"].push_back(sensitivity_json(entry));
  }
  result["frontier"] = {
      {"training", frontier_json(plan.frontier, "flops_factor")},
      {"serving", frontier_json(plan.serving_frontier, "size_factor")}};
  result["risk"] = nullptr;
  if (plan.risk) {
    result["risk"] = {{"measure", to_string(plan.risk->risk)},
                      {"by_point", run_json(plan.risk->by_point)},
                      {"by_measure", run_json(plan.risk->by_risk)},
                      {"regret_nats", plan.risk->regret_nats}};
  }
  result["loss_chance"] = json_of(plan.loss_chance);
  result["params_total"] = json_of(plan.total_params);
  result["choices"] = choices_json(plan.choices);
  result["cost_over_draws"] = cost_over_draws_json(plan.cost_over_draws);
  result["synthetic"] = synthetic_json(plan.synthetic);
  result["downstream"] = nullptr;
  if (plan.downstream) {
    result["downstream"] = {{"law", plan.downstream->law},
                            {"error_rate", plan.downstream->error_rate}};
    result["intervals"]["error_rate"] = json_of(plan.downstream->interval);
  }
}

Json scenario_json(const Scenario& scenario) {
  Json inputs = Json::object();
  echo(scenario, inputs);
  Json origins = Json::object();
  for (const InputOrigin& origin : input_origins(scenario)) {
    Json entry = {{"value", origin.value}, {"from", origin.from}};
    if (!origin.source.empty()) entry["source"] = origin.source;
    origins[origin.key] = std::move(entry);
  }
  inputs["origins"] = std::move(origins);
  return inputs;
}

}  // namespace isoflop
