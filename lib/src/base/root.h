// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <limits>

namespace isoflop {

/// Zero of a function in [low, high], to the last bits.
/// @param f_low, f_high  its values at the ends
/// @return  NaN when they have the same sign or are not finite
template <class F>
double bracketed_root(
    F&& f, double low, double high, double f_low, double f_high) {
  if (f_low == 0.0) return low;
  if (f_high == 0.0) return high;
  if (!std::isfinite(f_low) || !std::isfinite(f_high) ||
      std::signbit(f_low) == std::signbit(f_high)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  std::uintmax_t iterations = 200;
  const auto [a, b] = boost::math::tools::toms748_solve(
      f,
      low,
      high,
      f_low,
      f_high,
      boost::math::tools::eps_tolerance<double>(52),
      iterations);
  return 0.5 * (a + b);
}

}  // namespace isoflop
