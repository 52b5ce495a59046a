// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/what_if.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>

#include "isoflop/base/parallel.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "plan/cluster.h"

namespace isoflop {
namespace {

constexpr std::size_t kMostPoints = 1000000;

struct Axis {
  std::string key;
  std::vector<std::string> values;
};

/// A value of a key in its base unit.
double number_of(const std::string& key, std::string_view text) {
  Scenario scenario;
  set_key(scenario, key + "=" + std::string(text), "whatif");
  double number = std::nan("");
  for_each_field(scenario, [&](const auto& field, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if (field.key != key) return;
    if (detail::OptionValue<T>::type == "text" ||
        detail::OptionValue<T>::type == "switch") {
      return;
    }
    number = parse_number(detail::OptionValue<T>::write(value));
  });
  if (std::isnan(number)) {
    fail("whatif", "vary: " + key + " has no range; give values");
  }
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
                                std::size_t colon) {
  const auto [from, to] = split_range(std::string_view(text).substr(0, colon));
  const double low = number_of(key, from);
  const double high = number_of(key, to);
  const double count = parse_number(std::string_view(text).substr(colon + 1));
  if (!(low > 0.0 && high > 0.0) || count != std::floor(count) || count < 2.0 ||
      count > double(kMostPoints)) {
    fail("whatif",
         "vary: '" + text +
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

Axis axis_of(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at + 1 == text.size()) {
    fail("whatif",
         "vary: '" + text + "' must be key=low..high:n or key=value,value");
  }
  Axis axis{text.substr(0, at), {}};
  std::string rest = text.substr(at + 1);
  const std::size_t colon = rest.rfind(':');
  if (rest.find("..") != std::string::npos && colon != std::string::npos) {
    axis.values = spread(axis.key, rest, colon);
    return axis;
  }
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string value = rest.substr(0, comma);
    // Says now, not at each point, what cannot be meant.
    Scenario probe;
    set_key(probe, axis.key + "=" + value, "whatif");
    try {
      require_exact(probe, "whatif");
    } catch (const std::invalid_argument&) {
      fail("whatif",
           "vary: '" + text + "' is a range; write low..high:n for n values");
    }
    axis.values.push_back(value);
    if (comma == std::string::npos) return axis;
    rest.erase(0, comma + 1);
  }
}

void solve(const Law& law, const Scenario& scenario, WhatIfPoint& point) {
  try {
    Plan made = plan_point(law, scenario);
    if (!made.is_answered) {
      point.problem = made.findings.front().message;
      return;
    }
    point.run = made.run;
    point.binding = std::move(made.binding);
    point.epochs = made.epochs;
    point.cost = std::move(made.cost);
    for (const Finding& finding : point.cost.findings) {
      if (finding.severity == Severity::Error) {
        point.misses.push_back(finding.code);
      }
    }
  } catch (const std::invalid_argument& error) {
    point.problem = error.what();
  }
}

}  // namespace

WhatIf what_if(const Law& given,
               const Scenario& scenario,
               const WhatIfOptions& options,
               const WhatIfProgress& progress) {
  validate(scenario, "whatif");
  validate(options, "whatif");
  if (options.vary.empty()) fail("whatif", "nothing varies; give vary");
  WhatIf result;
  result.law = given.id;
  result.scenario = scenario;
  result.options = options;
  std::vector<Axis> axes;
  std::size_t count = 1;
  for (const std::string& text : options.vary) {
    axes.push_back(axis_of(text));
    result.keys.push_back(axes.back().key);
    count *= axes.back().values.size();
    if (count > kMostPoints) fail("whatif", "more than a million points");
  }
  // Only a risk needs draws, and copies of them cost more than the plan.
  const bool has_risk =
      scenario.risk ||
      std::any_of(axes.begin(), axes.end(), [](const Axis& axis) {
        return axis.key == "goal.risk";
      });
  const auto without_draws = [&](Law law) {
    if (!has_risk) law.draws.resize(0, law.draws.cols());
    return law;
  };
  std::map<std::string, Law> laws;
  const Law own = without_draws(given);
  for (const Axis& axis : axes) {
    if (axis.key != "law") continue;
    for (const std::string& id : axis.values) {
      laws[id] = without_draws(find_law(id, scenario.allow_unverified));
    }
  }
  result.points.resize(count);
  const auto all = static_cast<std::int64_t>(count);
  std::atomic<std::int64_t> done{0};
  std::mutex telling;
  const auto tell = [&] {
    constexpr std::int64_t kSteps = 200;
    const std::int64_t now = ++done;
    if (!progress || now % std::max<std::int64_t>(1, all / kSteps) != 0) return;
    const std::lock_guard lock(telling);
    progress(now, all);
  };
  parallel_for(all, options.threads, [&](std::int64_t i) {
    WhatIfPoint& point = result.points[static_cast<std::size_t>(i)];
    point.values.resize(axes.size());
    Scenario changed = scenario;
    auto left = static_cast<std::size_t>(i);
    for (std::size_t k = axes.size(); k-- > 0;) {
      const Axis& axis = axes[k];
      point.values[k] = axis.values[left % axis.values.size()];
      left /= axis.values.size();
      set_key(changed, axis.key + "=" + point.values[k], "whatif");
    }
    const auto at = laws.find(changed.law);
    solve(at == laws.end() ? own : at->second, changed, point);
    tell();
  });
  return result;
}

}  // namespace isoflop
