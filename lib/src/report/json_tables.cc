// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/json.h"
#include "report/json_parts.h"

namespace isoflop {
namespace {

template <class Row>
Json row_json(const Row& row) {
  Json object = Json::object();
  for_each_column(row, [&](const auto& column, const auto& value) {
    object[std::string(column.name)] = json_of(value);
  });
  return object;
}

template <class Row>
std::string table_json(const char* schema,
                       const std::vector<Row>& rows,
                       const TableFilter& filter) {
  Json inputs = Json::object();
  echo(filter, inputs);
  Json array = Json::array();
  for (const Row& row : rows) array.push_back(row_json(row));
  return dump(envelope(schema, std::move(inputs), std::move(array), {}));
}

}  // namespace

std::string to_json(const Model& model) {
  return dump(envelope("model-page", Json::object(), row_json(model), {}));
}

std::string to_json(const std::vector<Model>& models,
                    const TableFilter& filter) {
  return table_json("models", models, filter);
}

std::string to_json(const Accelerator& accelerator) {
  return dump(
      envelope("accelerator-page", Json::object(), row_json(accelerator), {}));
}

std::string to_json(const std::vector<Accelerator>& accelerators,
                    const TableFilter& filter) {
  return table_json("accelerators", accelerators, filter);
}

}  // namespace isoflop
