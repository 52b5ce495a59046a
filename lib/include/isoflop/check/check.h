// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/run_cost.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

struct CheckOptions {
  double waste_warning = 0.10;
  double waste_error = 0.25;
  double bits_per_param = 3.6;
  double level = 0.9;
  int samples = 4000;
  std::uint64_t seed = 1;
  std::vector<std::string> accept;

  static constexpr auto fields() {
    return std::make_tuple(
        field("waste_warning",
              &CheckOptions::waste_warning,
              "compute wasted, as a share of what the optimum needs for the "
              "same loss, from which a plan is warned about",
              kPositive),
        field("waste_error",
              &CheckOptions::waste_error,
              "the same from which a plan should not be trained",
              kPositive),
        field("bits_per_param",
              &CheckOptions::bits_per_param,
              "what a parameter can memorise; 3.6 by Morris et al. 2025, "
              "arXiv:2505.24832",
              kPositive),
        field("level",
              &CheckOptions::level,
              "share of the samples an interval holds",
              kOpenUnit),
        field("samples",
              &CheckOptions::samples,
              "samples where quantities are ranges",
              between(100, 1e7)),
        field("seed", &CheckOptions::seed, "seed of the samples"),
        field("accept",
              &CheckOptions::accept,
              "codes that do not count against the plan (repeatable)"));
  }
};

/// How far a plan is from the optimum at its own compute.
struct Waste {
  double compute_factor = 0.0;  ///< C / C_same loss - 1
  double loss_regret_nats = 0.0;
  double params_over_optimal = 0.0;  ///< N / N*
  std::optional<Interval> compute_factor_interval;
  /// Share of draws and samples on the side of too many parameters whose
  /// waste reaches waste_warning, and waste_error. Absent without either.
  std::optional<double> probability;
  std::optional<double> probability_error;
};

/// The verdict of one published law.
struct LawVerdict {
  std::string law;
  double params_optimal = 0.0;
  double params_over_optimal = 0.0;
  double compute_factor = 0.0;
  bool flagged = false;  ///< N > N* and waste >= waste_error
};

/// What would make the size right.
struct CheckNeeds {
  /// For which this size is optimal; absent where no budget makes it so.
  std::optional<double> tokens;
  /// Distinct tokens, at the scenario's epochs, below which the plan wastes
  /// waste_error on too many parameters at its compute. Absent where no
  /// amount does.
  std::optional<double> unique_tokens_threshold;
  /// Training tokens, at the compute of the plan, from which it wastes less
  /// than waste_warning.
  std::optional<double> tokens_to_clear;
  /// For which these tokens are optimal; absent where no budget makes it so.
  std::optional<double> params_supported;
};

/// The quantity that decides the verdict where several are ranges.
struct Decider {
  std::string quantity;             ///< "tokens", "flops", "params", "law"
  double variance_share = 0.0;      ///< of the verdict, first order
  std::optional<double> threshold;  ///< where the verdict turns
};

enum class Verdict { Clean, Noted, Questionable, DoNotTrain };

template <>
struct EnumWords<Verdict> {
  static constexpr std::pair<Verdict, std::string_view> values[] = {
      {Verdict::Clean, "clean"},
      {Verdict::Noted, "clean_with_notes"},
      {Verdict::Questionable, "questionable"},
      {Verdict::DoNotTrain, "do_not_train"}};
};

struct Check {
  Law law;
  Scenario scenario;
  CheckOptions options;
  Verdict verdict = Verdict::Clean;
  /// The plan at the middle of its ranges.
  Optimum run;
  Optimum best;  ///< at the same compute
  /// Of the loss of the run, where the law is a forecast.
  std::optional<Interval> loss_nats;
  Range<Params> params;  ///< what the scenario spans, derived or given
  Range<Tokens> tokens;
  Range<Flops> flops;
  Waste waste;
  std::vector<LawVerdict> by_law;
  CheckNeeds needs;
  std::optional<Decider> decided_by;
  RunCost cost;  ///< of the run, what the scenario asks for
  std::vector<Finding> findings;
  std::vector<std::string> accepted;  ///< codes that fired and were accepted
};

/// Judges a training plan: a linter for plans.
///
/// The scenario gives two of params, tokens and flops, exact or as ranges;
/// with flops alone the plan that `plan` would make is judged. Ranges are
/// sampled log-uniformly and independently, the law over its draws.
///
/// @throws std::invalid_argument when the scenario gives too little, or all
///     three with values that contradict C = 6 N D.
Check check(const Law& law,
            const Scenario& scenario,
            const CheckOptions& options = {});

/// One rule of the linter, as `explain` shows it.
struct RuleInfo {
  std::string_view code;
  std::string_view summary;      ///< one line: when it fires
  std::string_view explanation;  ///< the page: meaning, formula, source, ...
  /// Keys of a scenario file that it is about, most to blame first, by spaces.
  std::string_view keys = {};
};

/// Every rule of plans and of router loads, in the order they run.
std::vector<RuleInfo> check_rules();

/// Every code that a finding may carry, rules and the rest.
std::vector<RuleInfo> finding_codes();

/// The page of one code.
/// @throws std::invalid_argument with a did-you-mean for an unknown code.
RuleInfo find_code(std::string_view code);

}  // namespace isoflop
