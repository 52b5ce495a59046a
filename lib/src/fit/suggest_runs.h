// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fit/decision.h"
#include "fit/problem.h"
#include "isoflop/fit/identifiability.h"

namespace isoflop {

/// Runs after which the design at nominal values passes the gates: the fewest
/// up to two, by trying all. None for forms that read more than size and data.
/// @param residual_scale  sd of log residuals
std::vector<SuggestedRun> suggest_runs(const Form& form,
                                       const Decision& decision,
                                       const WeightedInputs& present,
                                       double residual_scale);

}  // namespace isoflop
