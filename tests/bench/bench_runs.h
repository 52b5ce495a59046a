// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

#include "isoflop/base/random.h"
#include "isoflop/laws/law.h"
#include "isoflop/runs/read_runs.h"
#include "isoflop/runs/runs.h"
#include "support/paths.h"

namespace isoflop::bench {

/// Runs of the default law: 50M to 16B parameters on 5 to 100 tokens a
/// parameter, with normal noise of 0.5 % on the loss.
inline Runs synthetic_runs(std::int64_t count, std::uint64_t seed = 1) {
  const Law law = published_law("besiroglu2024");
  RandomStream random(seed, 0);
  Eigen::VectorXd params(count);
  Eigen::VectorXd tokens(count);
  Eigen::VectorXd loss(count);
  for (std::int64_t i = 0; i < count; ++i) {
    params[i] = 5e7 * std::pow(320.0, random.uniform());
    tokens[i] = params[i] * 5.0 * std::pow(20.0, random.uniform());
    loss[i] = law.loss(Params(params[i]), Tokens(tokens[i])).value() *
              std::exp(0.005 * random.normal());
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

/// The 240 digitised Chinchilla runs where they are at hand.
inline std::optional<Runs> chinchilla_runs() {
  const std::string path = testing::shared_path("chinchilla_epoch.csv");
  if (path.empty()) return std::nullopt;
  ReadOptions options;
  options.where = {"outlier=0"};
  return read_runs(path, options);
}

}  // namespace isoflop::bench
