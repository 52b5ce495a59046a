// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "isoflop/check/check.h"

namespace isoflop {

/// Pages of what forecasts and back-tests find.
std::span<const RuleInfo> forecast_codes();

}  // namespace isoflop
