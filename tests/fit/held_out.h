// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "isoflop/runs/read_runs.h"

namespace isoflop::testing {

/// Runs of a file whose columns hold the values of `where`, words apart.
inline Runs runs_where(const std::string& path, const std::string& where) {
  ReadOptions options;
  std::istringstream words(where);
  for (std::string word; words >> word;) options.where.push_back(word);
  return read_runs(path, options);
}

/// The rows of a table for which `keeps(row)`, each a run of its own.
template <class F>
Runs rows_of(const Runs& runs, F&& keeps) {
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    if (keeps(i)) rows.push_back(i);
  }
  Runs part;
  part.source = runs.source;
  part.params = runs.params(rows);
  part.tokens = runs.tokens(rows);
  part.flops = runs.flops(rows);
  part.loss_nats = runs.loss_nats(rows);
  return part;
}

/// C = 6 N D of each row.
inline Eigen::VectorXd compute_of(const Runs& runs) {
  return 6.0 * runs.params.cwiseProduct(runs.tokens);
}

}  // namespace isoflop::testing
