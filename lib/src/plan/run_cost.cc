// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/run_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "isoflop/units/text.h"
#include "plan/cluster.h"
#include "plan/mixture.h"
#include "plan/training_compute.h"
#include "units/threshold_text.h"

namespace isoflop {
namespace {

/// Bounds hold to rounding.
constexpr double kSlack = 1.0 + 1e-9;

constexpr std::string_view kLeaveOpen = "leave size or data open, or ";

/// An amount that goes as 1 / MFU, over the range of the MFU.
template <class Q>
std::optional<Interval> over_mfu(const std::optional<Q>& amount,
                                 const Utilisation& utilisation) {
  const Range<Share>& mfu = utilisation.mfu;
  if (!amount || mfu.is_exact()) return std::nullopt;
  const double at_one = amount->value() * mfu.middle().value();
  return Interval{at_one / mfu.high.value(), at_one / mfu.low.value()};
}

/// Fewest devices, doubling from those that do not, on which training fits.
std::optional<int> devices_that_fit(const Transformer& shape,
                                    const Accelerator& device,
                                    int devices,
                                    const TrainingMemory& held) {
  constexpr int kMost = 1 << 24;
  for (int more = 2 * devices; more <= kMost; more *= 2) {
    if (smallest_sharding(shape, device, more, held)) return more;
  }
  return std::nullopt;
}

void add_memory(const Scenario& scenario,
                const Cluster& cluster,
                Params params,
                TrainingCost& cost,
                std::vector<Finding>& findings) {
  if (!cost.devices || !cluster.device.memory) return;
  const Transformer shape = shape_of(scenario, params);
  cost.device_memory = cluster.device.memory;
  TrainingMemory held;
  held.sequence = middle_or(scenario.context, Scenario::kContext);
  held.usable = middle_or(scenario.usable_memory, kUsableMemory);
  for (const bool recomputes : {false, true}) {
    held.recomputes = cost.recomputes = recomputes;
    cost.sharding =
        smallest_sharding(shape, cluster.device, *cost.devices, held);
    if (cost.sharding) break;
  }
  if (!cost.sharding) {
    cost.recomputes = false;
    const auto enough =
        devices_that_fit(shape, cluster.device, *cost.devices, held);
    Finding finding{"plan.does-not-fit",
                    Severity::Error,
                    format_quantity(params) + " params do not fit on " +
                        std::to_string(*cost.devices) + " " +
                        cluster.device.id + " in training",
                    enough ? "they fit on " + std::to_string(*enough) +
                                 "; raise cluster.count, or train a smaller "
                                 "model"
                           : "train a smaller model",
                    {{"devices", double(*cost.devices)},
                     {"state_bytes", 16.0 * params.value()}}};
    if (enough) finding.values.push_back({"devices_needed", double(*enough)});
    findings.push_back(std::move(finding));
    return;
  }
  cost.memory = memory_per_device(shape, *cost.sharding, held);
}

void add_reliability(const Cluster& cluster,
                     const GoodputBounds& goodput,
                     TrainingCost& cost,
                     std::vector<Finding>& findings) {
  if (!cost.devices) return;
  const Reliability found = reliability(cluster.failures, *cost.devices);
  cost.reliability = found;
  cost.interruptions = seconds_of(*cost.days) / found.between_failures;
  const double kept = found.goodput.value();
  if (kept >= goodput.note && kept >= goodput.warning) return;
  findings.push_back(
      {"plan.fragile-run",
       kept < goodput.warning ? Severity::Warning : Severity::Note,
       "an interruption every " +
           format_number(hours_of(found.between_failures), 3) + " h, " +
           format_number(cost.interruptions, 3) + " in all: " +
           format_number(100.0 * kept, 3) + " % of the time becomes training",
       "checkpoint every " +
           format_number(found.checkpoint_interval.value() / 60.0, 2) +
           " min, faster checkpoints, or spares that restart faster",
       {{"goodput", kept},
        {"interruptions", cost.interruptions},
        {"seconds_between_failures", found.between_failures.value()}}});
}

/// A bound on an amount that the run exceeds.
/// @return whether it does
template <class Q>
bool require_within(const std::optional<Range<Q>>& asked,
                    const std::optional<Q>& amount,
                    const char* code,
                    const char* what,
                    const char* key,
                    std::vector<Finding>& findings) {
  if (!asked || !amount) return false;
  const Q bound = asked->middle();
  if (*amount <= kSlack * bound) return false;
  findings.push_back(
      {code,
       Severity::Error,
       "the run takes " + format_quantity(*amount) + " " + what + ", " +
           format_number(100.0 * (*amount / bound - 1.0), 3) +
           " % more than the " + format_quantity(bound) + " of the budget",
       std::string(kLeaveOpen) + "raise " + key,
       {{"needed", amount->value()}, {"budget", bound.value()}}});
  return true;
}

/// Days or devices that a run which is late takes.
std::string remedy_of_late(const Scenario& scenario,
                           const Cluster& cluster,
                           DeviceHours work,
                           const TrainingCost& cost) {
  const bool is_given =
      (scenario.params || scenario.active_params) && scenario.tokens;
  std::string text(is_given ? kLeaveOpen : "");
  text += "give it " + format_at_least(*cost.days) + " days";
  if (const auto devices = cluster.devices_for(work, *cluster.run_days)) {
    text += ", or " + std::to_string(*devices) + " devices";
  }
  return text;
}

/// No number of devices ends the work in time: how near the best comes.
Finding never_on_time(const Cluster& cluster, DeviceHours work, Days wanted) {
  constexpr int kMost = 1 << 26;
  double least = std::numeric_limits<double>::infinity();
  int best = 0;
  for (int devices = 8; devices <= kMost; devices *= 2) {
    const double days =
        days_of(wall_time(work / cluster.kept(devices), devices)).value();
    if (days < least) {
      least = days;
      best = devices;
    }
  }
  return {"plan.not-on-time",
          Severity::Error,
          "no number of devices ends the run in " + format_quantity(wanted) +
              " days: failures eat what more of them add",
          "give it " + format_at_least(Days(least)) +
              " days, the least, on about " + std::to_string(best) +
              " devices, or make failures rarer",
          {{"days", wanted.value()}, {"least_days", least}}};
}

TrainingCost training_cost(const Scenario& scenario,
                           const Cluster& cluster,
                           Params params,
                           Flops flops,
                           const GoodputBounds& goodput,
                           std::vector<Finding>& findings) {
  TrainingCost cost;
  cost.accelerator = cluster.device.id;
  cost.precision = cluster.precision;
  cost.mfu = cluster.utilisation.mfu;
  cost.mfu_is_assumed = cluster.utilisation.is_assumed;
  cost.usd_per_hour = cluster.price;
  const DeviceHours work = device_hours(flops, cluster.peak, cluster.mfu());
  cost.devices = cluster.devices_on(work);
  if (!cost.devices && cluster.run_days) {
    findings.push_back(never_on_time(cluster, work, *cluster.run_days));
  }
  cost.device_hours = work / cluster.kept(cost.devices);
  if (cost.devices) {
    cost.days = days_of(wall_time(cost.device_hours, *cost.devices));
  }
  if (cluster.price) cost.usd = rent(cost.device_hours, *cluster.price);
  if (cluster.device.power) {
    cost.energy = energy(cost.device_hours, *cluster.device.power, cluster.pue);
  }
  const Utilisation& range = cluster.utilisation;
  cost.device_hours_interval =
      over_mfu(std::optional(cost.device_hours), range);
  cost.days_interval = over_mfu(cost.days, range);
  cost.usd_interval = over_mfu(cost.usd, range);
  cost.energy_interval = over_mfu(cost.energy, range);
  require_within(scenario.usd,
                 cost.usd,
                 "plan.over-budget",
                 "USD",
                 "budget.usd",
                 findings);
  require_within(scenario.energy,
                 cost.energy,
                 "plan.over-budget",
                 "of energy",
                 "budget.energy",
                 findings);
  if (require_within(scenario.days,
                     cost.days,
                     "plan.not-on-time",
                     "days",
                     "budget.days",
                     findings)) {
    findings.back().remedy = remedy_of_late(scenario, cluster, work, cost);
  }
  if (cost.mfu_is_assumed) {
    findings.push_back({"plan.assumed-mfu",
                        Severity::Note,
                        "no large run reports its MFU on " + cost.accelerator +
                            "; " + format_quantity(cost.mfu.low) + " to " +
                            format_quantity(cost.mfu.high) +
                            " is the span over all accelerators",
                        "give mfu from a run of yours",
                        {{"mfu_low", cost.mfu.low.value()},
                         {"mfu_high", cost.mfu.high.value()}}});
  }
  add_memory(scenario, cluster, params, cost, findings);
  add_reliability(cluster, goodput, cost, findings);
  return cost;
}

std::string speed_text(const Decode& speed) {
  return format_quantity(speed.per_user) + " tokens/s";
}

/// Most bits of a weight, fewer than are served, at which a demand is met.
template <class F>
std::optional<int> fewer_bits(ServingLoad load, F&& is_met) {
  // Fewer take another training than a rounding of what was trained: QuIP#,
  // arXiv:2402.04396, and BitNet, arXiv:2402.17764.
  constexpr int kFewest = 2;
  while (--load.weight_bits >= kFewest) {
    if (is_met(load)) return load.weight_bits;
  }
  return std::nullopt;
}

/// Tells of a size that is too slow at how many bits it is not.
void add_bits(std::optional<int> bits, Finding& finding) {
  if (!bits) return;
  finding.remedy = "this size at " + std::to_string(*bits) +
                   " bits a weight or fewer, or other hardware";
  finding.values.push_back({"precision_bits", double(*bits)});
}

/// One user alone on the largest group: nothing decodes faster.
std::optional<Decode> fastest_decode(const Server& server,
                                     const Transformer& shape) {
  int devices = 1;
  while (2 * devices <= server.device.scaleup_devices.value_or(1)) devices *= 2;
  if (!server.device.memory) return std::nullopt;
  const Decode alone = decode(server.device, shape, server.load, 1.0, devices);
  if (alone.memory > server.load.usable.value() * *server.device.memory) {
    return std::nullopt;
  }
  return alone;
}

Finding too_slow(const Server& server,
                 const Transformer& shape,
                 Params params,
                 TokensPerSecond least) {
  const auto fastest = fastest_decode(server, shape);
  const std::string on =
      format_quantity(params) + " params on " + server.device.id;
  Finding finding{"plan.too-slow",
                  Severity::Error,
                  on + " do not fit the devices that fast links join",
                  "a smaller model, fewer bits a weight, or another "
                  "accelerator",
                  {{"min_tokens_per_second", least.value()}}};
  if (fastest && fastest->per_user < least) {
    finding.message =
        on + " decode at " + speed_text(*fastest) + " at most for each user, " +
        format_number(100.0 * (1.0 - fastest->per_user / least), 3) +
        " % less than " + format_quantity(least);
    finding.values.push_back({"tokens_per_second", fastest->per_user.value()});
  }
  add_bits(fewer_bits(server.load,
                      [&](const ServingLoad& load) {
                        return cheapest_decode(
                                   server.device, shape, load, least)
                            .has_value();
                      }),
           finding);
  return finding;
}

ServingCost serving_cost(const Scenario& scenario,
                         const Server& server,
                         Params params,
                         std::vector<Finding>& findings) {
  ServingCost cost;
  cost.accelerator = server.device.id;
  const Transformer shape = shape_of(scenario, params);
  const TokensPerSecond least =
      middle_or(scenario.min_tokens_per_second, TokensPerSecond(0.0));
  cost.decode = decode_of(scenario, server, params);
  if (!cost.decode) {
    findings.push_back(too_slow(server, shape, params, least));
    return cost;
  }
  if (!server.price) return cost;
  cost.usd_per_million_tokens = price_of(*cost.decode, *server.price);
  if (scenario.serving_tokens) {
    constexpr double kMillion = 1e6;
    cost.usd = Usd(cost.usd_per_million_tokens->value() *
                   scenario.serving_tokens->middle().value() / kMillion);
  }
  if (!scenario.max_usd_per_million_tokens) return cost;
  const UsdPerMillionTokens most =
      scenario.max_usd_per_million_tokens->middle();
  if (*cost.usd_per_million_tokens > kSlack * most) {
    findings.push_back(
        {"plan.too-expensive",
         Severity::Error,
         "a million tokens cost at least " +
             format_quantity(*cost.usd_per_million_tokens) + " USD to serve, " +
             format_number(100.0 * (*cost.usd_per_million_tokens / most - 1.0),
                           3) +
             " % more than " + format_quantity(most),
         "a smaller model, fewer bits a weight, or slower answers",
         {{"usd_per_million_tokens", cost.usd_per_million_tokens->value()},
          {"most", most.value()}}});
  }
  return cost;
}

DeviceCost device_cost(const Scenario& scenario,
                       const Accelerator& device,
                       Params params,
                       std::vector<Finding>& findings) {
  DeviceCost cost;
  cost.accelerator = device.id;
  const Transformer shape = shape_of(scenario, params);
  const TokensPerSecond least =
      middle_or(scenario.min_tokens_per_second, TokensPerSecond(0.0));
  const auto is_met = [&](const ServingLoad& load) {
    const auto alone = decode_alone(device, shape, load);
    return alone && alone->per_user >= least;
  };
  const ServingLoad load = load_of(scenario);
  cost.decode = decode_alone(device, shape, load);
  if (is_met(load)) return cost;
  findings.push_back(
      {"plan.too-slow",
       Severity::Error,
       format_quantity(params) + " params " +
           (cost.decode ? "decode at " + speed_text(*cost.decode) + " on "
                        : "do not fit the memory of ") +
           device.id +
           (cost.decode ? ", and " + format_quantity(least) + " are wanted"
                        : ""),
       "a smaller model, or fewer bits a weight",
       {{"min_tokens_per_second", least.value()}}});
  add_bits(fewer_bits(load, is_met), findings.back());
  return cost;
}

}  // namespace

RunCost run_cost(const Scenario& scenario,
                 Params params,
                 Tokens tokens,
                 std::string_view owner,
                 Flops beside,
                 const GoodputBounds& goodput) {
  const TrainingCompute compute(scenario);
  const Flops flops = compute.flops(params, tokens) + beside;
  RunCost result;
  result.flops_over_6nd = compute.factor(params);
  if (scenario.target_loss) {
    require_within(scenario.flops,
                   std::optional(flops),
                   "plan.over-budget",
                   "FLOP",
                   "budget.flops",
                   result.findings);
  }
  if (const auto cluster = cluster_of(scenario, owner)) {
    result.training = training_cost(
        scenario, *cluster, params, flops, goodput, result.findings);
  }
  if (const auto server = server_of(scenario, owner)) {
    if (scenario.max_usd_per_million_tokens && !server->price) {
      fail(owner,
           "no rent of " + server->device.id +
               " is known; give serving_usd_per_hour");
    }
    result.serving = serving_cost(scenario, *server, params, result.findings);
  }
  if (const auto device = user_device_of(scenario)) {
    result.device = device_cost(scenario, *device, params, result.findings);
  }
  if (result.training && result.training->usd && result.serving &&
      result.serving->usd) {
    result.lifetime_usd = *result.training->usd + *result.serving->usd;
  }
  return result;
}

std::vector<AcceleratorAlternative> compare_accelerators(
    const Scenario& scenario,
    Flops flops,
    const std::vector<std::string>& accelerators,
    std::string_view owner) {
  std::vector<AcceleratorAlternative> result;
  const auto own = cluster_of(scenario, owner);
  if (!own && !accelerators.empty()) {
    fail(owner, "versus needs an accelerator to compare with");
  }
  for (const std::string& name : accelerators) {
    Scenario other;
    const std::size_t colon = name.find(':');
    other.accelerator = name.substr(0, colon);
    other.precision = scenario.precision;
    if (colon != std::string::npos) {
      other.precision = from_string<Precision>(name.substr(colon + 1));
    }
    const Cluster cluster = *cluster_of(other, owner);
    AcceleratorAlternative& entry = result.emplace_back();
    entry.precision = cluster.precision;
    entry.accelerator = cluster.device.id;
    entry.mfu = cluster.utilisation.mfu;
    entry.mfu_is_assumed = cluster.utilisation.is_assumed;
    entry.device_hours = device_hours(flops, cluster.peak, cluster.mfu());
    entry.usd_per_hour = cluster.price;
    if (cluster.price) entry.usd = rent(entry.device_hours, *cluster.price);
    if (own->price) {
      entry.break_even_usd_per_hour = break_even_rent(
          *own->price, own->peak, own->mfu(), cluster.peak, cluster.mfu());
    }
  }
  return result;
}

}  // namespace isoflop
