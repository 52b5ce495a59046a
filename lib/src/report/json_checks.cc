// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/annotations.h"
#include "isoflop/report/json.h"
#include "report/finding_lines.h"
#include "report/json_parts.h"

namespace isoflop {
namespace {

Json layer_json(const RouterLayer& layer) {
  return {{"layer", layer.layer},
          {"tokens", layer.tokens},
          {"dead_experts", layer.dead},
          {"max_vio", layer.max_vio},
          {"effective_experts", layer.effective},
          {"slowest_device", layer.slowest_device}};
}

Json cost_json(const std::optional<RouterCost>& cost) {
  if (!cost) return nullptr;
  return {{"idle_params", cost->idle_params},
          {"idle_flops", json_of(cost->idle_flops)},
          {"expert_share", cost->expert_share},
          {"time_factor", cost->time_factor},
          {"is_least", cost->is_least}};
}

Json dense_json(const std::vector<DenseEquivalent>& equivalents) {
  Json array = Json::array();
  for (const DenseEquivalent& dense : equivalents) {
    array.push_back({{"law", dense.law},
                     {"params", json_of(dense.params)},
                     {"params_balanced", json_of(dense.balanced_params)},
                     {"loss_nats", dense.loss.value()},
                     {"loss_nats_balanced", dense.balanced_loss.value()},
                     {"extrapolation", json_of(dense.extrapolation)}});
  }
  return array;
}

Json router_json(const RouterCheck& check) {
  Json inputs = {{"source", check.source}};
  echo(check.options, inputs);
  Json layers = Json::array();
  for (const RouterLayer& layer : check.layers) {
    layers.push_back(layer_json(layer));
  }
  Json result = {{"verdict", json_of(check.verdict)},
                 {"experts", check.experts},
                 {"dead_experts", check.dead},
                 {"dead_share", check.dead_share},
                 {"max_vio", check.max_vio},
                 {"worst_layer", check.worst.layer},
                 {"effective_experts", check.effective},
                 {"slowest_device", check.slowest_device},
                 {"cost", cost_json(check.cost)},
                 {"dense_equivalents", dense_json(check.dense)},
                 {"layers", std::move(layers)},
                 {"accepted", accepted_json(check.accepted)}};
  return envelope(
      "router", std::move(inputs), std::move(result), check.findings);
}

Json law_check_json(const LawCheck& check) {
  Json inputs = {{"source", check.source}};
  echo(check.options, inputs);
  Json result = {{"verdict", json_of(check.verdict)},
                 {"law", law_json(check.law)},
                 {"accepted", accepted_json(check.accepted)}};
  return envelope(
      "law-check", std::move(inputs), std::move(result), check.findings);
}

Json answer_json(const Checked& checked) {
  if (const auto* plan = std::get_if<Check>(&checked.answer)) {
    return {{"name", checked.name}, {"check", check_json(*plan)}};
  }
  if (const auto* router = std::get_if<RouterCheck>(&checked.answer)) {
    return {{"name", checked.name}, {"check", router_json(*router)}};
  }
  if (const auto* law = std::get_if<LawCheck>(&checked.answer)) {
    return {{"name", checked.name}, {"check", law_check_json(*law)}};
  }
  const auto& problem = std::get<CheckProblem>(checked.answer);
  return {{"name", checked.name},
          {"problem",
           {{"message", problem.message}, {"at", place_json("", problem.at)}}}};
}

/// A path as a URI reference: relative ones stay so.
std::string uri_of(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "/-._~";
  std::string uri = path.starts_with("/") ? "file://" : "";
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          kPlain.find(c) != std::string_view::npos;
    if (is_plain) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kHex[byte >> 4];
      uri += kHex[byte & 15];
    }
  }
  return uri;
}

/// An array of one location, or of none.
Json sarif_locations(const Location& at) {
  if (at.path.empty()) return Json::array();
  Json place = {{"artifactLocation", {{"uri", uri_of(at.path)}}}};
  if (at.line > 0) {
    place["region"] = {{"startLine", at.line}};
    if (at.column > 0) place["region"]["startColumn"] = at.column;
  }
  return Json::array({Json{{"physicalLocation", std::move(place)}}});
}

/// Blank lines between paragraphs and around the page are left to the reader.
Json sarif_rule(const RuleInfo& info) {
  std::string page(info.explanation);
  if (page.starts_with("\n")) page.erase(0, 1);
  return {{"id", std::string(info.code)},
          {"shortDescription", {{"text", std::string(info.summary)}}},
          {"help", {{"text", std::move(page)}}}};
}

class SarifRun {
 public:
  void add(const Checked& checked) {
    if (const auto* problem = std::get_if<CheckProblem>(&checked.answer)) {
      notifications_.push_back(
          {{"level", "error"},
           {"message",
            {{"text", checked.name + ": " + printable(problem->message)}}},
           {"locations", sarif_locations(problem->at)}});
    }
    for (const FindingLine& line : lines_of(checked)) add(checked.name, line);
  }

  Json json() {
    Json driver = {{"name", "isoflop"},
                   {"version", std::string(version())},
                   {"rules", std::move(rules_)}};
    Json invocation = {
        {"executionSuccessful", notifications_.empty()},
        {"toolExecutionNotifications", std::move(notifications_)}};
    return {{"tool", {{"driver", std::move(driver)}}},
            {"columnKind", "unicodeCodePoints"},
            {"invocations", Json::array({std::move(invocation)})},
            {"results", std::move(results_)}};
  }

 private:
  void add(const std::string& name, const FindingLine& line) {
    const Finding& finding = line.finding;
    Json values = Json::object();
    for (const Evidence& value : finding.values) {
      values[value.name] = value.value;
    }
    Json result = {
        {"ruleId", finding.code},
        {"ruleIndex", rule_index(finding.code)},
        {"level", std::string(to_string(finding.severity))},
        {"message", {{"text", sentence_of(finding)}}},
        {"locations", sarif_locations(line.at)},
        {"properties", {{"name", name}, {"values", std::move(values)}}}};
    if (line.accepted) {
      Json suppression = {{"kind", "external"}};
      if (!line.accepted->reason.empty()) {
        suppression["justification"] = printable(line.accepted->reason);
      }
      result["suppressions"] = Json::array({std::move(suppression)});
    }
    results_.push_back(std::move(result));
  }

  std::size_t rule_index(const std::string& code) {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (rules_[i]["id"] == code) return i;
    }
    rules_.push_back(sarif_rule(find_code(code)));
    return rules_.size() - 1;
  }

  Json rules_ = Json::array();
  Json results_ = Json::array();
  Json notifications_ = Json::array();
};

}  // namespace

std::string to_json(const RouterCheck& check) {
  return dump(router_json(check));
}

std::string to_json(const LawCheck& check) {
  return dump(law_check_json(check));
}

std::string to_json(const Checks& checks) {
  Json inputs = Json::object();
  echo(checks.options, inputs);
  Json answers = Json::array();
  for (const Checked& checked : checks.all) {
    answers.push_back(answer_json(checked));
  }
  Json result = {{"fails", checks.fails()}, {"checks", std::move(answers)}};
  return dump(envelope("checks", std::move(inputs), std::move(result), {}));
}

std::string to_sarif(const Checks& checks) {
  SarifRun run;
  for (const Checked& checked : checks.all) run.add(checked);
  return dump({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
               {"version", "2.1.0"},
               {"runs", Json::array({run.json()})}});
}

}  // namespace isoflop
