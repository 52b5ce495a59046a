// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/check/check.h"

namespace isoflop {

/// Puts the interval of the loss of the run into a check, where the law is a
/// forecast or was back-tested, as `predict` gives it.
void add_run_losses(const Law& law, Check& result);

}  // namespace isoflop
