// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/sampler.h"
#include "isoflop/check/check.h"

namespace isoflop {

/// What published laws say of the middle of a scenario: of a dense model those
/// that vote and those that do not, of a mixture of experts those of mixtures.
/// @param compute  FLOP of training there
void add_verdicts(const CheckSample& middle,
                  const TrainingCompute& compute,
                  Check& result);

}  // namespace isoflop
