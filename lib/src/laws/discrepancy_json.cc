// SPDX-License-Identifier: Apache-2.0
#include "laws/discrepancy_json.h"

#include <cmath>
#include <set>

#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"

namespace isoflop {
namespace {

using Json = LawJson;

LawJson numbers_json(const Eigen::VectorXd& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(value);
  return array;
}

/// Members of one object, each read once.
class Members {
 public:
  Members(const Json& object, std::string where, std::string path)
      : object_(object), where_(std::move(where)), path_(std::move(path)) {
    if (!object.is_object()) fail("must be an object");
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError({path_, 0, 0}, where_ + " " + problem);
  }
  const Json& member(const std::string& key) {
    known_.insert(key);
    if (!object_.contains(key)) fail("has no \"" + key + "\"");
    return object_[key];
  }
  double number(const Json& value, const std::string& key) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      fail(key + " must be a finite number");
    }
    return value.get<double>();
  }
  double amount(const std::string& key) {
    const double value = number(member(key), key);
    if (value < 0.0) fail(key + " must be >= 0");
    return value;
  }
  double positive(const std::string& key) {
    const double value = amount(key);
    if (value == 0.0) fail(key + " must be > 0");
    return value;
  }
  Eigen::VectorXd numbers(const Json& array, const std::string& key) const {
    if (!array.is_array()) fail(key + " must be a list of numbers");
    Eigen::VectorXd values(static_cast<Eigen::Index>(array.size()));
    for (std::size_t i = 0; i < array.size(); ++i) {
      values[static_cast<Eigen::Index>(i)] = number(array[i], key);
    }
    return values;
  }
  Eigen::VectorXd numbers(const std::string& key) {
    return numbers(member(key), key);
  }
  bool has(const std::string& key) const { return object_.contains(key); }
  /// A misspelt key would be ignored without a word.
  void require_no_others() const {
    for (const auto& item : object_.items()) {
      if (known_.count(item.key()) == 0) {
        fail("has the unknown key \"" + printable(item.key()) + "\"");
      }
    }
  }

 private:
  const Json& object_;
  std::string where_;
  std::string path_;
  std::set<std::string> known_;
};

DiscrepancyPart read_part(const Json& json, const std::string& path) {
  Members part(json, "a part of discrepancy", path);
  DiscrepancyPart found;
  found.weight = part.positive("weight");
  found.scales.amplitude = part.amount("amplitude");
  found.scales.length = part.positive("length");
  found.scales.growth = part.amount("growth");
  found.scales.run_effect = part.amount("run_effect");
  found.scales.noise = part.amount("noise");
  const Json& rows = part.member("theta_factor");
  if (!rows.is_array() || rows.empty()) part.fail("theta_factor is no matrix");
  const auto size = static_cast<Eigen::Index>(rows.size());
  found.theta_factor.resize(size, size);
  for (Eigen::Index i = 0; i < size; ++i) {
    const Eigen::VectorXd row =
        part.numbers(rows[static_cast<std::size_t>(i)], "theta_factor");
    if (row.size() != size) part.fail("theta_factor must be square");
    found.theta_factor.row(i) = row.transpose();
  }
  part.require_no_others();
  return found;
}

}  // namespace

LawJson discrepancy_json(const DiscrepancyData& data) {
  Json runs = Json::array();
  for (const int run : data.run) runs.push_back(run);
  Json parts = Json::array();
  for (const DiscrepancyPart& part : data.parts) {
    Json rows = Json::array();
    for (Eigen::Index i = 0; i < part.theta_factor.rows(); ++i) {
      rows.push_back(numbers_json(part.theta_factor.row(i)));
    }
    parts.push_back({{"weight", part.weight},
                     {"amplitude", part.scales.amplitude},
                     {"length", part.scales.length},
                     {"growth", part.scales.growth},
                     {"run_effect", part.scales.run_effect},
                     {"noise", part.scales.noise},
                     {"theta_factor", std::move(rows)}});
  }
  return {{"prior", data.prior},
          {"drift", data.drift},
          {"off_line", data.off_line},
          {"parts", std::move(parts)},
          {"log_params", numbers_json(data.inputs.col(0))},
          {"log_tokens", numbers_json(data.inputs.col(1))},
          {"log_loss", numbers_json(data.log_loss)},
          {"weight", numbers_json(data.weight)},
          {"run", std::move(runs)}};
}

DiscrepancyData read_discrepancy(const LawJson& json, const std::string& path) {
  Members members(json, "discrepancy", path);
  DiscrepancyData data;
  const Json& prior = members.member("prior");
  if (!prior.is_string()) members.fail("prior must be a text");
  data.prior = prior.get<std::string>();
  data.drift = members.amount("drift");
  // Files of 0.1 do not have it.
  if (members.has("off_line")) data.off_line = members.amount("off_line");
  const Eigen::VectorXd params = members.numbers("log_params");
  const Eigen::VectorXd tokens = members.numbers("log_tokens");
  data.log_loss = members.numbers("log_loss");
  data.weight = members.numbers("weight");
  const Eigen::VectorXd run = members.numbers("run");
  for (const Eigen::Index size :
       {tokens.size(), data.log_loss.size(), data.weight.size(), run.size()}) {
    if (size != params.size()) members.fail("has columns of unequal length");
  }
  if (params.size() == 0) members.fail("has no rows");
  for (const double number : run) {
    const bool is_place = number >= 0.0 && number == std::floor(number) &&
                          number < static_cast<double>(run.size());
    if (!is_place) members.fail("run must hold the numbers of runs from 0");
  }
  data.run = run.cast<int>();
  if (data.weight.minCoeff() <= 0.0) members.fail("weight must be > 0");
  data.inputs.resize(params.size(), 2);
  data.inputs << params, tokens;
  const Json& parts = members.member("parts");
  if (!parts.is_array() || parts.empty()) members.fail("has no parts");
  for (const Json& part : parts) data.parts.push_back(read_part(part, path));
  members.require_no_others();
  return data;
}

}  // namespace isoflop
