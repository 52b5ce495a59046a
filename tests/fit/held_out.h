// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "isoflop/base/random.h"
#include "isoflop/laws/law.h"
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

/// Runs of a law with a wavy departure from it and a little noise.
inline Runs wavy_runs(int count, std::uint64_t seed) {
  const Law law = published_law("besiroglu2024");
  RandomStream random(seed, 0);
  Eigen::VectorXd params(count);
  Eigen::VectorXd tokens(count);
  Eigen::VectorXd loss(count);
  for (int i = 0; i < count; ++i) {
    params[i] = 1e7 * std::pow(100.0, random.uniform());
    tokens[i] = params[i] * 5.0 * std::pow(20.0, random.uniform());
    loss[i] = law.loss(Params(params[i]), Tokens(tokens[i])).value() *
              std::exp(0.01 * std::sin(std::log(params[i])) +
                       0.002 * random.normal());
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

/// Runs of an additive law with 0.3 % of noise, over three decades of compute.
inline Runs law_runs(int count, std::uint64_t seed, double alpha, double beta) {
  RandomStream random(seed, 0);
  Eigen::VectorXd params(count);
  Eigen::VectorXd tokens(count);
  Eigen::VectorXd loss(count);
  for (int i = 0; i < count; ++i) {
    params[i] = 1e7 * std::pow(100.0, random.uniform());
    tokens[i] = params[i] * 5.0 * std::pow(20.0, random.uniform());
    loss[i] = (1.8 + std::pow(params[i] / 1e7, -alpha) +
               std::pow(tokens[i] / 1e8, -beta)) *
              std::exp(0.003 * random.normal());
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

}  // namespace isoflop::testing
