// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"

namespace isoflop {

/// Words for options that name a law, a size and data; `Scenario` has them
/// too.
inline constexpr std::string_view kLawHelp =
    "id of a published law, or a saved law.json";
inline constexpr std::string_view kParamsHelp = "model parameters N";
inline constexpr std::string_view kTokensHelp =
    "training tokens D, repeats counted";

/// What the front ends ask about: a law by name and a run.
struct PredictInputs {
  std::string law = std::string(kDefaultLaw);
  std::optional<Params> params;
  std::optional<Tokens> tokens;

  static constexpr auto fields() {
    return std::make_tuple(
        field("law", &PredictInputs::law, kLawHelp),
        field("params", &PredictInputs::params, kParamsHelp, kPositive),
        field("tokens", &PredictInputs::tokens, kTokensHelp, kPositive));
  }
};

struct PredictOptions {
  double level = 0.9;

  static constexpr auto fields() {
    return std::make_tuple(field("level",
                                 &PredictOptions::level,
                                 "share of the law's draws an interval holds",
                                 kOpenUnit));
  }
};

/// The loss of one run under a law.
struct Prediction {
  std::string law;  ///< id
  PredictOptions options;
  Params params;
  Tokens tokens;
  Flops flops;
  Nats loss;
  /// Over the law's draws: the doubt in the law, not the scatter of one run.
  /// Absent when the law has no draws.
  std::optional<Interval> loss_interval;
  /// flops over the largest compute the law was fitted on, where known.
  std::optional<double> extrapolation;
  std::vector<Finding> findings;
};

/// What makes a fitted law unfit for use: its status, as an error; nothing for
/// a law that is identified or published.
std::optional<Finding> law_doubt(const Law& law);

/// Loss of a run of N parameters on D tokens, with its interval.
/// @throws std::invalid_argument unless params and tokens are positive.
Prediction predict(const Law& law,
                   Params params,
                   Tokens tokens,
                   const PredictOptions& options = {});

/// The same for a run that a front end asked about.
/// @throws std::invalid_argument when params or tokens are absent.
Prediction predict(const Law& law,
                   const PredictInputs& inputs,
                   const PredictOptions& options = {});

}  // namespace isoflop
