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
#include "isoflop/plan/size_bounds.h"

namespace isoflop {

/// From where a finding fires, and how ranges are sampled; see `fields()`.
struct CheckOptions {
  double waste_warning = kWasteWarning;
  double waste_error = kWasteError;
  double bits_per_param = 3.6;
  double hopeless_passes = kHopelessPasses;
  double repeat_value = 0.25;
  double far_beyond = 1e4;
  double goodput_note = GoodputBounds().note;
  double goodput_warning = GoodputBounds().warning;
  double likely = 0.5;
  double possible = 0.2;
  double remote = 0.05;
  double level = 0.9;
  int samples = 2000;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<std::string> accept;

 private:
  static constexpr auto thresholds() {
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
        field("hopeless_passes",
              &CheckOptions::hopeless_passes,
              "times the useful passes over the unique tokens from which a "
              "plan should not be trained",
              at_least(1)),
        field("repeat_value",
              &CheckOptions::repeat_value,
              "worth of a repeated token, of a new one, below which a plan is "
              "warned about",
              kOpenUnit),
        field("far_beyond",
              &CheckOptions::far_beyond,
              "factor beyond the runs of the law from which a plan is warned "
              "about",
              at_least(1)),
        field("goodput_note",
              &CheckOptions::goodput_note,
              "share of the time that is to become training; what failures "
              "leave less of is noted",
              kPositiveShare),
        field("goodput_warning",
              &CheckOptions::goodput_warning,
              "the same below which a plan is warned about",
              kPositiveShare));
  }
  static constexpr auto sampling() {
    return std::make_tuple(
        field("likely",
              &CheckOptions::likely,
              "where quantities are ranges, the chance from which what is an "
              "error for exact ones is an error",
              kPositiveShare),
        field("possible",
              &CheckOptions::possible,
              "the chance from which a finding is a warning",
              kPositiveShare),
        field("remote",
              &CheckOptions::remote,
              "the chance from which a finding is a note",
              kPositiveShare),
        field("level",
              &CheckOptions::level,
              "share of the samples an interval holds",
              kOpenUnit),
        field("samples",
              &CheckOptions::samples,
              "samples where quantities are ranges",
              between(100, 1e7)),
        field("seed", &CheckOptions::seed, "seed of the samples"),
        field("threads",
              &CheckOptions::threads,
              "threads; 0 for all CPUs; the result is the same for any",
              between(0, 1024)),
        field("accept",
              &CheckOptions::accept,
              "a code that does not count against the plan, or "
              "code=reason (repeatable)"));
  }

 public:
  static constexpr auto fields() {
    return std::tuple_cat(thresholds(), sampling());
  }
};

/// How far a plan is from the optimum at its own compute.
struct Waste {
  double compute_factor = 0.0;       ///< C / C_same loss - 1
  double loss_regret_nats = 0.0;     ///< loss above the optimum's
  double params_over_optimal = 0.0;  ///< N / N*
  std::optional<Interval>
      compute_factor_interval;  ///< over the law's draws and the ranges
  /// Share of draws and samples on the side of too many parameters whose
  /// waste reaches waste_warning, and waste_error. Absent without either.
  std::optional<double> probability;
  std::optional<double> probability_error;  ///< of waste_error
};

/// The verdict of one published law.
struct LawVerdict {
  std::string law;                   ///< id
  double params_optimal = 0.0;       ///< at the compute of the plan
  double params_over_optimal = 0.0;  ///< N / N*
  double compute_factor = 0.0;       ///< as `Waste::compute_factor`
  bool flagged = false;              ///< N > N* and waste >= waste_error
};

/// What would make the size right.
struct CheckNeeds {
  /// Distinct ones, for which this size is optimal; absent where no budget
  /// makes it so.
  std::optional<double> tokens;
  /// Distinct tokens, at the scenario's epochs, below which a plan of this
  /// compute wastes waste_error on too many parameters. Absent where no
  /// amount does.
  std::optional<double> unique_tokens_threshold;
  /// Training tokens, at the compute of the plan, from which it wastes less
  /// than waste_warning.
  std::optional<double> tokens_to_clear;
  /// For which the worth of these tokens is optimal; absent where no budget
  /// makes it so.
  std::optional<double> params_supported;
};

/// What repeating the unique tokens is worth.
/// @source Muennighoff et al. 2023, arXiv:2305.16264.
struct Repeats {
  double epochs = 0.0;        ///< passes over the unique tokens
  double tokens_worth = 0.0;  ///< distinct tokens that are worth as much
  double last_value = 0.0;    ///< of a repeated token at the end, of a new one
};

