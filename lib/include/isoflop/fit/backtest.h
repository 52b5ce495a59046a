// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/fit/backtest_score.h"
#include "isoflop/fit/fit.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/variable.h"
#include "isoflop/runs/runs.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// What is tested, and the options of the forecast among it.
struct BacktestOptions : ForecastOptions {
  std::vector<double> factor = {3, 10, 30, 100};
  std::vector<std::string> law;
  std::vector<std::string> objective;
  int bootstrap = 200;

  static constexpr auto fields() {
    using O = BacktestOptions;
    const auto own = std::make_tuple(
        field("factor",
              &O::factor,
              "learn from runs of at most the largest compute over this, "
              "predict the others",
              between(1.1, 1e6)),
        field("law",
              &O::law,
              "another form to fit and test, by name or formula (repeatable)"),
        field("objective",
              &O::objective,
              "fit every form by this too and test it: squared or absolute, "
              "beside huber (repeatable)"),
        field("bootstrap",
              &O::bootstrap,
              "refits to resampled runs, for the intervals of fits",
              between(10, 1e5)));
    return std::tuple_cat(own, ForecastOptions::fields());
  }
};

/// Runs to learn from and runs to predict. A run of several checkpoints is on
/// one side with all of them, by its final compute, and its last is predicted.
struct BacktestSplit {
  double factor = 0.0;  ///< largest compute over the limit of the first
  int training = 0;     ///< runs
  int held_out = 0;     ///< runs
  Flops limit;          ///< of the final compute, for training
};

/// A way to predict: "forecast", "prior" (its law without the discrepancy),
/// "additive" (the plain fit), or another form that was asked for; by another
/// objective its name follows, as in "additive squared".
struct BacktestMethod {
  std::string name;                        ///< as above
  std::string law;                         ///< form of a fit; "" of forecasts
  Objective objective = Objective::Huber;  ///< of a fit
  /// Splits count alike; none for a method without an answer on one of them,
  /// as others could not be compared with it.
  std::optional<BacktestScore> overall;
  std::vector<std::optional<BacktestScore>> by_split;
  /// By how far a run lies beyond the largest one learned from, all splits
  /// together: up to 3 times, 10, 30, and beyond.
  std::vector<std::optional<BacktestScore>> by_distance;
};

inline constexpr double kBacktestDistances[] = {3, 10, 30, kInfinite};

/// How every method predicted the larger runs, and which to trust.
struct Backtest {
  BacktestOptions options;
  std::string source;
  std::string reading;  ///< of the runs
  std::int64_t rows = 0;
  std::vector<BacktestSplit> splits;
  std::vector<BacktestMethod> methods;
  /// Name of a method; "" without splits, and where all the runs together tell
  /// nothing of larger ones.
  std::string trusted;
  /// Of the forecast from all the runs: `weak` where it holds along their line
  /// only, which larger runs on that line cannot show. Of compute alone that
  /// of the fit.
  LawStatus status = LawStatus::NotIdentified;
  std::vector<Finding> findings;

  /// The method of this name, or null.
  const BacktestMethod* method(std::string_view name) const;
};

/// Tests forecasts and fits on the runs at hand: learns from the smaller ones
/// and predicts the larger.
///
/// For each factor k the runs with C <= Cmax / k are learned from, where that
/// leaves at least 8 of these and 2 others; C = 6 N D at the end of a run.
/// Factors that split alike count once. Intervals are those of one new run: of
/// fits the bootstrap's with the scatter of runs added. Of runs of compute
/// alone there are no forecasts: the form `compute_frontier` is tested, and
/// forms that were asked for.
///
/// @throws std::invalid_argument for an option out of range, an unknown form,
///     or no runs.
Backtest backtest(const Runs& runs, const BacktestOptions& options = {});

/// How the forecast alone did in such a test, with its own options, over the
/// factors of `BacktestOptions`; no draws are made.
/// @throws as `forecast`.
TestedReach tested_reach(const Runs& runs, const ForecastOptions& options = {});

}  // namespace isoflop
