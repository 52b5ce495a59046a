// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// What 10 % more of one number of a scenario changes in its plan, of a loss
/// or an error that is wanted 1 % more, by the law's point. Elasticities are
/// ln(after / before) over ln(factor): per cent for each per cent, over the
/// step as a whole.
struct Sensitivity {
  std::string key;      ///< of a scenario file
  double value = 0.0;   ///< before, in its base unit; the middle of a range
  double factor = 1.1;  ///< that it was multiplied with
  /// Change of the loss: the shadow price of a bound. Where a loss is the
  /// goal that is 0, and the price is the elasticity of the compute.
  double loss_nats = 0.0;
  double params_elasticity = 0.0;        ///< of the size
  double tokens_elasticity = 0.0;        ///< of the data
  double loss_elasticity = 0.0;          ///< of the loss
  double flops_elasticity = 0.0;         ///< of the compute
  std::optional<double> usd_elasticity;  ///< of the training cost
  std::string problem;  ///< why no plan has more of it; else ""
};

/// For every number that the scenario gives, and the MFU and rents that it
/// takes as they are known.
/// @return nothing where the point has no plan.
/// @throws std::invalid_argument as `plan_point`.
std::vector<Sensitivity> sensitivities(const Law& law,
                                       const Scenario& scenario);

/// A run on the efficient frontier, and what it takes.
struct FrontierPoint {
  double factor = 1.0;  ///< of the plan's compute; or size, where it is served
  Optimum run;
  std::optional<DeviceHours> device_hours;
  std::optional<Days> days;
  std::optional<Usd> usd;
  std::optional<TokensPerSecond> tokens_per_second;  ///< for each user
  std::optional<UsdPerMillionTokens> usd_per_million_tokens;
  std::optional<Usd> lifetime_usd;
};

/// Least loss at a quarter to four times the compute of a run, size and data
/// free within the bounds of the scenario on data, size and serving; on the
/// plan's devices.
/// @param devices  of the plan, where they are known
std::vector<FrontierPoint> training_frontier(const Law& law,
                                             const Scenario& scenario,
                                             const Optimum& run,
                                             std::optional<int> devices);

/// Smaller models at the compute of a run, down to an eighth: a higher loss,
/// cheaper and faster to serve. Empty where the scenario asks for no serving.
std::vector<FrontierPoint> serving_frontier(const Law& law,
                                            const Scenario& scenario,
                                            const Optimum& run);

}  // namespace isoflop