/// What the model could hold by heart, against what there is to hold.
/// @source Morris et al. 2025, arXiv:2505.24832.
struct Recall {
  double capacity_bits = 0.0;     ///< that the parameters can hold
  double information_bits = 0.0;  ///< of the distinct tokens
  double tokens_held = 0.0;       ///< distinct tokens that fill the capacity
  /// Of training, from its start, in which all that was seen may be held by
  /// heart: benchmark gains until then may be recall.
  double share_of_training = 0.0;
};

/// Samples of ranges and of the law's draws: shares are of those not left out.
struct SampleCount {
  int drawn = 0;            ///< in all
  int without_run = 0;      ///< no run keeps what is wanted
  int without_optimum = 0;  ///< the law has no optimal size
};

/// The quantity that decides, of those that are ranges and the law.
struct Decider {
  std::string code;             ///< of the finding
  std::string quantity;         ///< "tokens", "usd", ..., or "law"
  double variance_share = 0.0;  ///< of the verdict, first order
  std::optional<double>
      threshold;      ///< where it turns, the others in the middle
  std::string turns;  ///< "below 13.2T"; empty without threshold
};

/// A finding that fired and was accepted.
struct Accepted {
  std::string code;    ///< of the finding
  std::string reason;  ///< may be empty
};

/// Whether the code of a finding is among the accepted ones.
bool is_accepted(const Finding& finding, const std::vector<Accepted>& accepted);

/// NoVerdict: the law says nothing of sizes, so only the findings have meaning.
enum class Verdict { Clean, Noted, Questionable, DoNotTrain, NoVerdict };

template <>
struct EnumWords<Verdict> {
  static constexpr std::pair<Verdict, std::string_view> values[] = {
      {Verdict::Clean, "clean"},
      {Verdict::Noted, "clean_with_notes"},
      {Verdict::Questionable, "questionable"},
      {Verdict::DoNotTrain, "do_not_train"},
      {Verdict::NoVerdict, "no_verdict"}};
};

/// The verdict on a plan, with the numbers behind it.
struct Check {
  Law law;
  Scenario scenario;
  CheckOptions options;
  Verdict verdict = Verdict::Clean;
  /// The plan at the middle of its ranges.
  Optimum run;
  Optimum best;  ///< at the same compute
  /// Of the loss of the run, where the law is a forecast or was back-tested.
  std::optional<Interval> loss_nats;
  double loss_widening = 1.0;  ///< see `Prediction::widening`
  Range<Params> params;        ///< what the scenario spans, derived or given
  Range<Tokens> tokens;
  Range<Flops> flops;
  Waste waste;
  SampleCount samples;
  /// The laws that vote; for a mixture of experts those of mixtures.
  std::vector<LawVerdict> by_law;
  /// The other verified laws of dense models, least waste first.
  std::vector<LawVerdict> without_vote;
  CheckNeeds needs;
  std::optional<Repeats> repeats;  ///< with unique tokens
  /// Absent under a law that does not say what is left to say of a token.
  std::optional<Recall> recall;
  std::optional<Decider> decided_by;  ///< whether there are too many parameters
  /// Synthetic tokens among the unique ones, where a budget buys them.
  std::optional<SyntheticSupply> synthetic;
  RunCost cost;  ///< of the run, what the scenario asks for
  std::vector<Finding> findings;
  std::vector<Decider> deciders;  ///< of each finding over ranges
  std::vector<Accepted> accepted;
};

/// Judges a training plan: a linter for plans.
///
/// The scenario gives two of params, tokens and flops, exact or as ranges;
/// with flops alone the plan that `plan` would make is judged. Ranges of any
/// quantity are sampled log-uniformly and independently, the law over its
/// draws. Where unique tokens are given, repeats count for what they are
/// worth (`with_unique_tokens`).
///
/// @throws std::invalid_argument when the scenario gives too little, or all
///     three with values that contradict C = 6 N D, and for an unknown code to
///     accept; DataError when a file asks for it.
Check check(const Law& law,
            const Scenario& scenario,
            const CheckOptions& options = {});

/// Judges what `plan` answered: its run, by its own law and scenario.
/// @throws std::invalid_argument as `check`, and for a plan without an answer.
Check check(const Plan& plan, const CheckOptions& options = {});

/// "3 of 4 published laws", "1 of 2 published laws of mixtures": how many flag
/// the plan.
std::string agreement(const Check& check);

/// The same of many plans, in parallel; the law of each result has no draws.
/// @throws as `check`, naming the plan by its name or place.
std::vector<Check> check_many(const Law& law,
                              const std::vector<Scenario>& scenarios,
                              const CheckOptions& options = {});

/// One rule of the linter, as `explain` shows it.
struct RuleInfo {
  std::string_view code;         ///< as findings carry it
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
