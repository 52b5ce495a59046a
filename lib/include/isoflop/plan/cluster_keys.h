// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "isoflop/base/field.h"
#include "isoflop/cost/training.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

/// What trains in a scenario, and what it may take.
struct ClusterKeys {
  std::optional<Range<Usd>> usd;
  std::optional<Range<Days>> days;
  std::optional<Range<Joules>> energy;
  std::optional<std::string> accelerator;
  std::optional<Range<int>> count;
  std::optional<Range<Share>> mfu;
  std::optional<Range<UsdPerHour>> usd_per_hour;
  std::optional<Precision> precision;
  std::optional<Range<double>> pue;
  std::optional<Range<DeviceHours>> device_hours_per_failure;
  std::optional<Range<Seconds>> checkpoint;
  std::optional<Range<Seconds>> restart;
  std::optional<Range<Share>> usable_memory;

  /// @source Touvron et al. 2023, arXiv:2302.13971, section 6.
  static constexpr double kPue = 1.1;

 protected:
  static constexpr auto cluster_fields() {
    return std::make_tuple(
        field("usd",
              &ClusterKeys::usd,
              "dollars for training; the tightest budget binds",
              kPositive,
              "budget.usd"),
        field("days",
              &ClusterKeys::days,
              "days for training",
              kPositive,
              "budget.days"),
        field("energy",
              &ClusterKeys::energy,
              "energy for training, as \"5 GWh\"",
              kPositive,
              "budget.energy"),
        field("accelerator",
              &ClusterKeys::accelerator,
              "device to train on, see `isoflop list accelerators`",
              kAnyNumber,
              "cluster.accelerator"),
        field("count",
              &ClusterKeys::count,
              "devices; when absent as many as the days ask for",
              between(1, 1e8),
              "cluster.count"),
        field("mfu",
              &ClusterKeys::mfu,
              "6 N D over what the devices could do at their peak; when absent "
              "what large runs on this device report",
              kPositiveShare,
              "cluster.mfu"),
        field("usd_per_hour",
              &ClusterKeys::usd_per_hour,
              "rent of a device; when absent its typical one",
              kPositive,
              "cluster.usd_per_hour"),
        field("precision",
              &ClusterKeys::precision,
              "of the peak: bf16, fp8 or fp4; when absent bf16",
              kAnyNumber,
              "cluster.precision"),
        field("pue",
              &ClusterKeys::pue,
              "energy of the site over that of the devices; when absent 1.1 "
              "(Touvron et al. 2023, arXiv:2302.13971)",
              at_least(1),
              "cluster.pue"),
        field("device_hours_per_failure",
              &ClusterKeys::device_hours_per_failure,
              "device-hours between interruptions; when absent 50,677, those "
              "of Llama 3 405B (arXiv:2407.21783)",
              kPositive,
              "cluster.device_hours_per_failure"),
        field("checkpoint",
              &ClusterKeys::checkpoint,
              "time that a checkpoint stops training; when absent 30 s",
              kPositive,
              "cluster.checkpoint"),
        field("restart",
              &ClusterKeys::restart,
              "time from an interruption to training again; when absent 5 min",
              kNonNegative,
              "cluster.restart"),
        field("usable_memory",
              &ClusterKeys::usable_memory,
              "share of a device's memory that a model may fill, in training "
              "and serving; when absent 0.9, as servers do (vLLM's "
              "gpu_memory_utilization): the rest is for buffers and kernels",
              kPositiveShare,
              "cluster.usable_memory"));
  }
};

}  // namespace isoflop
