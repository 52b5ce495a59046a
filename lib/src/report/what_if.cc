// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "base/csv_text.h"
#include "isoflop/base/printable.h"
#include "isoflop/report/csv.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "report/cost_parts.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

/// The last part of a key, which heads a column.
std::string short_key(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

/// A number as people write it, another text as it is.
std::string value_text(const std::string& text) {
  try {
    const double value = parse_number(text);
    constexpr double kLarge = 1e5;
    if (std::abs(value) >= kLarge) {
      return format_quantity(value, TokensTag::unit);
    }
    const bool is_whole = value == std::floor(value);
    return is_whole ? format_exact(value) : format_number(value, 4);
  } catch (const std::invalid_argument&) {
    return printable(text);
  }
}

/// The number of a text that is one, for JSON.
Json value_json(const std::string& text) {
  try {
    return parse_number(text);
  } catch (const std::invalid_argument&) {
    return text;
  }
}

/// Columns of a point after its values; "" for what is absent.
struct Column {
  const char* name;
  std::string (*text)(const WhatIfPoint&);   ///< for people
  std::string (*exact)(const WhatIfPoint&);  ///< for files
};

template <class Q>
std::string short_of(const std::optional<Q>& value) {
  return value ? format_quantity(*value) : std::string();
}
template <class Q>
std::string exact_of(const std::optional<Q>& value) {
  return value ? format_exact(value->value()) : std::string();
}

const Column kColumns[] = {
    {"params",
     [](const WhatIfPoint& p) { return format_quantity(p.run.params); },
     [](const WhatIfPoint& p) { return format_exact(p.run.params.value()); }},
    {"tokens",
     [](const WhatIfPoint& p) { return format_quantity(p.run.tokens); },
     [](const WhatIfPoint& p) { return format_exact(p.run.tokens.value()); }},
    {"loss_nats",
     [](const WhatIfPoint& p) { return format_number(p.run.loss.value(), 4); },
     [](const WhatIfPoint& p) { return format_exact(p.run.loss.value()); }},
    {"flops",
     [](const WhatIfPoint& p) { return format_quantity(p.run.flops); },
     [](const WhatIfPoint& p) { return format_exact(p.run.flops.value()); }},
    {"days",
     [](const WhatIfPoint& p) {
       return p.cost.training ? short_of(p.cost.training->days) : "";
     },
     [](const WhatIfPoint& p) {
       return p.cost.training ? exact_of(p.cost.training->days) : "";
     }},
    {"usd",
     [](const WhatIfPoint& p) {
       return p.cost.training ? short_of(p.cost.training->usd) : "";
     },
     [](const WhatIfPoint& p) {
       return p.cost.training ? exact_of(p.cost.training->usd) : "";
     }}};

/// What binds, or what is missed, or why there is no plan.
std::string remark(const WhatIfPoint& point) {
  if (!point.problem.empty()) return "no plan";
  if (!point.misses.empty()) return "misses: " + short_key(point.misses[0]);
  std::string text;
  std::string rest = point.binding;
  while (true) {
    const std::size_t comma = rest.find(", ");
    text += (text.empty() ? "" : ", ") + short_key(rest.substr(0, comma));
    if (comma == std::string::npos) return text;
    rest.erase(0, comma + 2);
  }
}

std::string points_table(const WhatIf& result,
                         const std::vector<const Column*>& shown) {
  TextTable table(std::string(result.keys.size() + shown.size(), 'r') + "l");
  std::vector<std::string> head;
  for (const std::string& key : result.keys) head.push_back(short_key(key));
  for (const Column* column : shown) {
    const std::string_view name = column->name;
    head.emplace_back(name == "loss_nats" ? "loss" : name);
  }
  head.emplace_back("set by");
  table.add(head);
  for (const WhatIfPoint& point : result.points) {
    std::vector<std::string> row;
    for (const std::string& value : point.values) {
      row.push_back(value_text(value));
    }
    for (const Column* column : shown) {
      row.push_back(point.problem.empty() ? column->text(point) : "-");
    }
    row.push_back(remark(point));
    table.add(row);
  }
  return table.str();
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    widest = std::max(widest, end - start);
    start = end + 1;
  }
  return widest;
}

}  // namespace

