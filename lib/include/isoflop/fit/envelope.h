// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/base/interval.h"
#include "isoflop/base/option_words.h"
#include "isoflop/fit/power_law.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// How finely an envelope is followed, and its intervals; see `fields()`.
struct EnvelopeOptions {
  int points = 1500;
  double level = 0.9;
  int bootstrap = kDefaultRefits;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<Flops> flops = shown_budgets();

  static constexpr auto fields() {
    return std::make_tuple(
        field("points",
              &EnvelopeOptions::points,
              "budgets, evenly spaced in ln C, at which the best curve is "
              "looked up",
              between(10, 1e6)),
        field("level", &EnvelopeOptions::level, kCoverageHelp, kOpenUnit),
        field("bootstrap",
              &EnvelopeOptions::bootstrap,
              "envelopes of resampled curves, for intervals; 0 for none",
              between(0, 1e6)),
        field("seed", &EnvelopeOptions::seed, kResamplingSeedHelp),
        field("threads",
              &EnvelopeOptions::threads,
              kThreadsHelp,
              between(0, 1024)),
        field("flops", &EnvelopeOptions::flops, kShownBudgetsHelp, kPositive));
  }
};

/// A stretch of the envelope, where one curve is the lowest.
struct EnvelopePart {
  std::string name;  ///< of the curve; its params if it has none
  Params params;
  Interval flops;
  Interval loss_nats;  ///< at both ends
  /// Of the smallest or largest size that is there at this compute: a still
  /// smaller or larger one might be lower, so that it is not counted.
  bool is_edge = false;
};

/// The optimum at a budget by the envelope.
struct EnvelopeEstimate {
  Flops flops;
  Params params;
  Tokens tokens;
  std::optional<Interval> params_interval;
  std::optional<Interval> tokens_interval;
};

/// The envelope of training curves and the power law of its sizes.
struct EnvelopeResult {
  EnvelopeOptions options;
  std::string source;
  std::int64_t runs_used = 0;                 ///< rows
  int curves = 0;                             ///< that were there
  std::vector<EnvelopePart> parts;            ///< by compute
  std::optional<PowerLaw> params;             ///< N*(C); D* = C / (6 N*)
  std::optional<Interval> exponent_interval;  ///< over resampled curves
  int failed = 0;  ///< resamples without two sizes inside the envelope
  std::vector<EnvelopeEstimate> estimates;
  std::vector<Finding> findings;
};

/// Compute-optimal size from training curves (approach 1).
///
/// Rows of one name (or of one size, where there are no names) are a curve of
/// loss over C = 6 N D, taken as straight between its checkpoints in ln C and
/// ln L. At each of many budgets the lowest curve tells N*; a power law goes
/// through those that have a smaller and a larger size beside them.
///
/// A checkpoint before the end of its learning-rate schedule has a higher loss
/// than a run that ends there, which favours small models.
///
/// @throws std::invalid_argument for an option out of range or no runs.
/// @source Hoffmann et al. 2022, arXiv:2203.15556, section 3.1.
EnvelopeResult envelope(const Runs& runs, const EnvelopeOptions& options = {});

}  // namespace isoflop
