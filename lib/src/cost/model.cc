// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/model.h"

#include "base/embedded.h"
#include "cost/table_rows.h"
#include "runs/cell_text.h"

namespace isoflop {

int Model::year() const {
  const auto year = detail::plain_number(
      std::string_view(release_date).substr(0, release_date.find('-')));
  return year ? static_cast<int>(*year) : 0;
}

std::optional<double> Model::tokens_per_active_param() const {
  if (!tokens || !active_params) return std::nullopt;
  return tokens->value() / active_params->value();
}

std::optional<double> Model::six_nd_over_flops() const {
  if (!tokens || !active_params || !flops) return std::nullopt;
  return train_flops(*active_params, *tokens) / *flops;
}

const std::vector<Model>& published_models() {
  static const std::vector<Model> kModels =
      detail::read_rows<Model>(embedded_table("models.csv"), "data/models.csv");
  return kModels;
}

std::vector<Model> published_models(const TableFilter& filter) {
  return detail::filter_rows(published_models(), filter);
}

Model find_model(std::string_view name) {
  return detail::find_row("model", name, published_models());
}

}  // namespace isoflop