std::string to_text(const WhatIf& result) {
  const auto usable = std::count_if(
      result.points.begin(), result.points.end(), [](const WhatIfPoint& p) {
        return p.problem.empty() && p.misses.empty();
      });
  std::string text =
      "WHAT IF   " + std::to_string(usable) + " of " +
      counted(
          static_cast<int>(result.points.size()), "plan keeps", "plans keep") +
      " every bound, under " + printable(result.law) + "\n\n";
  std::vector<const Column*> shown;
  // Days and dollars say more than FLOP, where there is room for one.
  const bool has_time = result.scenario.accelerator.has_value();
  for (const Column& column : kColumns) {
    const std::string_view name = column.name;
    const bool is_key = std::any_of(
        result.keys.begin(), result.keys.end(), [&](const std::string& key) {
          return short_key(key) == name;
        });
    if (is_key || (has_time && name == "flops")) continue;
    for (const WhatIfPoint& point : result.points) {
      if (!point.problem.empty() || column.text(point).empty()) continue;
      shown.push_back(&column);
      break;
    }
  }
  bool is_whole = true;
  std::string table = points_table(result, shown);
  // What follows from the other columns goes first where there is no room.
  for (const std::string_view name : {"flops", "tokens", "usd", "days"}) {
    if (widest_line(table) <= 79) break;
    is_whole = std::erase_if(shown,
                             [&](const Column* column) {
                               return column->name == name;
                             }) == 0 &&
               is_whole;
    table = points_table(result, shown);
  }
  text += table;
  if (!is_whole) text += "\n" + wrap("--format csv has every column", 2);
  std::string last;
  for (const WhatIfPoint& point : result.points) {
    if (point.problem.empty() || point.problem == last) continue;
    text += (last.empty() ? "\n" : "") +
            wrap("no plan: " + printable(point.problem), 2);
    last = point.problem;
  }
  return text;
}

std::string to_json(const WhatIf& result) {
  Json inputs = scenario_json(result.scenario);
  echo(result.options, inputs);
  inputs["law"] = result.law;
  echo_law(result.law_options, inputs);
  Json points = Json::array();
  for (const WhatIfPoint& point : result.points) {
    Json values = Json::object();
    for (std::size_t k = 0; k < result.keys.size(); ++k) {
      values[result.keys[k]] = value_json(point.values[k]);
    }
    Json entry = {{"values", std::move(values)}};
    const bool ok = point.problem.empty();
    entry["problem"] = ok ? Json(nullptr) : Json(point.problem);
    const auto add = [&](const char* name, const Json& value) {
      entry[name] = ok ? value : Json(nullptr);
    };
    add("params", point.run.params.value());
    add("tokens", point.run.tokens.value());
    add("epochs", point.epochs > 0 ? Json(point.epochs) : Json(nullptr));
    add("loss_nats", point.run.loss.value());
    add("flops", point.run.flops.value());
    add("binding", point.binding);
    add("misses", point.misses);
    Json intervals = Json::object();
    add_cost_json(point.cost, entry, intervals);
    entry["intervals"] = std::move(intervals);
    points.push_back(std::move(entry));
  }
  return dump(envelope("whatif",
                       std::move(inputs),
                       {{"keys", result.keys}, {"points", std::move(points)}},
                       {}));
}

std::string to_csv(const WhatIf& result) {
  std::vector<std::string> head = result.keys;
  for (const Column& column : kColumns) head.emplace_back(column.name);
  head.insert(head.end(), {"binding", "misses", "problem"});
  std::string text = csv_line(head);
  for (const WhatIfPoint& point : result.points) {
    std::vector<std::string> row = point.values;
    for (const Column& column : kColumns) {
      row.push_back(point.problem.empty() ? column.exact(point) : "");
    }
    row.push_back(point.binding);
    std::string misses;
    for (const std::string& code : point.misses) {
      misses += (misses.empty() ? "" : " ") + code;
    }
    row.push_back(misses);
    row.push_back(point.problem);
    text += csv_line(row);
  }
  return text;
}

}  // namespace isoflop
