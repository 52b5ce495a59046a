// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace isoflop {

/// Waste on too many parameters from which `plan` and `check` warn, and fail.
inline constexpr double kWasteWarning = 0.10;
inline constexpr double kWasteError = 0.25;

/// Times the useful passes from which they fail repeats, not only warn.
inline constexpr double kHopelessPasses = 4.0;

}  // namespace isoflop
