// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "isoflop/units/quantity.h"

namespace isoflop {

/// Number with an optional size suffix and an optional unit word: `70B`,
/// `1.4T`, `1e24`, `1_000`, `13T tokens`, `50 PF-days`.
///
/// Suffixes: k (1e3), M (1e6), B or G (1e9), T (1e12), P (1e15), E (1e18);
/// lower case b, g, t are accepted, lower case m is refused because
/// it means milli. Independent of the locale.
///
/// @return a finite value in the base unit; no range is checked.
/// @throws std::invalid_argument saying what is wrong with the text, as in
///     `'5Q' is not a number of tokens: unknown suffix 'Q'`.
double parse_quantity(std::string_view text, const Unit& unit);

/// The same as a quantity, of its own unit.
template <class Tag>
Quantity<Tag> parse_quantity(std::string_view text) {
  return Quantity<Tag>(parse_quantity(text, Tag::unit));
}

/// Plain number without suffix or unit: `0.34`, `1e-3`, `1_000`.
/// @throws std::invalid_argument as in `'1.5.2' is not a number`.
double parse_number(std::string_view text);

/// Shortest text that reads back as the same double.
std::string format_exact(double value);

/// Value rounded to significant digits, in the form people write it: counts
/// as 70B or 1.33T, FLOP as 5.76e23, nats as 1.97.
/// parse_quantity reads every result back.
std::string format_quantity(double value, const Unit& unit, int digits = 3);

/// The same of a quantity, in its own unit.
template <class Tag>
std::string format_quantity(Quantity<Tag> quantity, int digits = 3) {
  return format_quantity(quantity.value(), Tag::unit, digits);
}

/// Bare number to significant digits: 1.27, 1.82e-05, 0.366.
std::string format_number(double value, int digits = 3);

}  // namespace isoflop
