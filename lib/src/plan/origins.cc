// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/origins.h"

#include <algorithm>
#include <optional>

#include "plan/cluster.h"

namespace isoflop {
namespace {

template <class T>
std::string text_of(const T& value) {
  return detail::OptionValue<T>::write(value);
}

/// What stands in for absent keys of a cluster.
void add_cluster(const Scenario& scenario, std::vector<InputOrigin>& absent) {
  const auto cluster = cluster_of(scenario, "plan");
  if (!cluster) return;
  const auto add = [&](const char* key, std::string value, std::string why) {
    absent.push_back({key, std::move(value), "default", std::move(why)});
  };
  add("cluster.mfu",
      text_of(cluster->utilisation.mfu),
      cluster->utilisation.is_assumed ? "span of large runs on all accelerators"
                                      : "large runs on " + cluster->device.id);
  if (cluster->price) {
    add("cluster.usd_per_hour",
        text_of(*cluster->price),
        "typical rent of " + cluster->device.id);
  }
  add("cluster.precision", text_of(cluster->precision), "");
  add("cluster.pue",
      text_of(cluster->pue),
      "Touvron et al. 2023, arXiv:2302.13971, section 6");
  if (!scenario.count && !scenario.days) return;
  add("cluster.device_hours_per_failure",
      text_of(cluster->failures.per_failure),
      "Llama 3 405B, arXiv:2407.21783, section 3.3.4");
  add("cluster.checkpoint", text_of(cluster->failures.checkpoint), "");
  add("cluster.restart", text_of(cluster->failures.restart), "");
}

std::vector<InputOrigin> stand_ins(const Scenario& scenario) {
  std::vector<InputOrigin> absent;
  const auto add = [&](const char* key, std::string value, const char* why) {
    absent.push_back({key, std::move(value), "default", why});
  };
  add("law", std::string(kDefaultLaw), "");
  if (scenario.unique_tokens) {
    add("data.max_epochs",
        text_of(Scenario::kUsefulEpochs),
        "Muennighoff et al. 2023, arXiv:2305.16264; no bound under a law that "
        "weighs repeats");
  }
  add("model.flops_rule",
      text_of(FlopsRule()),
      "Kaplan et al. 2020, arXiv:2001.08361, section 2.1");
  const bool for_loss = scenario.target_loss || scenario.target_error;
  add("goal.minimise", text_of(for_loss ? Goal::TrainingCost : Goal::Loss), "");
  add("goal.risk",
      text_of(Risk()),
      "docs/decisions/0009-plans-by-the-point.md");
  add_cluster(scenario, absent);
  if (const auto server = server_of(scenario, "plan")) {
    if (!scenario.serving_accelerator) {
      add("serving.accelerator", server->device.id, "the one trained on");
    }
    if (server->price) {
      absent.push_back({"serving.usd_per_hour",
                        text_of(*server->price),
                        "default",
                        "rent of " + server->device.id});
    }
  }
  if (scenario.serving_accelerator || scenario.device) {
    add("model.precision_bits", text_of(Scenario::kServedBits), "");
  }
  if (scenario.accelerator || scenario.serving_accelerator || scenario.device ||
      scenario.flops_rule) {
    add("model.context", text_of(Scenario::kContext), "");
  }
  if (scenario.accelerator || scenario.serving_accelerator || scenario.device) {
    add("cluster.usable_memory",
        text_of(kUsableMemory),
        "vLLM, gpu_memory_utilization");
  }
  return absent;
}

std::string place_of(const Scenario& scenario, std::string_view key) {
  for (const KeyOrigin& origin : scenario.origins) {
    if (origin.key != key) continue;
    const Location& at = origin.at;
    return at.line > 0 ? at.path + ":" + std::to_string(at.line) : at.path;
  }
  return "option";
}

}  // namespace

std::vector<InputOrigin> input_origins(const Scenario& scenario) {
  const std::vector<InputOrigin> absent = stand_ins(scenario);
  const Scenario defaults;
  std::vector<InputOrigin> origins;
  for_each_field(scenario, [&](const auto& field, const auto& value) {
    const std::string text = text_of(value);
    const bool is_placed =
        std::any_of(scenario.origins.begin(),
                    scenario.origins.end(),
                    [&](const auto& entry) { return entry.key == field.key; });
    if (is_placed || text != text_of(defaults.*(field.member))) {
      InputOrigin origin{
          std::string(field.key), text, place_of(scenario, field.key), ""};
      for (const auto& [key, source] : scenario.sources) {
        if (key == field.key) origin.source = source;
      }
      origins.push_back(std::move(origin));
      return;
    }
    for (const InputOrigin& stand_in : absent) {
      if (stand_in.key == field.key) origins.push_back(stand_in);
    }
  });
  return origins;
}

void mark_options(Scenario& scenario, const Scenario& before) {
  for_each_field(scenario, [&](const auto& field, const auto& value) {
    if (text_of(value) == text_of(before.*(field.member))) return;
    std::erase_if(scenario.origins,
                  [&](const auto& entry) { return entry.key == field.key; });
  });
}

}  // namespace isoflop
