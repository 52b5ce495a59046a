// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "isoflop/base/interval.h"
#include "isoflop/laws/law.h"

namespace isoflop {

/// Where one new run may end: each draw with an error of its own, a quantile
/// of Student's t. The quantiles follow a Kronecker sequence, which knows
/// nothing of the draws.
std::optional<Interval> run_interval_of(const Scatter& scatter,
                                        std::vector<double> answers,
                                        double level);

}  // namespace isoflop
