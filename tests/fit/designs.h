// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "isoflop/base/random.h"
#include "isoflop/fit/fit.h"
#include "isoflop/laws/law.h"
#include "isoflop/runs/runs.h"

namespace isoflop::testing {

/// Sizes and data of a set of runs.
struct DesignPoints {
  std::vector<std::pair<double, double>> runs;  ///< params, tokens

  void add(double params, double tokens) { runs.emplace_back(params, tokens); }
};

inline Law additive_law(
    double e, double a, double b, double alpha, double beta) {
  Law law;
  law.id = "truth";
  law.form = find_form("additive");
  law.coefficients.resize(5);
  law.coefficients << e, a, b, alpha, beta;
  return law;
}

/// The refit of the Chinchilla runs.
inline Law chinchilla_law() {
  return additive_law(1.81686, 482.00572, 2085.4342, 0.34781, 0.36585);
}

/// The runs of a design under a law.
///
/// @param noise  standard deviation of the log losses, seeded by `seed`.
inline Runs observe(const DesignPoints& design,
                    const Law& law,
                    double noise = 0.0,
                    std::uint64_t seed = 1) {
  const auto n = static_cast<Eigen::Index>(design.runs.size());
  Eigen::VectorXd params(n);
  Eigen::VectorXd tokens(n);
  Eigen::VectorXd loss(n);
  RandomStream random(seed, 0);
  for (Eigen::Index i = 0; i < n; ++i) {
    params[i] = design.runs[static_cast<std::size_t>(i)].first;
    tokens[i] = design.runs[static_cast<std::size_t>(i)].second;
    loss[i] = law.loss(Params(params[i]), Tokens(tokens[i])).value() *
              std::exp(noise * random.normal());
  }
  return runs_from_columns(
      {{"params", params}, {"tokens", tokens}, {"loss", loss}});
}

/// Number k of `count` spread evenly over the logarithms of [low, high].
inline double spread(double low, double high, int k, int count) {
  return low * std::pow(high / low, double(k) / (count - 1));
}

/// Sizes times data, each evenly over its logarithm.
inline DesignPoints grid(int sizes,
                         int amounts,
                         double params_low = 4e7,
                         double params_high = 1.6e10,
                         double tokens_low = 1e9,
                         double tokens_high = 3.2e11) {
  DesignPoints design;
  for (int i = 0; i < sizes; ++i) {
    for (int j = 0; j < amounts; ++j) {
      design.add(spread(params_low, params_high, i, sizes),
                 spread(tokens_low, tokens_high, j, amounts));
    }
  }
  return design;
}

/// Budgets from 1e18 to 1e21, at each sizes within `reach` times its optimum
/// of 20 tokens a parameter either way.
inline DesignPoints isoflop_sweep(int budgets, int sizes, double reach) {
  DesignPoints design;
  for (int i = 0; i < budgets; ++i) {
    const double flops = budgets == 1 ? 1e20 : spread(1e18, 1e21, i, budgets);
    const double best = std::sqrt(flops / 6.0 / 20.0);
    for (int j = 0; j < sizes; ++j) {
      const double params = best * spread(1.0 / reach, reach, j, sizes);
      design.add(params, flops / 6.0 / params);
    }
  }
  return design;
}

/// 13 sizes over three decades with D = 20 N, times a factor drawn
/// log-uniformly from 1/jitter to jitter.
inline DesignPoints fixed_ratio(double jitter = 1.0) {
  DesignPoints design;
  RandomStream random(5, 0);
  for (int i = 0; i < 13; ++i) {
    const double params = spread(1e7, 1e10, i, 13);
    design.add(params,
               20.0 * params *
                   std::exp(std::log(jitter) * (2.0 * random.uniform() - 1.0)));
  }
  return design;
}

inline FitOptions without_bootstrap() {
  FitOptions options;
  options.bootstrap = 0;
  options.threads = 1;
  return options;
}

/// Rows of a set of runs in another order; a row may be left out or repeated.
inline Runs rows_of(const Runs& runs, const std::vector<int>& rows) {
  Runs result = runs;
  result.params = runs.params(rows);
  result.tokens = runs.tokens(rows);
  result.flops = runs.flops(rows);
  result.loss_nats = runs.loss_nats(rows);
  if (runs.unique_tokens.size() > 0) {
    result.unique_tokens = runs.unique_tokens(rows);
  }
  if (runs.weight.size() > 0) result.weight = runs.weight(rows);
  const auto pick = [&](std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::vector<std::string> picked;
    for (const int row : rows) {
      picked.push_back(texts[static_cast<std::size_t>(row)]);
    }
    texts = picked;
  };
  pick(result.name);
  pick(result.group);
  result.extra.clear();
  return result;
}

}  // namespace isoflop::testing
