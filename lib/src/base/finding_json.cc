// SPDX-License-Identifier: Apache-2.0
#include "base/finding_json.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"

namespace isoflop {
namespace {

using Json = nlohmann::ordered_json;

constexpr Severity kSeverities[] = {
    Severity::Note, Severity::Warning, Severity::Error};

[[noreturn]] void fail(const std::string& path, const std::string& problem) {
  throw DataError({path, 0, 0}, problem);
}

Finding read_finding(const Json& json, const std::string& path) {
  if (!json.is_object()) fail(path, "findings must hold objects");
  const auto text = [&](const char* key) {
    if (!json.contains(key) || !json[key].is_string()) {
      fail(path, "a finding has no text \"" + std::string(key) + "\"");
    }
    return json[key].get<std::string>();
  };
  Finding finding;
  finding.code = text("code");
  finding.message = text("message");
  finding.remedy = text("remedy");
  const std::string severity = text("severity");
  const auto* const known = std::find_if(
      std::begin(kSeverities), std::end(kSeverities), [&](Severity one) {
        return to_string(one) == severity;
      });
  if (known == std::end(kSeverities)) {
    fail(path,
         "severity '" + printable(severity) +
             "' is not one of note, warning and error");
  }
  finding.severity = *known;
  if (!json.contains("values") || !json["values"].is_object()) {
    fail(path, "a finding has no object \"values\"");
  }
  for (const auto& [name, value] : json["values"].items()) {
    if (!value.is_number() && !value.is_null()) {
      fail(path, "value " + printable(name) + " is not a number");
    }
    finding.values.push_back({name,
                              value.is_null()
                                  ? std::numeric_limits<double>::quiet_NaN()
                                  : value.get<double>()});
  }
  return finding;
}

}  // namespace

Json findings_json(const std::vector<Finding>& findings) {
  Json array = Json::array();
  for (const Finding& finding : findings) {
    Json values = Json::object();
    for (const Evidence& evidence : finding.values) {
      values[evidence.name] = evidence.value;
    }
    array.push_back({{"code", finding.code},
                     {"severity", std::string(to_string(finding.severity))},
                     {"message", finding.message},
                     {"remedy", finding.remedy},
                     {"values", std::move(values)}});
  }
  return array;
}

std::vector<Finding> read_findings(const Json& json, const std::string& path) {
  if (!json.is_array()) fail(path, "findings must be a list");
  std::vector<Finding> findings;
  for (const Json& item : json) {
    findings.push_back(read_finding(item, path));
  }
  return findings;
}

}  // namespace isoflop
