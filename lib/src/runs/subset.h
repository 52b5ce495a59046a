// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "isoflop/runs/runs.h"

namespace isoflop {

/// The runs of some rows, without findings.
inline Runs subset(const Runs& runs, const std::vector<Eigen::Index>& rows) {
  const auto take = [&](const Eigen::VectorXd& values) {
    return values.size() == 0 ? Eigen::VectorXd()
                              : Eigen::VectorXd(values(rows));
  };
  const auto take_labels = [&](const std::vector<std::string>& labels) {
    std::vector<std::string> kept;
    for (const Eigen::Index row : rows) {
      if (!labels.empty())
        kept.push_back(labels[static_cast<std::size_t>(row)]);
    }
    return kept;
  };
  Runs part;
  part.params = take(runs.params);
  part.tokens = take(runs.tokens);
  part.flops = take(runs.flops);
  part.loss_nats = take(runs.loss_nats);
  part.unique_tokens = take(runs.unique_tokens);
  part.weight = take(runs.weight);
  part.name = take_labels(runs.name);
  part.group = take_labels(runs.group);
  for (const ExtraColumn& column : runs.extra) {
    part.extra.push_back({column.name, take(column.values)});
  }
  part.derived = runs.derived;
  part.source = runs.source;
  return part;
}

}  // namespace isoflop
