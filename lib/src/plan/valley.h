// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

namespace isoflop {

/// Where a function is lowest in [low, high]: golden section in the cells
/// beside the best point of a grid, or an end where that is as low.
template <class F>
double lowest(F&& height, double low, double high, int cells, double width) {
  constexpr double kRatio = 0.6180339887498949;
  const double step = (high - low) / cells;
  if (!(step > 0.0)) return low;
  int best = 0;
  const double at_low = height(low);
  double least = at_low;
  double at_high = at_low;
  for (int i = 1; i <= cells; ++i) {
    const double at = height(i == cells ? high : low + i * step);
    if (i == cells) at_high = at;
    if (at < least) {
      least = at;
      best = i;
    }
  }
  double from = low + std::max(0, best - 1) * step;
  double to = best + 1 >= cells ? high : low + (best + 1) * step;
  double a = to - kRatio * (to - from);
  double b = from + kRatio * (to - from);
  double at_a = height(a);
  double at_b = height(b);
  while (to - from > width) {
    if (at_a < at_b) {
      to = std::exchange(b, a);
      at_b = at_a;
      a = to - kRatio * (to - from);
      at_a = height(a);
    } else {
      from = std::exchange(a, b);
      at_a = at_b;
      b = from + kRatio * (to - from);
      at_b = height(b);
    }
  }
  double at = 0.5 * (from + to);
  double found = height(at);
  // Steps in the cells may hide what the grid has found.
  if (least < found - 1e-9 * std::abs(found)) {
    at = best == cells ? high : low + best * step;
    found = least;
  }
  if (at_low <= found && at_low <= at_high) return low;
  return at_high <= found ? high : at;
}

}  // namespace isoflop
