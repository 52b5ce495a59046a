// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/doubt.h"
#include "fit/errors.h"

namespace isoflop {

/// Every run left out once: residual, leverage and shift of the decision.
FitInfluence measure_influence(const Fitted& fitted, int threads);

/// Names the runs whose absence shifts the decision by more than its standard
/// deviation.
void add_influence_finding(FitResult& result);

}  // namespace isoflop
