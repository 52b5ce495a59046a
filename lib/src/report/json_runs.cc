// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/json.h"
#include "report/json_parts.h"

namespace isoflop {
namespace {

Json column_json(const Eigen::VectorXd& values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(value);
  return array;
}

Json runs_json(const Runs& runs) {
  Json columns = {{"params", column_json(runs.params)},
                  {"tokens", column_json(runs.tokens)},
                  {"flops", column_json(runs.flops)},
                  {"loss_nats", column_json(runs.loss_nats)}};
  if (!runs.name.empty()) columns["name"] = json_of(runs.name);
  if (!runs.group.empty()) columns["group"] = json_of(runs.group);
  if (runs.unique_tokens.size() > 0) {
    columns["unique_tokens"] = column_json(runs.unique_tokens);
  }
  if (runs.weight.size() > 0) columns["weight"] = column_json(runs.weight);
  for (const ExtraColumn& column : runs.extra) {
    columns[column.name] = column_json(column.values);
  }
  return columns;
}

}  // namespace

std::string to_json(const Conversion& conversion) {
  Json inputs = Json::object();
  inputs["files"] = Json::array();
  for (const ConvertedFile& file : conversion.files) {
    inputs["files"].push_back(file.path);
  }
  echo(conversion.options, inputs);
  Json files = Json::array();
  for (const ConvertedFile& file : conversion.files) {
    files.push_back({{"path", file.path},
                     {"kind", file.kind},
                     {"rows", file.rows},
                     {"runs", file.runs}});
  }
  Json result = {{"runs", conversion.runs.size()},
                 {"dropped", conversion.runs.dropped},
                 {"files", std::move(files)},
                 {"columns", runs_json(conversion.runs)}};
  return dump(envelope(
      "convert", std::move(inputs), std::move(result), conversion.findings));
}

}  // namespace isoflop
