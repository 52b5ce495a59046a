// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/laws/variable.h"
#include "isoflop/runs/runs.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

struct BacktestOptions {
  std::vector<double> factor = {3, 10, 30, 100};
  std::vector<std::string> law;
  int bootstrap = 200;
  double level = 0.9;
  std::uint64_t seed = 1;
  int threads = 0;

  static constexpr auto fields() {
    using O = BacktestOptions;
    return std::make_tuple(
        field("factor",
              &O::factor,
              "learn from runs of at most the largest compute over this, "
              "predict the others",
              at_least(1.1)),
        field("law",
              &O::law,
              "another form to fit and test, by name or formula (repeatable)"),
        field("bootstrap",
              &O::bootstrap,
              "refits to resampled runs, for the intervals of fits",
              between(10, 1e5)),
        field("level", &O::level, "what an interval should hold", kOpenUnit),
        field("seed", &O::seed, "seed of the resampling"),
        field("threads",
              &O::threads,
              "threads; 0 for all CPUs; the result is the same for any",
              between(0, 1024)));
  }
};

/// How predictions of larger runs came out.
struct BacktestScore {
  int runs = 0;
  double mean_abs_error = 0.0;  ///< relative, of the loss
  double mean_error = 0.0;      ///< relative, above 0 when too high
  double coverage = 0.0;        ///< share of losses inside their interval
  double width = 0.0;           ///< of the intervals, relative, mean
};

/// Runs to learn from and runs to predict.
struct BacktestSplit {
  double factor = 0.0;  ///< largest compute over the limit of the first
  int training = 0;
  int held_out = 0;
  Flops limit;  ///< of compute, for training
};

/// A way to predict: "forecast", "prior" (its law without the discrepancy),
/// "additive" (the plain fit), or another form that was asked for.
struct BacktestMethod {
  std::string name;
  std::optional<BacktestScore> overall;  ///< splits count alike
  std::vector<std::optional<BacktestScore>> by_split;
  /// By how far a run lies beyond the largest one learned from, all splits
  /// together: up to 3 times, 10, 30, and beyond.
  std::vector<std::optional<BacktestScore>> by_distance;
};

inline constexpr double kBacktestDistances[] = {3, 10, 30, kInfinite};

struct Backtest {
  BacktestOptions options;
  std::string source;
  std::int64_t rows = 0;
  std::vector<BacktestSplit> splits;
  std::vector<BacktestMethod> methods;
  std::string trusted;  ///< name of a method; "" without splits
  std::vector<Finding> findings;

  const BacktestMethod* method(std::string_view name) const;
};

/// Tests forecasts and fits on the runs at hand: learns from the smaller ones
/// and predicts the larger.
///
/// For each factor k the runs with C <= Cmax / k are learned from, where that
/// leaves at least 8 of these and 2 others; C = 6 N D. Intervals are those of
/// one new run: of fits the bootstrap's with the scatter of runs added.
///
/// @throws std::invalid_argument for an option out of range, an unknown form,
///     or no runs.
Backtest backtest(const Runs& runs, const BacktestOptions& options = {});

}  // namespace isoflop
