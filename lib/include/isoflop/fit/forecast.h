// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/base/option_words.h"
#include "isoflop/laws/discrepancy.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// What is held likely of the law's exponents before the runs are seen.
enum class ForecastPrior { LanguageModel, None };

template <>
struct EnumWords<ForecastPrior> {
  static constexpr std::pair<ForecastPrior, std::string_view> values[] = {
      {ForecastPrior::LanguageModel, "language_model"},
      {ForecastPrior::None, "none"}};
};

/// Whether the departure of runs from the law is learned with it.
enum class DiscrepancyChoice { Learned, None };

template <>
struct EnumWords<DiscrepancyChoice> {
  static constexpr std::pair<DiscrepancyChoice, std::string_view> values[] = {
      {DiscrepancyChoice::Learned, "learned"},
      {DiscrepancyChoice::None, "none"}};
};

/// Which scales of the discrepancy a forecast takes from its grid.
enum class ScaleChoice { Best, Averaged };

template <>
struct EnumWords<ScaleChoice> {
  static constexpr std::pair<ScaleChoice, std::string_view> values[] = {
      {ScaleChoice::Best, "best"}, {ScaleChoice::Averaged, "averaged"}};
};

/// What form, prior and scales a forecast is learned with; see `fields()`.
struct ForecastOptions {
  std::string form = "coupled";
  ForecastPrior prior = ForecastPrior::LanguageModel;
  std::vector<std::string> prior_law;
  DiscrepancyChoice discrepancy = DiscrepancyChoice::Learned;
  ScaleChoice scales = ScaleChoice::Best;
  std::vector<double> amplitude = {.001, .003, .006, .012, .024, .048};
  std::vector<double> length = {1, 2, 3};
  std::vector<double> growth = {0, .15, .3};
  std::vector<double> noise = {.3, .6, 1};
  std::vector<double> run_effect = {.003, .01};
  double drift = 0.005;
  double level = 0.9;
  int draws = 500;
  std::uint64_t seed = 1;
  int threads = 0;

  static constexpr auto fields() {
    using O = ForecastOptions;
    return std::make_tuple(
        field("form",
              &O::form,
              "form of the law, one that declares a prior: coupled or "
              "additive"),
        field("prior",
              &O::prior,
              "prior of the exponents: language_model or none"),
        field("prior_law",
              &O::prior_law,
              "take the prior from a law fitted to other runs: id or file "
              "(repeatable)"),
        field("discrepancy",
              &O::discrepancy,
              "how runs depart from the law: learned, or none for the law "
              "with its prior alone"),
        field("scales",
              &O::scales,
              "take the best scales of the discrepancy, or all averaged by "
              "their evidence: best or averaged"),
        field("amplitude",
              &O::amplitude,
              "grid of the discrepancy's sd in log loss",
              kPositiveShare),
        field("length",
              &O::length,
              "grid of the length over which it varies, in ln N and ln D",
              between(0.01, 100)),
        field("growth",
              &O::growth,
              "grid of the power of Cmax/C by which it grows at small runs",
              between(0, 2)),
        field("noise",
              &O::noise,
              "grid of the noise, as a share of the robust sd of residuals",
              between(0.001, 1000)),
        field("run_effect",
              &O::run_effect,
              "grid of the sd shared by the rows of a run, where runs have "
              "several",
              between(0, 1)),
        field("drift",
              &O::drift,
              "sd in log loss, a decade of compute, beyond the largest run",
              between(0, 1)),
        field("level", &O::level, "what an interval holds", kOpenUnit),
        field("draws",
              &O::draws,
              "draws of the law's coefficients, for the doubt in the optimum",
              between(0, 1e5)),
        field("seed", &O::seed, "seed of the draws"),
        field("threads", &O::threads, kThreadsHelp, between(0, 1024)));
  }
};

/// A law with a correlated discrepancy, learned from runs.
struct Forecast {
  Law law;  ///< its `discrepancy` is set
  ForecastOptions options;
  std::string source;             ///< of the runs
  std::int64_t rows_used = 0;     ///< learned from
  std::int64_t rows_dropped = 0;  ///< left out, by filters or as too many
  int runs = 0;                   ///< rows of one name are one run
  double residual_scale = 0.0;    ///< robust sd of log residuals of the law
  std::optional<double> log_evidence;  ///< of the best scales, where learned
  /// Prior coordinates of the form: place of the mode in sds of the prior.
  std::vector<std::pair<std::string, double>> prior_deviations;
  std::vector<Finding> findings;

  const DiscrepancyScales& scales() const;  ///< the likeliest
  /// The loss of one run.
  /// @throws std::invalid_argument unless both are positive and finite.
  LossForecast predict(Params params, Tokens tokens) const;
};

/// Learns from runs what larger runs will lose.
///
/// A law with a weak prior, and a Gaussian process for how runs depart from
/// it: small runs do not follow a law exactly, their misfit is shared by their
/// neighbours, and least squares alone lets it pull the irreducible loss up.
/// A robust mode of the law gives the size of the noise and tells which runs
/// are far off; the scales of the process are those of largest Laplace
/// evidence on a grid, with the law at its mode under them.
///
/// Rows that share a name and a size are checkpoints of one run. The result
/// depends on neither the order of the rows nor the number of threads.
///
/// @return  with status `not_identified` for fewer than 8 distinct sizes and
///     data or losses that do not fall, `weak` when they do not vary in two
///     directions; `findings` says.
/// @throws std::invalid_argument for an option out of range, a form without a
///     prior, or no runs; std::runtime_error where no scales have evidence.
/// @source docs/theory/forecast.md; the discrepancy: Kennedy & O'Hagan 2001,
///     doi:10.1111/1467-9868.00294.
Forecast forecast(const Runs& runs, const ForecastOptions& options = {});

}  // namespace isoflop
