// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/field.h"

#include <cmath>
#include <stdexcept>

#include "isoflop/base/suggest.h"

namespace isoflop {

std::string to_string(const Bounds& bounds) {
  const bool low = std::isfinite(bounds.low);
  const bool high = std::isfinite(bounds.high);
  if (low && high && bounds.low_open && !bounds.high_open) {
    return "> " + format_exact(bounds.low) +
           " and <= " + format_exact(bounds.high);
  }
  if (low && high) {
    return "between " + format_exact(bounds.low) + " and " +
           format_exact(bounds.high) +
           (bounds.low_open && bounds.high_open ? ", exclusive" : "");
  }
  if (low) return (bounds.low_open ? "> " : ">= ") + format_exact(bounds.low);
  if (high) {
    return (bounds.high_open ? "< " : "<= ") + format_exact(bounds.high);
  }
  return {};
}

namespace detail {

void fail_bounds(std::string_view text, const Bounds& bounds) {
  throw std::invalid_argument("is " + std::string(text) + ", but must be " +
                              to_string(bounds));
}

void check_bounds(double value, std::string_view text, const Bounds& bounds) {
  if (bounds.contain(value)) return;
  constexpr double kHundred = 100.0;
  if (bounds.low == 0.0 && bounds.high == 1.0 && value > 1.0 &&
      value <= kHundred && text.find('%') == std::string_view::npos) {
    throw std::invalid_argument("is " + std::string(text) + ", but must be " +
                                to_string(bounds) + "; write " +
                                format_exact(value / kHundred) + " for " +
                                std::string(text) + " %");
  }
  fail_bounds(text, bounds);
}

double read_integer(std::string_view text, double low, double high) {
  const double value = parse_number(text);
  if (value != std::floor(value)) {
    throw std::invalid_argument("'" + std::string(text) +
                                "' is not a whole number");
  }
  if (value < low || value > high) {
    fail_bounds(text, between(low, high));
  }
  return value;
}

bool OptionValue<bool>::read(std::string_view text, const Bounds&) {
  if (text == "true" || text == "1" || text.empty()) return true;
  if (text == "false" || text == "0") return false;
  throw std::invalid_argument("'" + std::string(text) +
                              "' is not true or false");
}

std::string OptionValue<std::vector<std::string>>::write(
    const std::vector<std::string>& value) {
  std::string text;
  for (const std::string& item : value) {
    if (!text.empty()) text += ",";
    text += item;
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<OptionInfo>& infos) {
  std::vector<std::string> names;
  for (const OptionInfo& info : infos) names.push_back(info.name);
  return names;
}

void fail_unknown(std::string_view name,
                  const std::vector<OptionInfo>& infos,
                  std::string_view owner) {
  throw std::invalid_argument(std::string(owner) + ": unknown option '" +
                              std::string(name) + "'" +
                              did_you_mean(name, names_of(infos)));
}

void fail_value(std::string_view name,
                std::string_view owner,
                std::string_view problem) {
  const bool sentence = problem.starts_with("is ");
  throw std::invalid_argument(std::string(owner) + ": " + std::string(name) +
                              (sentence ? " " : ": ") + std::string(problem));
}

}  // namespace detail
}  // namespace isoflop
