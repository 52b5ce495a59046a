// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"
#include "isoflop/units/text.h"

namespace isoflop {

/// The numbers an option may take.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  /// Whether a value lies within; false for NaN.
  bool contain(double value) const {
    return (low_open ? value > low : value >= low) &&
           (high_open ? value < high : value <= high);
  }
};

inline constexpr Bounds kAnyNumber{};
inline constexpr Bounds kPositive{
    0.0, std::numeric_limits<double>::infinity(), true, true};
inline constexpr Bounds kNonNegative{
    0.0, std::numeric_limits<double>::infinity(), false, true};
inline constexpr Bounds kOpenUnit{0.0, 1.0, true, true};
inline constexpr Bounds kPositiveShare{0.0, 1.0, true, false};
/// From `low` on, finite.
constexpr Bounds at_least(double low) {
  return {low, std::numeric_limits<double>::infinity(), false, true};
}
/// Both ends included.
constexpr Bounds between(double low, double high) { return {low, high}; }

/// "> 0", ">= 1", "between 0 and 1", "" when anything goes.
std::string to_string(const Bounds& bounds);

namespace detail {

/// How one type of option value is read, written and named.
template <class T>
struct OptionValue;

[[noreturn]] void fail_bounds(std::string_view text, const Bounds& bounds);
double read_integer(std::string_view text, double low, double high);
void check_bounds(double value, std::string_view text, const Bounds& bounds);

template <>
struct OptionValue<double> {
  static constexpr std::string_view placeholder = "NUMBER";
  static constexpr std::string_view type = "number";
  static double read(std::string_view text, const Bounds& bounds) {
    const double value = parse_number(text);
    check_bounds(value, text, bounds);
    return value;
  }
  static std::string write(double value) { return format_exact(value); }
};

template <class T>
requires std::is_integral_v<T> &&
    (!std::is_same_v<T, bool>)struct OptionValue<T> {
  static constexpr std::string_view placeholder = "N";
  static constexpr std::string_view type = "integer";
  static T read(std::string_view text, const Bounds& bounds) {
    constexpr double kExact = 9007199254740992.0;  // 2^53
    const double high =
        std::min(kExact, static_cast<double>(std::numeric_limits<T>::max()));
    const double low = std::is_signed_v<T> ? -high : 0.0;
    const double value = read_integer(text, low, high);
    check_bounds(value, text, bounds);
    return static_cast<T>(value);
  }
  static std::string write(T value) { return std::to_string(value); }
};

template <>
struct OptionValue<bool> {
  static constexpr std::string_view placeholder = "";
  static constexpr std::string_view type = "switch";
  static bool read(std::string_view text, const Bounds& bounds);
  static std::string write(bool value) { return value ? "true" : "false"; }
};

template <>
struct OptionValue<std::string> {
  static constexpr std::string_view placeholder = "TEXT";
  static constexpr std::string_view type = "text";
  static std::string read(std::string_view text, const Bounds&) {
    return std::string(text);
  }
  static std::string write(const std::string& value) { return value; }
};

template <>
struct OptionValue<std::vector<std::string>> {
  static constexpr std::string_view placeholder = "TEXT";
  static constexpr std::string_view type = "list";
  static std::string write(const std::vector<std::string>& value);
};

template <>
struct OptionValue<std::vector<double>> {
  static constexpr std::string_view placeholder = "NUMBERS";
  static constexpr std::string_view type = "text";
  static std::vector<double> read(std::string_view text, const Bounds& bounds) {
    std::vector<double> values;
    while (true) {
      const std::size_t comma = text.find(',');
      values.push_back(
          OptionValue<double>::read(text.substr(0, comma), bounds));
      if (comma == std::string_view::npos) return values;
      text.remove_prefix(comma + 1);
    }
  }
  static std::string write(const std::vector<double>& values) {
    std::string text;
    for (const double value : values) {
      text += (text.empty() ? "" : ",") + format_exact(value);
    }
    return text;
  }
};

template <class Tag>
struct OptionValue<std::vector<Quantity<Tag>>> {
  static std::string_view placeholder_of() { return Tag::unit.flag; }
  static constexpr std::string_view type = "text";
  static std::vector<Quantity<Tag>> read(std::string_view text,
                                         const Bounds& bounds) {
    std::vector<Quantity<Tag>> values;
    while (true) {
      const std::size_t comma = text.find(',');
      const std::string_view item = text.substr(0, comma);
      const double value = parse_quantity(item, Tag::unit);
      check_bounds(value, item, bounds);
      values.push_back(Quantity<Tag>(value));
      if (comma == std::string_view::npos) return values;
      text.remove_prefix(comma + 1);
    }
  }
  static std::string write(const std::vector<Quantity<Tag>>& values) {
    std::string text;
    for (const Quantity<Tag>& value : values) {
      text += (text.empty() ? "" : ",") + format_exact(value.value());
    }
    return text;
  }
};

template <WordedEnum E>
struct OptionValue<E> {
  static constexpr std::string_view placeholder = "WORD";
  static constexpr std::string_view type = "text";
  static E read(std::string_view text, const Bounds&) {
    return from_string<E>(text);
  }
  static std::string write(E value) { return std::string(to_string(value)); }
};

template <class Tag>
struct OptionValue<Quantity<Tag>> {
  static std::string_view placeholder_of() { return Tag::unit.flag; }
  static constexpr std::string_view type = "number";
  static Quantity<Tag> read(std::string_view text, const Bounds& bounds) {
    const double value = parse_quantity(text, Tag::unit);
    check_bounds(value, text, bounds);
    return Quantity<Tag>(value);
  }
  static std::string write(Quantity<Tag> value) {
    return format_exact(value.value());
  }
};

template <class Q>
struct OptionValue<Range<Q>> {
  static std::string_view placeholder_of() {
    return OptionValue<std::optional<Q>>::placeholder_of();
  }
  static constexpr std::string_view type = OptionValue<Q>::type;
  static Range<Q> read(std::string_view text, const Bounds& bounds) {
    const auto [from, to] = split_range(text);
    const Range<Q> range(OptionValue<Q>::read(from, bounds),
                         OptionValue<Q>::read(to, bounds));
    if (range.low > range.high) {
      throw std::invalid_argument("'" + std::string(text) +
                                  "' runs backwards; write low..high");
    }
    return range;
  }
  static std::string write(const Range<Q>& range) {
    std::string text = OptionValue<Q>::write(range.low);
    if (!range.is_exact()) text += ".." + OptionValue<Q>::write(range.high);
    return text;
  }
};

template <class T>
struct OptionValue<std::optional<T>> {
  static std::string_view placeholder_of() {
    if constexpr (requires { OptionValue<T>::placeholder_of(); }) {
      return OptionValue<T>::placeholder_of();
    } else {
      return OptionValue<T>::placeholder;
    }
  }
  static constexpr std::string_view type = OptionValue<T>::type;
  static std::optional<T> read(std::string_view text, const Bounds& bounds) {
    return OptionValue<T>::read(text, bounds);
  }
  static std::string write(const std::optional<T>& value) {
    return value ? OptionValue<T>::write(*value) : std::string();
  }
};

template <class T>
std::string placeholder_of() {
  if constexpr (requires { OptionValue<T>::placeholder_of(); }) {
    return std::string(OptionValue<T>::placeholder_of());
  } else {
    return std::string(OptionValue<T>::placeholder);
  }
}

}  // namespace detail
}  // namespace isoflop
