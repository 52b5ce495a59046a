// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "isoflop/base/finding.h"
#include "isoflop/base/interval.h"
#include "isoflop/cost/failures.h"
#include "isoflop/cost/memory.h"
#include "isoflop/cost/serving.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// What training a run takes on the cluster of a scenario: at the middle of
/// the range of the MFU, with intervals over that range where it is one.
/// Device-hours and all after them hold the time that failures lose, once the
/// number of devices is known.
struct TrainingCost {
  std::string accelerator;                ///< its name in the table
  Precision precision = Precision::Bf16;  ///< of the products
  Range<Share> mfu;
  bool mfu_is_assumed = false;  ///< none is reported for this device
  std::optional<int> devices;   ///< of the cluster, where known
  DeviceHours device_hours;
  std::optional<Days> days;
  std::optional<Usd> usd;
  std::optional<Joules> energy;
  std::optional<Interval> device_hours_interval;  ///< device-hours
  std::optional<Interval> days_interval;          ///< days
  std::optional<Interval> usd_interval;           ///< dollars
  std::optional<Interval> energy_interval;        ///< J
  std::optional<UsdPerHour> usd_per_hour;
  std::optional<Reliability> reliability;
  double interruptions = 0.0;        ///< expected, with `reliability`
  std::optional<Sharding> sharding;  ///< the smallest that fits
  std::optional<MemoryUse> memory;   ///< of each device under it
  bool recomputes = false;           ///< activations: without, nothing fits
  std::optional<Bytes> device_memory;
};

/// Shares of the time that are to become training: with less a run is noted,
/// and warned about.
struct GoodputBounds {
  double note = 0.9;
  double warning = 0.7;
};

/// Serving the model on rented devices: at the bound of memory traffic and
/// arithmetic, so speeds are at most these and prices at least.
struct ServingCost {
  std::string accelerator;       ///< its name in the table
  std::optional<Decode> decode;  ///< absent: nothing meets the demands
  std::optional<UsdPerMillionTokens> usd_per_million_tokens;
  std::optional<Usd> usd;  ///< of all tokens to be served
};

/// The model alone on a user's device.
struct DeviceCost {
  std::string accelerator;       ///< its name in the table
  std::optional<Decode> decode;  ///< absent: it does not fit
};

/// What a scenario makes of a run beside its loss; parts that the scenario
/// does not ask for are absent.
struct RunCost {
  double flops_over_6nd = 1.0;  ///< of training, by the flops_rule
  std::optional<TrainingCost> training;
  std::optional<ServingCost> serving;
  std::optional<DeviceCost> device;
  std::optional<Usd> lifetime_usd;  ///< training and serving
  std::vector<Finding> findings;    ///< bounds that are missed, and doubt
};

/// The bill of a run. A model of another shape than `typical_transformer`
/// differs in memory and cache, not in training time.
/// @param owner   name for messages: the verb.
/// @param beside  FLOP beside those of training: synthetic data
/// @param goodput  below which failures make it a fragile run
/// @throws std::invalid_argument for a key that has no effect because another
///     is missing, an unknown accelerator, or a number that nobody knows.
RunCost run_cost(const Scenario& scenario,
                 Params params,
                 Tokens tokens,
                 std::string_view owner,
                 Flops beside = Flops(0.0),
                 const GoodputBounds& goodput = {});

/// Training compute that a budget pays for.
struct ComputeBudget {
  Flops flops;
  std::string key;  ///< of the budget: "budget.usd"
};

/// The tightest of the budgets, dollars, days and energy on the cluster at
/// the middle of its MFU; nothing without one, or where only compute is
/// given and is a range.
/// @throws std::invalid_argument as `run_cost`.
std::optional<ComputeBudget> compute_budget(const Scenario& scenario,
                                            std::string_view owner);

/// The scenario with `flops` that its budgets pay for, where size and data are
/// not both given.
Scenario with_compute_budget(Scenario scenario, std::string_view owner);

/// Most parameters that `max_params` and the demands on serving allow; none
/// where no model meets them.
struct SizeBudget {
  Params params;
  std::string key;
};

/// @return nothing where the scenario demands nothing.
/// @throws std::invalid_argument as `run_cost`.
std::optional<SizeBudget> size_budget(const Scenario& scenario,
                                      std::string_view owner);

/// Another accelerator for the same training.
struct AcceleratorAlternative {
  std::string accelerator;                ///< its name in the table
  Precision precision = Precision::Bf16;  ///< of the products
  Range<Share> mfu;
  bool mfu_is_assumed = false;  ///< none is reported for it
  DeviceHours device_hours;
  std::optional<UsdPerHour> usd_per_hour;  ///< typical rent
  std::optional<Usd> usd;
  /// Rent below which it is cheaper than the cluster of the scenario.
  std::optional<UsdPerHour> break_even_usd_per_hour;
};

/// Without failures, for each of the accelerators: an id, or id:precision for
/// another precision than that of the scenario.
std::vector<AcceleratorAlternative> compare_accelerators(
    const Scenario& scenario,
    Flops flops,
    const std::vector<std::string>& accelerators,
    std::string_view owner);

}  // namespace isoflop
