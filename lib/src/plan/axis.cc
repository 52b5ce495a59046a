// SPDX-License-Identifier: Apache-2.0
#include "plan/axis.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "isoflop/plan/scenario_file.h"
#include "plan/cluster.h"

namespace isoflop {
namespace {

constexpr std::size_t kMostPoints = 1000000;

/// What messages start with.
struct Asked {
  std::string_view owner;
  std::string_view option;

  [[noreturn]] void refuse(const std::string& problem) const {
    fail(owner, std::string(option) + ": " + problem);
  }
};

/// A value of a key in its base unit.
double number_of(const std::string& key,
                 std::string_view text,
                 const Asked& asked) {
  Scenario scenario;
  set_key(scenario, key + "=" + std::string(text), asked.owner);
  double number = std::nan("");
  for_each_field(scenario, [&](const auto& field, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if (field.key != key) return;
    constexpr std::string_view type = detail::OptionValue<T>::type;
    if (type == "text" || type == "switch" || type == "list") return;
    number = parse_number(detail::OptionValue<T>::write(value));
  });
  if (std::isnan(number)) asked.refuse(key + " has no range; give values");
  return number;
}

bool is_integer(const std::string& key) {
  for (const OptionInfo& info : option_infos<Scenario>()) {
    if (info.key == key) return info.type == "integer";
  }
  return false;
}

/// `1T..20T:9` as nine values at equal ratios.
std::vector<std::string> spread(const std::string& key,
                                const std::string& text,
                                std::size_t colon,
                                const Asked& asked) {
  const auto [from, to] = split_range(std::string_view(text).substr(0, colon));
  const double low = number_of(key, from, asked);
  const double high = number_of(key, to, asked);
  const double count = parse_number(std::string_view(text).substr(colon + 1));
  if (!(low > 0.0 && high > 0.0) || count != std::floor(count) || count < 2.0 ||
      count > double(kMostPoints)) {
    asked.refuse("'" + text +
                 "' must run between positive ends, in 2 to 1000000 values");
  }
  std::vector<std::string> values;
  for (double i = 0.0; i < count; ++i) {
    double value = i == 0.0 ? low
                   : i + 1.0 == count
                       ? high
                       : low * std::pow(high / low, i / (count - 1.0));
    if (is_integer(key)) value = std::round(value);
    values.push_back(format_exact(value));
  }
  return values;
}

}  // namespace

Axis axis_of(const std::string& text,
             std::string_view owner,
             std::string_view option) {
  const Asked asked{owner, option};
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at + 1 == text.size()) {
    asked.refuse("'" + text + "' must be key=low..high:n or key=value,value");
  }
  Axis axis{text.substr(0, at), {}};
  std::string rest = text.substr(at + 1);
  const std::size_t colon = rest.rfind(':');
  if (rest.find("..") != std::string::npos && colon != std::string::npos) {
    axis.values = spread(axis.key, rest, colon, asked);
    return axis;
  }
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string value = rest.substr(0, comma);
    // Says now, not at each point, what cannot be meant.
    Scenario probe;
    set_key(probe, axis.key + "=" + value, owner);
    try {
      require_exact(probe, owner);
    } catch (const std::invalid_argument&) {
      asked.refuse("'" + text + "' is a range; write low..high:n for n values");
    }
    axis.values.push_back(value);
    if (comma == std::string::npos) return axis;
    rest.erase(0, comma + 1);
  }
}

std::size_t combinations(const std::vector<Axis>& axes) {
  std::size_t count = 1;
  for (const Axis& axis : axes) {
    // Beyond the most that is computed the number itself does not matter.
    count = std::min(count * axis.values.size(), 10 * kMostPoints);
  }
  return count;
}

std::vector<std::string> combination(const std::vector<Axis>& axes,
                                     std::size_t index) {
  std::vector<std::string> values(axes.size());
  for (std::size_t k = axes.size(); k-- > 0;) {
    values[k] = axes[k].values[index % axes[k].values.size()];
    index /= axes[k].values.size();
  }
  return values;
}

}  // namespace isoflop
