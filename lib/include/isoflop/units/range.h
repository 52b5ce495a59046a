// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "isoflop/units/quantity.h"

namespace isoflop {

/// A quantity that is known exactly (low == high) or only between two bounds.
///
/// A bounded one stands for a log-uniform distribution: every factor between
/// the bounds is equally likely. From a bound of zero it is uniform, and whole
/// numbers are rounded.
template <class Q>
struct Range {
  Q low;
  Q high;

  Range() = default;
  Range(Q value) : low(value), high(value) {}  // NOLINT: a value is a range
  Range(Q from, Q to) : low(from), high(to) {}

  /// Whether the bounds are one value.
  bool is_exact() const { return low == high; }
  /// Geometric mean of the bounds.
  Q middle() const { return at(0.5); }
  /// The quantile u of the distribution, u in [0, 1].
  Q at(double u) const {
    if (is_exact()) return low;
    const double from = number_of(low);
    const double to = number_of(high);
    const double value =
        from > 0.0 ? from * std::pow(to / from, u) : from + u * (to - from);
    if constexpr (std::is_integral_v<Q>) {
      return static_cast<Q>(std::lround(value));
    } else {
      return Q(value);
    }
  }
  static double number_of(Q value) {
    if constexpr (std::is_arithmetic_v<Q>) {
      return static_cast<double>(value);
    } else {
      return value.value();
    }
  }
  friend bool operator==(const Range&, const Range&) = default;
};

/// Splits `2e26..5.4e26` into its two texts; one text gives itself twice.
/// @throws std::invalid_argument for an empty side or a second `..`.
std::pair<std::string_view, std::string_view> split_range(
    std::string_view text);

}  // namespace isoflop
