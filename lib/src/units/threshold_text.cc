// SPDX-License-Identifier: Apache-2.0
#include "units/threshold_text.h"

#include <cmath>

#include "isoflop/units/text.h"

namespace isoflop {
namespace {

/// @param side  1 for a text that is not below the value, -1 for none above
std::string format_beyond(double value,
                          const Unit& unit,
                          int digits,
                          double side) {
  std::string text = format_quantity(value, unit, digits);
  if (!std::isfinite(value) || value == 0.0) return text;
  // Half of the last digit at a time: the next text there is.
  const double half =
      0.5 *
      std::pow(10.0, std::floor(std::log10(std::abs(value))) + 1 - digits);
  constexpr int kMost = 40;  // units printed by another scale: J as Wh
  for (int step = 1; step <= kMost; ++step) {
    if (side * (parse_quantity(text, unit) - value) >= 0.0) break;
    text = format_quantity(value + side * step * half, unit, digits);
  }
  return text;
}

}  // namespace

std::string format_at_least(double value, const Unit& unit, int digits) {
  return format_beyond(value, unit, digits, 1.0);
}

std::string format_at_most(double value, const Unit& unit, int digits) {
  return format_beyond(value, unit, digits, -1.0);
}

std::pair<std::string, std::string> format_apart(double a,
                                                 double b,
                                                 int digits) {
  constexpr int kExact = 17;
  std::pair<std::string, std::string> texts;
  for (; digits <= kExact; ++digits) {
    texts = {format_number(a, digits), format_number(b, digits)};
    if (a == b || texts.first != texts.second) break;
  }
  return texts;
}

}  // namespace isoflop
