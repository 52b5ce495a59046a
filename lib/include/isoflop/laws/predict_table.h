// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/predict.h"
#include "isoflop/runs/planned_runs.h"

namespace isoflop {

/// What a law or a forecast says of one row.
struct PredictedRun {
  std::string name;  ///< "" without one
  Params params;
  Tokens tokens;
  Flops flops;  ///< 6 N D
  Nats loss;
  std::optional<Interval> curve;  ///< of the mean curve; none without draws
  std::optional<Interval> run;    ///< of one new run; a forecast has it
  std::optional<LossForecast> forecast;
  std::optional<double> extrapolation;  ///< flops over the law's largest
  double widening = 1.0;  ///< of the intervals, see `Prediction::widening`
  std::optional<double> observed;  ///< loss in nats, where it is known
};

/// How near the predictions came to losses that are known.
struct PredictionScore {
  int runs = 0;                 ///< whose losses are known
  double mean_abs_error = 0.0;  ///< relative, of the loss
  double mean_error = 0.0;      ///< relative, above 0 when too high
  /// Share inside the intervals of a run, or of the curve without these.
  std::optional<double> coverage;
};

/// The losses of many runs, and how near they came where these are known.
struct PredictionTable {
  std::string law;           ///< id
  bool is_forecast = false;  ///< not of a law alone
  /// How the law was fitted or forecast, see `Provenance::options`.
  std::map<std::string, std::string> law_options;
  /// Of a forecast: how it did on its own larger runs; absent untested.
  std::optional<TestedReach> tested = std::nullopt;
  PredictOptions options;
  std::string source;  ///< of the rows
  std::vector<PredictedRun> rows;
  std::optional<PredictionScore> score;  ///< where losses are known
  std::vector<Finding> findings;
};

/// A number of every row; NaN where a row has none.
struct PredictedColumn {
  const char* name;     ///< with its unit where it has one
  const char* meaning;  ///< with its unit
  double (*value)(const PredictedRun&);
};

/// What a table holds besides names, in the order of its CSV.
std::span<const PredictedColumn> predicted_columns();

/// One value a row.
Eigen::VectorXd values_of(const PredictionTable& table,
                          const PredictedColumn& column);

/// The loss of every row, with its intervals.
/// @throws std::invalid_argument for a law that answers no loss of size and
///     data, or rows that are not positive and finite.
PredictionTable predict_table(const Law& law,
                              const PlannedRuns& runs,
                              const PredictOptions& options = {});

}  // namespace isoflop
