// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "isoflop/units/quantity.h"

namespace isoflop {

/// As `format_quantity`, rounded so that the text reads back as no less (no
/// more) than the value: what is said to be enough is enough once typed in.
std::string format_at_least(double value, const Unit& unit, int digits = 3);
std::string format_at_most(double value, const Unit& unit, int digits = 3);

template <class Tag>
std::string format_at_least(Quantity<Tag> quantity, int digits = 3) {
  return format_at_least(quantity.value(), Tag::unit, digits);
}

template <class Tag>
std::string format_at_most(Quantity<Tag> quantity, int digits = 3) {
  return format_at_most(quantity.value(), Tag::unit, digits);
}

/// Two numbers in as many digits, `digits` or more, as tell them apart.
std::pair<std::string, std::string> format_apart(double a,
                                                 double b,
                                                 int digits = 4);

}  // namespace isoflop
