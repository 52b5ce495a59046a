// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace isoflop {

/// Beyond this many times the compute of the largest run behind a law its
/// answers are warned about; exactly as many times is not beyond.
inline constexpr double kFarExtrapolation = 100.0 * (1.0 + 1e-9);

}  // namespace isoflop
