// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "isoflop/cost/failures.h"
#include "isoflop/cost/memory.h"
#include "isoflop/cost/serving.h"
#include "isoflop/cost/training.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// The middle of a quantity, or what holds in its absence.
template <class Q>
Q middle_or(const std::optional<Range<Q>>& range, Q absent) {
  return range ? range->middle() : absent;
}

/// The cluster of a scenario with what is absent filled in.
struct Cluster {
  Accelerator device;
  Precision precision = Precision::Bf16;
  FlopsPerSecond peak;
  Utilisation utilisation;
  std::optional<int> count;
  std::optional<Days> run_days;  ///< that it may take
  std::optional<UsdPerHour> price;
  Failures failures;
  double pue = Scenario::kPue;

  Share mfu() const { return utilisation.mfu.middle(); }
  /// Share of the paid time that is kept; 1 while the count is open.
  double kept(std::optional<int> devices) const;
  /// Fewest devices, in whole nodes, that end this work in time; nothing
  /// where failures eat what more devices add.
  std::optional<int> devices_for(DeviceHours work, Days days) const;
  /// Devices in whole nodes.
  int nodes_up(double devices) const;
  /// Those given, else those that the days ask for; nothing where none do.
  std::optional<int> devices_on(DeviceHours work) const;
};

/// @return nothing where the scenario names no accelerator.
/// @throws std::invalid_argument for keys that need one.
std::optional<Cluster> cluster_of(const Scenario& scenario,
                                  std::string_view owner);

/// The server of a scenario.
struct Server {
  Accelerator device;
  std::optional<UsdPerHour> price;
  ServingLoad load;
};

/// @return nothing where the scenario asks for no serving.
std::optional<Server> server_of(const Scenario& scenario,
                                std::string_view owner);

/// The cheapest way to decode a model of this size at the speed that the
/// scenario demands; nothing where there is none.
std::optional<Decode> decode_of(const Scenario& scenario,
                                const Server& server,
                                Params params);

/// The user's device of a scenario.
std::optional<Accelerator> user_device_of(const Scenario& scenario);

ServingLoad load_of(const Scenario& scenario);

/// "plan: problem".
[[noreturn]] void fail(std::string_view owner, const std::string& problem);

}  // namespace isoflop
