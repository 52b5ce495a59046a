// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/run_cost.h"
#include "isoflop/plan/scenario.h"
#include "isoflop/plan/sensitivity.h"

namespace isoflop {

/// What an interval holds, and what else is shown; see `fields()`.
struct PlanOptions {
  double level = 0.9;
  std::vector<std::string> accept;
  std::vector<std::string> versus;

  static constexpr auto fields() {
    return std::make_tuple(
        field("level",
              &PlanOptions::level,
              "share of the law's draws an interval holds",
              kOpenUnit),
        field("accept",
              &PlanOptions::accept,
              "plan all the same under a law with this error: fit.weak, "
              "fit.not-identified (repeatable)"),
        field("versus",
              &PlanOptions::versus,
              "another accelerator for the same training, as h200-sxm or "
              "h100-sxm:fp8, and the rent at which it is cheaper "
              "(repeatable)"));
  }
};

/// Another size at the same compute, and what it costs.
struct SizeAlternative {
  double size_factor = 1.0;  ///< of the planned parameters
  Params params;
  Tokens tokens;
  Nats loss;
  double loss_regret_nats = 0.0;  ///< loss above the plan's
  /// Compute that the optimum needs less for the same loss: C / C_same - 1.
  double compute_waste = 0.0;
};

/// A plan by the law's point beside one by a measure of the loss over the
/// draws. Both losses are that measure.
struct RiskView {
  Risk risk;         ///< the plan's own; the mean for a plan by the point
  Optimum by_point;  ///< loses `regret_nats` by the measure
  Optimum by_risk;
  double regret_nats = 0.0;  ///< measure of the first less that of the second
};

/// Verified synthetic tokens, taken to be as good as new ones.
struct SyntheticSupply {
  Tokens tokens;  ///< that are kept; 0 where none pay
  Flops flops;    ///< to write and judge them
  Flops flops_per_token;
  /// At the MFU of training, which decoding does not reach: at least this.
  std::optional<UsdPerMillionTokens> usd_per_million_tokens;
  std::optional<Nats> loss_without;    ///< at this budget
  std::optional<Flops> flops_without;  ///< for this loss, where a run has it
};

/// What reaching a loss takes over the law's draws, each by its own cheapest
/// run within the bounds; of many draws 1000 are taken.
struct CostOverDraws {
  double unreached = 0.0;  ///< share of the draws in which no run does
  /// What the plan makes least: FLOP, and dollars where rents are known. An
  /// end, or a value, that draws without a run leave open is infinite.
  Interval flops;
  std::optional<Interval> usd;  ///< dollars
  Risk risk;  ///< the plan's own; the median for a plan by the point
  Flops flops_at_risk;
  std::optional<Usd> usd_at_risk;
};

/// One combination of the values that a plan may choose from.
struct ChoiceEntry {
  std::vector<std::string> values;  ///< one a key
  std::string problem;              ///< why there is no plan; else ""
  Optimum run;
  double measure = 0.0;             ///< what is made least
  std::optional<Usd> usd;           ///< of training, or of a life
  std::vector<std::string> misses;  ///< codes of errors
};

/// What a plan chose from `Scenario::choose`.
struct Choices {
  std::vector<std::string>
      keys;             ///< of a scenario file, in the order of `values`
  std::string measure;  ///< "loss_nats", "usd" or "flops"
  std::vector<ChoiceEntry> entries;  ///< best first; the first is the plan's
  /// The next one's measure over the best's, less one; absent where the best
  /// is the only one that keeps the bounds.
  std::optional<double> beats_by;
};

/// What a plan amounts to.
enum class PlanVerdict { Plan, DoNotTrain, Infeasible, NoPlan };

template <>
struct EnumWords<PlanVerdict> {
  static constexpr std::pair<PlanVerdict, std::string_view> values[] = {
      {PlanVerdict::Plan, "plan"},
      {PlanVerdict::DoNotTrain, "do_not_train"},
      {PlanVerdict::Infeasible, "infeasible"},
      {PlanVerdict::NoPlan, "no_plan"}};
};

/// A run chosen under a law, what it costs, and what else was possible.
struct Plan {
  Law law;                           ///< as a loss of size and data
  std::shared_ptr<const Form> form;  ///< of the law as it was given
  Scenario scenario;
  PlanOptions options;
  bool is_answered = false;  ///< false: only the findings have meaning
  /// Infeasible where a bound is missed, do-not-train where another finding is
  /// an error.
  PlanVerdict verdict = PlanVerdict::NoPlan;
  std::vector<std::string> missed;  ///< codes of the bounds that are missed
  std::string minimised;            ///< "loss", "usd" or "flops"
  Optimum run;          ///< the planned size, data, compute and loss
  double epochs = 0.0;  ///< over the unique tokens; 0 when not given
  /// Over the law's draws; absent without draws. The loss is that of the
  /// planned run; the others, absent unless the law chose size and data, say
  /// where the optimum lies as far as the data reach.
  std::optional<Interval> params;
  std::optional<Interval> tokens;            ///< count
  std::optional<Interval> tokens_per_param;  ///< D / N
  std::optional<Interval> loss_nats;         ///< nats per token
  /// How many times as wide as the draws the law's back-test made it, see
  /// `Prediction::widening`.
  double widening = 1.0;
  std::string binding;             ///< scenario key of the limit that binds
  std::optional<Choices> choices;  ///< where there is something to choose
  std::optional<CostOverDraws> cost_over_draws;  ///< of a loss to reach
  std::optional<Params> total_params;  ///< of a mixture, with resting experts
  std::optional<SyntheticSupply> synthetic;
  std::optional<RiskView> risk;       ///< absent without draws
  std::optional<double> loss_chance;  ///< that target_loss is reached
  std::optional<DownstreamPrediction> downstream;  ///< by the error_law
  std::vector<Sensitivity> sensitivity;
  std::vector<FrontierPoint> frontier;          ///< see `training_frontier`
  std::vector<FrontierPoint> serving_frontier;  ///< where it is served
  /// Sizes at the same compute whose loss is at most 0.1 % above.
  std::optional<Interval> flat_params;
  std::vector<SizeAlternative> alternatives;  ///< those the data allow
  std::optional<double> extrapolation;        ///< flops over the law's largest
  RunCost cost;                               ///< what the scenario asks for
  std::vector<AcceleratorAlternative> versus;
  std::vector<Finding> findings;
};

/// From what is known to a run: chooses size and data of lowest loss.
///
/// With a budget alone N and D are compute-optimal; with a size or data too
/// the rest follows from C = 6 N D; with a size or data alone the answer is
/// the budget at which they are optimal. Unique tokens limit D to
/// `max_epochs` passes, demands on serving N where it is free. Dollars, days
/// and energy become compute on the cluster, and the tightest budget binds.
/// With a loss to reach, or a downstream error, the run that costs least in
/// training, or in its life. With a risk, size and data are chosen by the mean
/// or a quantile of the loss over the law's draws.
///
/// @throws std::invalid_argument when the scenario gives ranges, nothing, or
///     values that contradict C = 6 N D by more than 1 %.
Plan plan(const Law& law,
          const Scenario& scenario,
          const PlanOptions& options = {});

/// The run, its binding limit and its cost alone, for many scenarios: no
/// intervals, no alternatives, and whatever the status of the law. Draws are
/// only needed for a risk.
Plan plan_point(const Law& law, const Scenario& scenario);

/// Size and data that `plan` would choose, whatever the status of the law;
/// ranges of the unique tokens stand for their middle.
Optimum planned_run(const Law& law, const Scenario& scenario);

/// The budget at which this size is compute-optimal, and its data; nothing
/// when no budget from 150 to 1e40 FLOP makes it so.
std::optional<Optimum> optimum_for_params(const Law& law, Params params);

/// The budget at which this much data is compute-optimal, and its size.
std::optional<Optimum> optimum_for_tokens(const Law& law, Tokens tokens);

}  // namespace isoflop
