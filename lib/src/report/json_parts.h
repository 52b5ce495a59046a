// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/finding_json.h"
#include "isoflop/base/enum_words.h"
#include "isoflop/base/error.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/base/interval.h"
#include "isoflop/laws/discrepancy.h"
#include "isoflop/laws/law.h"
#include "isoflop/plan/flops_rule.h"
#include "isoflop/plan/goal.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"
#include "isoflop/version.h"

// What every JSON result is made of: values, options, findings, the envelope.
namespace isoflop {

using Json = nlohmann::ordered_json;

inline std::string dump(const Json& json) {
  // Names may hold bytes that are not UTF-8: they are replaced, not fatal.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

inline Json json_of(bool value) { return value; }
inline Json json_of(double value) { return value; }
inline Json json_of(int value) { return value; }
inline Json json_of(std::uint64_t value) { return value; }
inline Json json_of(const std::string& value) { return value; }
inline Json json_of(const std::vector<std::string>& value) { return value; }
template <WordedEnum E>
Json json_of(E value) {
  return std::string(to_string(value));
}
inline Json json_of(const Risk& risk) { return to_string(risk); }
inline Json json_of(const FlopsRule& rule) { return to_string(rule); }
template <class Tag>
Json json_of(Quantity<Tag> value) {
  return value.value();
}
inline Json json_of(const Interval& interval) {
  return Json::array({interval.low, interval.high});
}
template <class Q>
Json json_of(const Range<Q>& range) {
  if (range.is_exact()) return json_of(range.low);
  return Json::array({json_of(range.low), json_of(range.high)});
}
/// Defined in json_forecast.cc.
Json json_of(const LossForecast& at);
Json json_of(const TestedReach& tested);
template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? json_of(*value) : Json(nullptr);
}
template <class T>
Json json_of(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(json_of(value));
  return array;
}

/// Options by name. Threads are left out: they do not change a result.
template <class Options>
void echo(const Options& options, Json& inputs) {
  for_each_field(options, [&](const auto& field, const auto& value) {
    if (field.name != "threads") {
      inputs[std::string(field.name)] = json_of(value);
    }
  });
}

/// The options that were given: those that differ from the defaults.
template <class Options>
void echo_given(const Options& options, Json& inputs) {
  Json all = Json::object();
  Json defaults = Json::object();
  echo(options, all);
  echo(Options(), defaults);
  for (const auto& [name, value] : all.items()) {
    if (value != defaults[name]) inputs[name] = value;
  }
}

/// How the law that is asked was fitted or forecast.
inline void echo_law(const std::map<std::string, std::string>& options,
                     Json& inputs) {
  inputs["law_options"] = options;
}

/// Where a finding or a problem is in a file; null where there is none.
inline Json place_json(const std::string& key, const Location& at) {
  if (at.path.empty()) return nullptr;
  return {{"path", at.path},
          {"key", key.empty() ? Json(nullptr) : Json(key)},
          {"line", at.line > 0 ? Json(at.line) : Json(nullptr)},
          {"column", at.column > 0 ? Json(at.column) : Json(nullptr)}};
}

struct Check;
struct Accepted;
/// Defined in json.cc: what `to_json` writes.
Json law_json(const Law& law);
Json check_json(const Check& check);
Json accepted_json(const std::vector<Accepted>& accepted);

inline Json envelope(const std::string& schema,
                     Json inputs,
                     Json result,
                     const std::vector<Finding>& findings) {
  return {{"schema", "isoflop." + schema + "/1"},
          {"version", std::string(version())},
          {"inputs", std::move(inputs)},
          {"result", std::move(result)},
          {"findings", findings_json(findings)}};
}

}  // namespace isoflop
