// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "isoflop/plan/plan.h"
#include "plan/training_compute.h"

namespace isoflop {

/// The run at another size and its own compute.
SizeAlternative alternative(const Law& law,
                            const TrainingCompute& compute,
                            const Optimum& run,
                            double size_factor);

/// Sizes around the run, at its compute, whose loss is within 0.1 % of its.
std::optional<Interval> flat_range(const Law& law,
                                   const TrainingCompute& compute,
                                   const Optimum& run);

/// Where the optimum lies over the law's draws, as far as the data reach.
void add_intervals(const OptimumEstimate& around,
                   const TrainingCompute& compute,
                   Tokens most,
                   Plan& plan);

}  // namespace isoflop
