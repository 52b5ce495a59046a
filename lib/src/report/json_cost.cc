// SPDX-License-Identifier: Apache-2.0
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
         {"mfu", mfu_json(other.mfu)},
         {"mfu_is_assumed", other.mfu_is_assumed},
         {"device_hours", other.device_hours.value()},
         {"usd_per_hour", json_of(other.usd_per_hour)},
         {"usd", json_of(other.usd)},
         {"break_even_usd_per_hour", json_of(other.break_even_usd_per_hour)}});
  }
  return array;
}

}  // namespace isoflop
