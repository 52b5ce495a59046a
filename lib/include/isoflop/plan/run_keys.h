// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "isoflop/base/field.h"
#include "isoflop/cost/model.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/flops_rule.h"
#include "isoflop/plan/goal.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

/// The run of a scenario: its law, compute, model and data.
struct RunKeys {
  std::string law =
      std::string(kDefaultLaw);  ///< id, saved law or table of runs
  std::optional<Range<Flops>> flops;
  std::optional<Range<Params>> params;
  std::optional<Range<Tokens>> tokens;
  std::optional<Range<Tokens>> unique_tokens;
  std::optional<Range<double>> max_epochs;
  std::optional<Range<Params>> max_params;
  std::optional<Architecture> architecture;
  std::optional<Range<Params>> active_params;
  std::optional<Range<int>> experts;
  std::optional<FlopsRule> flops_rule;
  std::optional<Range<Params>> generator_params;
  std::optional<Range<Share>> acceptance;
  std::optional<Range<Params>> verifier_params;
  bool allow_unverified = false;

 protected:
  static constexpr auto run_fields() {
    return std::make_tuple(
        field("law", &RunKeys::law, kLawHelp, kAnyNumber, "law"),
        field("flops",
              &RunKeys::flops,
              "training compute, C = 6 N D, or by the flops_rule",
              kPositive,
              "budget.flops"),
        field("params", &RunKeys::params, kParamsHelp, kCount, "model.params"),
        field("tokens", &RunKeys::tokens, kTokensHelp, kCount, "data.tokens"),
        field("unique_tokens",
              &RunKeys::unique_tokens,
              "distinct tokens that are at hand",
              kPositive,
              "data.unique_tokens"),
        field("max_epochs",
              &RunKeys::max_epochs,
              "passes over the unique tokens that are still worth making; when "
              "absent 4 (Muennighoff et al. 2023, arXiv:2305.16264), and for "
              "`plan` no bound under a law that weighs repeats",
              at_least(1),
              "data.max_epochs"),
        field("max_params",
              &RunKeys::max_params,
              "largest size that a plan may choose; of a mixture, active",
              kPositive,
              "model.max_params"),
        field("architecture",
              &RunKeys::architecture,
              "dense or moe, a mixture of experts; when absent what experts "
              "say",
              kAnyNumber,
              "model.architecture"),
        field("active_params",
              &RunKeys::active_params,
              "parameters of a mixture that work on a token: N of C = 6 N D",
              kPositive,
              "model.active_params"),
        field("experts",
              &RunKeys::experts,
              "experts a layer; 1 is a dense model",
              between(1, 1e5),
              "model.experts"),
        field("flops_rule",
              &RunKeys::flops_rule,
              "what training FLOP a token follow from: 6n, a factor of 6 N as "
              "1.76, typical for today's proportions at each size and the "
              "context, or a shape, as layers=32,width=4096,heads=32,...; "
              "when absent 6n",
              kAnyNumber,
              "model.flops_rule"),
        field("generator_params",
              &RunKeys::generator_params,
              "size of a model that may write synthetic tokens, which count "
              "as distinct ones; needs unique_tokens, and `plan` a budget or a "
              "loss to reach",
              kPositive,
              "data.synthetic.generator_params"),
        field("acceptance",
              &RunKeys::acceptance,
              "share of its tokens that is kept; when absent 1",
              kPositiveShare,
              "data.synthetic.acceptance"),
        field("verifier_params",
              &RunKeys::verifier_params,
              "size of a model that judges every token written",
              kPositive,
              "data.synthetic.verifier_params"),
        field("allow_unverified",
              &RunKeys::allow_unverified,
              kAllowUnverifiedHelp,
              kAnyNumber,
              "allow_unverified"));
  }
};

/// What a plan is made for.
struct GoalKeys {
  std::optional<Goal> minimise;
  std::optional<Range<Nats>> target_loss;
  std::optional<Range<Share>> target_error;
  std::optional<std::string> error_law;
  std::optional<Risk> risk;

 protected:
  static constexpr auto goal_fields() {
    return std::make_tuple(
        field("minimise",
              &GoalKeys::minimise,
              "loss, or at target_loss training_cost or lifetime_cost "
              "(training and serving); when absent loss, with target_loss "
              "training_cost",
              kAnyNumber,
              "goal.minimise"),
        field("target_loss",
              &GoalKeys::target_loss,
              "loss to reach, nats per token",
              kPositive,
              "goal.loss"),
        field("target_error",
              &GoalKeys::target_error,
              "downstream error to reach, by the error_law",
              kOpenUnit,
              "goal.error"),
        field("error_law",
              &GoalKeys::error_law,
              "law of downstream error that reads this law's losses",
              kAnyNumber,
              "goal.error_law"),
        field("risk",
              &GoalKeys::risk,
              "loss that a plan goes by: of the law's point, or over its draws "
              "the mean or a quantile, as q90; when absent point",
              kAnyNumber,
              "goal.risk"));
  }
};

}  // namespace isoflop
