// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/base/interval.h"
#include "isoflop/base/option_words.h"
#include "isoflop/fit/power_law.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// What the parabola through the losses of one budget is.
enum class ValleyShape {
  Minimum,  ///< opens upward, its lowest point among the runs
  Edge,     ///< opens upward, its lowest point outside the runs
  Maximum,  ///< opens downward
  Flat,     ///< its curvature is within the scatter of the runs
  TooFew,   ///< less than three sizes
  Spread    ///< the runs span more than half a budget again: no sweep
};

template <>
struct EnumWords<ValleyShape> {
  static constexpr std::pair<ValleyShape, std::string_view> values[] = {
      {ValleyShape::Minimum, "minimum"},
      {ValleyShape::Edge, "edge"},
      {ValleyShape::Maximum, "maximum"},
      {ValleyShape::Flat, "flat"},
      {ValleyShape::TooFew, "too_few"},
      {ValleyShape::Spread, "spread"}};
};

/// How runs are grouped by budget, and the law to compare with; see `fields()`.
struct ValleyOptions {
  double budget_ratio = 1.2;
  double level = 0.9;
  std::string law = "additive";
  int bootstrap = kDefaultRefits;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<Flops> flops = shown_budgets();

  static constexpr auto fields() {
    return std::make_tuple(
        field("budget_ratio",
              &ValleyOptions::budget_ratio,
              "runs are of one budget when the FLOP of neighbours differ by "
              "less than this factor",
              between(1.0, 10.0)),
        field("level", &ValleyOptions::level, kCoverageHelp, kOpenUnit),
        field("law",
              &ValleyOptions::law,
              "form fitted to the same runs, to compare with and to compute "
              "the bias"),
        field("bootstrap",
              &ValleyOptions::bootstrap,
              "refits of that form, for its intervals; 0 for none",
              between(0, 1e6)),
        field("seed", &ValleyOptions::seed, kResamplingSeedHelp),
        field(
            "threads", &ValleyOptions::threads, kThreadsHelp, between(0, 1024)),
        field("flops", &ValleyOptions::flops, kShownBudgetsHelp, kPositive));
  }
};

/// The runs of one compute budget.
struct Valley {
  Flops flops;      ///< geometric mean of the runs
  int runs = 0;     ///< of this budget
  Interval params;  ///< of the runs
  Interval tokens;
  ValleyShape shape = ValleyShape::TooFew;
  double curvature = 0.0;  ///< d^2 loss / d(ln N)^2, nats
  /// Lowest points of the parabolas in ln N and in ln D; of a maximum its
  /// highest.
  std::optional<Params> best_params;
  std::optional<Tokens> best_tokens;
  std::optional<Nats> best_loss;
  std::optional<Interval> params_interval;  ///< by the scatter about it
};

/// What valleys and the law say of one budget, and by how much valleys would
/// be off if the law were exact.
struct ValleyEstimate {
  Flops flops;
  Params params;
  Tokens tokens;
  std::optional<Interval> params_interval;
  std::optional<Interval> tokens_interval;
  /// Valleys over exact optimum, less 1.
  std::optional<double> params_bias = std::nullopt;
  std::optional<double> tokens_bias = std::nullopt;
  std::optional<OptimumEstimate> law = std::nullopt;
};

/// The valley of every budget, and power laws through their minima.
struct ValleyResult {
  ValleyOptions options;
  std::string source;
  std::string reading;  ///< of the runs
  std::int64_t runs_used = 0;
  std::int64_t runs_dropped = 0;
  std::vector<Valley> valleys;  ///< by budget
  /// N*(C) and D*(C) through the minima; nothing with less than two.
  std::optional<PowerLaw> params;
  std::optional<PowerLaw> tokens;
  std::optional<Law> law;  ///< fitted to the same runs (approach 3)
  /// Of the exponent of N*, from the law without noise on this design.
  std::optional<double> exponent_bias;
  std::vector<ValleyEstimate> estimates;
  std::vector<Finding> findings;
};

/// Compute-optimal size and data from isoFLOP sweeps (approach 2).
///
/// Runs are grouped by gaps in ln C; in each group a parabola in ln N (and one
/// in ln D) goes through the losses by least squares, and power laws go through
/// the lowest points of those that are minima among their runs.
///
/// A parabola misses the asymmetry of a law whose exponents differ, so its
/// minimum is off even without noise, the more the wider the sweep. The bias
/// of this design is computed: the losses of the law fitted to the same runs,
/// without noise, go through the same steps and are compared with its exact
/// optimum.
///
/// @throws std::invalid_argument for an option out of range or no runs.
/// @source Hoffmann et al. 2022, arXiv:2203.15556, section 3.2.
ValleyResult isoflop_valleys(const Runs& runs,
                             const ValleyOptions& options = {});

}  // namespace isoflop
