// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

namespace isoflop::testing {

/// How far a number may lie from what is expected: at most
/// max(relative * |expected|, absolute).
struct Tolerance {
  double relative = 0.0;
  double absolute = std::numeric_limits<double>::min();
};

/// Closed forms against closed forms.
inline constexpr Tolerance kRounding{1e-12};
/// Automatic derivatives against central differences.
inline constexpr Tolerance kDerivative{1e-6};
/// Objective at the optimum, on noise-free synthetic runs.
inline constexpr Tolerance kSolver{1e-8};
/// Parameters at the optimum, on noise-free synthetic runs.
inline constexpr Tolerance kSolverParameters{1e-6};

/// A number as a paper prints it, and half a unit of its last digit.
struct Printed {
  double value;
  Tolerance tolerance;
};

/// "0.34" is 0.34 +- 0.005, "406.4" +- 0.05, "1.3e-2" +- 0.0005.
/// @throws std::invalid_argument if the text is not a decimal number.
inline Printed printed(std::string_view text) {
  double value = 0.0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) {
    throw std::invalid_argument("printed: not a decimal number");
  }
  int exponent = 0;
  const auto e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::from_chars(
        text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  }
  const std::string_view mantissa = text.substr(0, e);
  const auto point = mantissa.find('.');
  if (point != std::string_view::npos) {
    exponent -= static_cast<int>(mantissa.size() - point - 1);
  }
  // The ends of the interval count as inside, rounding or not.
  const double half_unit = 0.5 * std::pow(10.0, exponent);
  return {value, {0.0, half_unit * (1.0 + 1e-9)}};
}

/// Matches a number near `expected`; NaN equals NaN, an infinity itself.
MATCHER_P2(NearRelMatcher,
           expected,
           tolerance,
           (negation ? "is not within " : "is within ") +
               ::testing::PrintToString(tolerance.relative) +
               " (relative) or " +
               ::testing::PrintToString(tolerance.absolute) + " of " +
               ::testing::PrintToString(expected)) {
  const double actual = arg;
  const double wanted = expected;
  if (std::isnan(wanted) || std::isnan(actual)) {
    return std::isnan(wanted) && std::isnan(actual);
  }
  if (std::isinf(wanted) || std::isinf(actual)) return wanted == actual;
  const double gap = std::abs(actual - wanted);
  *result_listener << "off by " << gap << " (" << gap / std::abs(wanted)
                   << " of it)";
  return gap <=
         std::max(tolerance.relative * std::abs(wanted), tolerance.absolute);
}

inline auto near_rel(double expected, Tolerance tolerance) {
  return NearRelMatcher(expected, tolerance);
}

/// EXPECT_THAT(x, near_rel(printed("0.34")));
inline auto near_rel(const Printed& number) {
  return NearRelMatcher(number.value, number.tolerance);
}

/// Decimal digits on which two numbers agree: -log10 of the relative error,
/// at most 15. For certified values, as NIST scores them.
inline double log_relative_error(double actual, double certified) {
  if (actual == certified) return 15.0;
  const double gap = std::abs(actual - certified);
  const double scale = certified == 0.0 ? 1.0 : std::abs(certified);
  return std::min(15.0, -std::log10(gap / scale));
}

/// Message of the exception that a call throws; "" when it throws none of
/// that type.
template <class Exception = std::exception, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  } catch (...) {
  }
  return {};
}

}  // namespace isoflop::testing
