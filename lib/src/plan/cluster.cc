// SPDX-License-Identifier: Apache-2.0
#include "plan/cluster.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "isoflop/base/enum_words.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

/// The name of an option that is given though it has no effect.
const char* idle_cluster_option(const Scenario& scenario) {
  if (scenario.usd) return "usd";
  if (scenario.days) return "days";
  if (scenario.energy) return "energy";
  if (scenario.count) return "count";
  if (scenario.mfu) return "mfu";
  if (scenario.usd_per_hour) return "usd_per_hour";
  if (scenario.precision) return "precision";
  if (scenario.pue) return "pue";
  if (scenario.device_hours_per_failure) return "device_hours_per_failure";
  if (scenario.checkpoint) return "checkpoint";
  if (scenario.restart) return "restart";
  return nullptr;
}

const char* idle_serving_option(const Scenario& scenario) {
  if (scenario.serving_usd_per_hour) return "serving_usd_per_hour";
  if (scenario.max_usd_per_million_tokens) return "max_usd_per_million_tokens";
  if (scenario.min_tokens_per_second && !scenario.device) {
    return "min_tokens_per_second";
  }
  return nullptr;
}

bool is_failure_option_idle(const Scenario& scenario) {
  return !scenario.count && !scenario.days &&
         (scenario.device_hours_per_failure || scenario.checkpoint ||
          scenario.restart);
}

Accelerator accelerator_of(const std::string& name, std::string_view owner) {
  try {
    return find_accelerator(name);
  } catch (const std::invalid_argument& error) {
    fail(owner, error.what());
  }
}

}  // namespace

void fail(std::string_view owner, const std::string& problem) {
  throw std::invalid_argument(std::string(owner) + ": " + problem);
}

double Cluster::kept(std::optional<int> devices) const {
  if (!devices) return 1.0;
  return reliability(failures, *devices).goodput.value();
}

int Cluster::nodes_up(double devices) const {
  constexpr double kNode = 8.0;
  constexpr double kMost = 1e9;
  const double node =
      std::min(kNode, double(device.scaleup_devices.value_or(1)));
  return static_cast<int>(std::clamp(
      std::ceil(devices / node * (1.0 - 1e-12)) * node, node, kMost));
}

std::optional<int> Cluster::devices_for(DeviceHours work, Days days) const {
  constexpr double kMostDevices = 1e8;
  const double busy = work / device_hours_of(days, 1.0);
  double devices = busy;
  // More devices fail more often: what they need grows until it is met.
  while (devices <= kMostDevices) {
    const int whole = nodes_up(devices);
    const double needed = busy / kept(whole);
    if (!std::isfinite(needed)) return std::nullopt;
    if (needed <= whole * (1.0 + 1e-12)) return whole;
    devices = std::max(needed, whole + 1.0);
  }
  return std::nullopt;
}

std::optional<int> Cluster::devices_on(DeviceHours work) const {
  if (count) return count;
  return run_days ? devices_for(work, *run_days) : std::nullopt;
}

std::optional<Cluster> cluster_of(const Scenario& scenario,
                                  std::string_view owner) {
  if (!scenario.accelerator) {
    if (const char* idle = idle_cluster_option(scenario)) {
      fail(owner,
           std::string(idle) +
               " needs an accelerator to train on (cluster.accelerator; "
               "`isoflop list accelerators` shows them)");
    }
    return std::nullopt;
  }
  if (is_failure_option_idle(scenario)) {
    fail(owner,
         "device_hours_per_failure, checkpoint and restart need count or days");
  }
  Cluster cluster;
  cluster.device = accelerator_of(*scenario.accelerator, owner);
  cluster.precision = scenario.precision.value_or(Precision::Bf16);
  try {
    cluster.peak = peak_flops(cluster.device, cluster.precision);
  } catch (const std::invalid_argument& error) {
    fail(owner, error.what());
  }
  if (scenario.mfu) {
    cluster.utilisation = {*scenario.mfu, false};
  } else {
    cluster.utilisation =
        published_utilisation(cluster.device, cluster.precision);
  }
  if (scenario.count) cluster.count = scenario.count->middle();
  if (scenario.days) cluster.run_days = scenario.days->middle();
  cluster.price = cluster.device.rent_typical;
  if (scenario.usd_per_hour) cluster.price = scenario.usd_per_hour->middle();
  // A budget that nothing can be held against would pass for kept.
  if (scenario.usd && !cluster.price) {
    fail(owner,
         "no rent of " + cluster.device.id + " is known; give usd_per_hour");
  }
  if (scenario.energy && !cluster.device.power) {
    fail(owner, "no power of " + cluster.device.id + " is known");
  }
  if (scenario.pue) cluster.pue = scenario.pue->middle();
  if (scenario.device_hours_per_failure) {
    cluster.failures.per_failure = scenario.device_hours_per_failure->middle();
  }
  if (scenario.checkpoint) {
    cluster.failures.checkpoint = scenario.checkpoint->middle();
  }
  if (scenario.restart) cluster.failures.restart = scenario.restart->middle();
  return cluster;
}

