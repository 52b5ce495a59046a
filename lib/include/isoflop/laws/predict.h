// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"

namespace isoflop {

/// Words for options that several verbs have.
inline constexpr std::string_view kLawHelp =
    "id of a published law, a saved law.json, or runs.csv to learn from";
inline constexpr std::string_view kParamsHelp = kParams.meaning;
inline constexpr std::string_view kTokensHelp = kTokens.meaning;
inline constexpr std::string_view kScheduleHelp =
    "learning rates of a run, as cosine:steps=24000,peak=3e-4,warmup=2160";

/// Parameters, or tokens, of a model: with fewer a unit was left out (70 for
/// 70B), with more there is no such model.
inline constexpr Bounds kCount = between(1e3, 1e30);

/// What the front ends ask about: a law by name and a run. A law reads some of
/// these (`explain law ID` says which); the others stay absent.
struct PredictInputs {
  std::string law = std::string(kDefaultLaw);
  bool allow_unverified = false;
  std::optional<Params> params;
  std::optional<Tokens> tokens;
  std::optional<Flops> flops;
  std::optional<Tokens> unique_tokens;
  std::optional<Params> active_params;
  std::optional<Params> params_nonembedding;
  std::optional<double> experts;
  std::optional<double> granularity;
  std::optional<double> sparsity;
  std::optional<double> weight_bits;
  std::optional<double> activation_bits;
  std::optional<double> kv_bits;
  std::optional<double> post_bits;
  std::optional<Nats> loss;
  std::optional<double> step;
  std::string schedule;
  std::vector<std::string> column;
  std::string downstream;

  static constexpr auto fields() {
    using I = PredictInputs;
    return std::make_tuple(
        field("law", &I::law, kLawHelp),
        field("allow_unverified", &I::allow_unverified, kAllowUnverifiedHelp),
        field("params", &I::params, kParams.meaning, kCount),
        field("tokens", &I::tokens, kTokens.meaning, kCount),
        field("flops", &I::flops, kFlops.meaning, kPositive),
        field("unique_tokens",
              &I::unique_tokens,
              kUniqueTokens.meaning,
              kPositive),
        field("active_params",
              &I::active_params,
              kActiveParams.meaning,
              kPositive),
        field("params_nonembedding",
              &I::params_nonembedding,
              kNonEmbeddingParams.meaning,
              kPositive),
        field("experts", &I::experts, kExperts.meaning, at_least(1)),
        field("granularity", &I::granularity, kGranularity.meaning, kPositive),
        field("sparsity", &I::sparsity, kSparsity.meaning, kNonNegative),
        field("weight_bits", &I::weight_bits, kWeightBits.meaning, kPositive),
        field("activation_bits",
              &I::activation_bits,
              kActivationBits.meaning,
              kPositive),
        field("kv_bits", &I::kv_bits, kCacheBits.meaning, kPositive),
        field("post_bits", &I::post_bits, kPostBits.meaning, kPositive),
        field("loss", &I::loss, kLoss.meaning, kPositive),
        field("step", &I::step, kStep.meaning, at_least(1)),
        field("schedule", &I::schedule, kScheduleHelp),
        field("column",
              &I::column,
              "another column that a law by formula reads, as NAME=NUMBER"),
        field("downstream",
              &I::downstream,
              "law that turns the loss into an error rate, by id or file"));
  }
};

/// What an interval holds; see `fields()`.
struct PredictOptions {
  double level = 0.9;

  static constexpr auto fields() {
    return std::make_tuple(field("level",
                                 &PredictOptions::level,
                                 "share of the law's draws, or chance of a "
                                 "forecast, that an interval holds",
                                 kOpenUnit));
  }
};

/// The answer of a law of downstream error for a predicted loss.
struct DownstreamPrediction {
  std::string law;                   ///< id
  double error_rate;                 ///< in (0, 1)
  std::optional<Interval> interval;  ///< over the draws of both laws
};

/// What a law answers for one run: most often its loss.
struct Prediction {
  std::string law;  ///< id
  /// How the law was fitted or forecast, see `Provenance::options`.
  std::map<std::string, std::string> law_options = {};
  PredictInputs asked;  ///< as the front end gave them
  PredictOptions options;
  InputValues inputs;   ///< what the law read, and what it takes for absent
  std::string output;   ///< variable that is answered: "loss", "params" ...
  std::string meaning;  ///< of it
  std::string unit;     ///< of it, of a loss or of a formula; else ""
  double value;         ///< the answer, in `unit` or that of `output`
  /// Over the law's draws, or of a forecast that of the mean curve: the doubt
  /// in the law, not the scatter of one run. Absent when a law alone has no
  /// draws.
  std::optional<Interval> interval;
  /// Where a single new run may end: with the scatter of runs, where known.
  std::optional<Interval> run_interval;
  std::optional<LossForecast> forecast;  ///< and the parts of its doubt
  /// Both intervals are this many times as wide, in ln L, as refits say: by
  /// the back-test of the law, see `Law::widening`.
  double widening = 1.0;
  /// Draws that have no answer for this run; with more than a tenth of them
  /// there is no interval.
  int draws_without = 0;
  /// Of a forecast: how it did on its own larger runs; absent untested.
  std::optional<TestedReach> tested = std::nullopt;
  std::optional<Flops> flops;  ///< of a run of known size and data, or given
  /// flops over the largest compute the law was fitted on, where known.
  std::optional<double> extrapolation;
  /// How the compute divides, for a law that answers size or data from it.
  std::optional<Allocation> allocation;
  std::optional<DownstreamPrediction> downstream;
  std::vector<Finding> findings;

  /// Whether the answer is a loss.
  bool answers_loss() const { return output == kLoss.name; }
  /// Whether it is one in nats per token.
  bool answers_nats() const {
    return answers_loss() && unit == Provenance().loss_unit;
  }
};

/// What makes a fitted law unfit for use: its status, as an error; nothing for
/// a law that is identified or published.
std::optional<Finding> law_doubt(const Law& law);

/// What else the fit or the forecast that made the law warned of, for whoever
/// uses it; its errors too, as warnings: what they mean for the law is its
/// status.
std::vector<Finding> law_warnings(const Law& law);

/// What a law answers for a run, with its interval; of a forecast the loss that
/// takes its departure from the law into account. For a law of compute,
/// `flops` follows from params and tokens as C = 6 N D when it is not given.
/// @throws std::invalid_argument as `input_vector`, for a law of a loss curve
///     without a schedule, or for a downstream law that does not read a loss.
Prediction predict(const Law& law,
                   const PredictInputs& inputs,
                   const PredictOptions& options = {});

/// Loss of a run of N parameters on D tokens, with its interval.
/// @throws std::invalid_argument unless params and tokens are positive.
Prediction predict(const Law& law,
                   Params params,
                   Tokens tokens,
                   const PredictOptions& options = {});

}  // namespace isoflop
