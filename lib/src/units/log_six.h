// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace isoflop {

/// ln 6, of C = 6 N D.
inline const double kLog6 = std::log(6.0);

}  // namespace isoflop