ServingLoad load_of(const Scenario& scenario) {
  ServingLoad load;
  load.context = middle_or(scenario.context, Scenario::kContext);
  load.weight_bits = middle_or(scenario.precision_bits, Scenario::kServedBits);
  load.usable = middle_or(scenario.usable_memory, kUsableMemory);
  return load;
}

std::optional<Server> server_of(const Scenario& scenario,
                                std::string_view owner) {
  const char* idle = idle_serving_option(scenario);
  const bool has_device = scenario.serving_accelerator || scenario.accelerator;
  // What is served weighs on a life's FLOP without a device too.
  if (!idle && scenario.serving_tokens &&
      (has_device || scenario.minimise != Goal::LifetimeCost)) {
    idle = "serving_tokens";
  }
  if (!has_device && idle) {
    fail(owner,
         std::string(idle) +
             " needs an accelerator to serve on (serving.accelerator)");
  }
  if (scenario.precision_bits && !scenario.serving_accelerator && !idle &&
      !scenario.device) {
    fail(owner, "precision_bits needs serving_accelerator or device");
  }
  if (scenario.usable_memory && !has_device && !scenario.device) {
    fail(owner,
         "usable_memory needs accelerator, serving_accelerator or device");
  }
  if (scenario.context && !scenario.serving_accelerator &&
      !scenario.accelerator && !scenario.device && !scenario.flops_rule) {
    fail(owner,
         "context needs accelerator, serving_accelerator, device or "
         "flops_rule");
  }
  if (!scenario.serving_accelerator && !idle) return std::nullopt;
  Server server;
  const bool is_own = !scenario.serving_accelerator;
  server.device = accelerator_of(
      is_own ? *scenario.accelerator : *scenario.serving_accelerator, owner);
  server.load = load_of(scenario);
  server.price = server.device.rent_typical;
  if (is_own && scenario.usd_per_hour) {
    server.price = scenario.usd_per_hour->middle();
  }
  if (scenario.serving_usd_per_hour) {
    server.price = scenario.serving_usd_per_hour->middle();
  }
  return server;
}

std::optional<Decode> decode_of(const Scenario& scenario,
                                const Server& server,
                                Params params) {
  return cheapest_decode(
      server.device,
      shape_of(scenario, params),
      server.load,
      middle_or(scenario.min_tokens_per_second, TokensPerSecond(0.0)));
}

std::optional<Accelerator> user_device_of(const Scenario& scenario) {
  if (!scenario.device) return std::nullopt;
  // A kind stands for its weakest member: what runs there runs on all.
  std::optional<Accelerator> weakest;
  for (const Accelerator& device : published_accelerators()) {
    if (to_string(device.kind) != *scenario.device ||
        device.kind == AcceleratorKind::Datacenter ||
        device.kind == AcceleratorKind::Rack || !device.memory_bandwidth) {
      continue;
    }
    if (!weakest || *device.memory_bandwidth < *weakest->memory_bandwidth) {
      weakest = device;
    }
  }
  return weakest ? *weakest : find_accelerator(*scenario.device);
}

}  // namespace isoflop
