// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/base/option_words.h"
#include "isoflop/fit/backtest_score.h"
#include "isoflop/fit/bootstrap.h"
#include "isoflop/fit/covariance.h"
#include "isoflop/fit/identifiability.h"
#include "isoflop/fit/influence.h"
#include "isoflop/fit/profile.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// How a residual counts in the objective.
enum class Objective { Huber, Squared, Absolute };

template <>
struct EnumWords<Objective> {
  static constexpr std::pair<Objective, std::string_view> values[] = {
      {Objective::Huber, "huber"},
      {Objective::Squared, "squared"},
      {Objective::Absolute, "absolute"}};
};

/// What a residual is: ln L_predicted - ln L_observed, or the plain loss.
enum class Residual { LogLoss, Loss };

template <>
struct EnumWords<Residual> {
  static constexpr std::pair<Residual, std::string_view> values[] = {
      {Residual::LogLoss, "log_loss"}, {Residual::Loss, "loss"}};
};

/// Where descents begin: at the starts this library chooses, or at all 4500
/// of Hoffmann et al. 2022, for comparison.
enum class StartSet { Chosen, Classic };

template <>
struct EnumWords<StartSet> {
  static constexpr std::pair<StartSet, std::string_view> values[] = {
      {StartSet::Chosen, "chosen"}, {StartSet::Classic, "classic"}};
};

/// What predictions of a fit beyond its runs are widened by.
enum class WideningChoice { Backtest, None };

template <>
struct EnumWords<WideningChoice> {
  static constexpr std::pair<WideningChoice, std::string_view> values[] = {
      {WideningChoice::Backtest, "backtest"}, {WideningChoice::None, "none"}};
};

/// The `law` that stands for the form that predicts the larger runs best.
inline constexpr std::string_view kAutoLaw = "auto";

/// What a form is fitted by: the options that every verb which fits has.
struct ObjectiveOptions {
  std::vector<std::string> coefficient;
  std::vector<std::string> fix;
  Objective objective = Objective::Huber;
  double huber_delta = 1e-3;
  double cost_ratio = 1.0;
  Residual residual = Residual::LogLoss;

  static constexpr auto fields() {
    using O = ObjectiveOptions;
    return std::make_tuple(
        field("coefficient",
              &O::coefficient,
              "range of a coefficient, or its start, as alpha=0.05..2 or "
              "A=480 (repeatable)"),
        field("fix",
              &O::fix,
              "a coefficient that is not fitted: held at a number, or tied to "
              "another, as gamma=1 or beta=alpha (repeatable)"),
        field("objective",
              &O::objective,
              "how a residual counts: huber, squared or absolute"),
        field("huber_delta",
              &O::huber_delta,
              "residual beyond which Huber's loss is linear",
              kPositive),
        field("cost_ratio",
              &O::cost_ratio,
              "what predicting too low costs over predicting too high",
              kPositive),
        field("residual",
              &O::residual,
              "what is compared with the runs: log_loss or loss"));
  }
};

/// What form is fitted, and how its doubt is measured; see `fields()`.
struct FitOptions : ObjectiveOptions {
  std::string law = "additive";
  StartSet search = StartSet::Chosen;
  int bootstrap = kDefaultRefits;
  BootstrapKind bootstrap_kind = BootstrapKind::Auto;
  IntervalMethod interval = IntervalMethod::Percentile;
  double level = 0.9;
  WideningChoice widening = WideningChoice::Backtest;
  bool influence = false;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<Flops> flops = shown_budgets();

  static constexpr auto fields() {
    const auto form = std::make_tuple(
        field("law",
              &FitOptions::law,
              "form of the law: a name, a formula of columns and "
              "coefficients, or auto for what predicts the larger runs best"));
    const auto own = std::make_tuple(
        field("search",
              &FitOptions::search,
              "starts: chosen, or classic for all 4500 of Hoffmann et al., to "
              "compare"),
        field("bootstrap",
              &FitOptions::bootstrap,
              "refits to resampled runs, for intervals; 0 for none",
              between(0, 1e6)),
        field("bootstrap_kind",
              &FitOptions::bootstrap_kind,
              "what refits are fitted to: residual, pairs, cluster (by group) "
              "or wild; auto: pairs where errors are uneven, else residual"),
        field("interval",
              &FitOptions::interval,
              "how intervals follow: percentile, bca or profile"),
        field("level",
              &FitOptions::level,
              "how often an interval is to hold the truth",
              kOpenUnit),
        field("widening",
              &FitOptions::widening,
              "what intervals of predictions beyond the runs are widened by: "
              "backtest, or none"),
        field("influence",
              &FitOptions::influence,
              "leave every run out once and say what changes"),
        field("seed", &FitOptions::seed, kResamplingSeedHelp),
        field("threads", &FitOptions::threads, kThreadsHelp, between(0, 1024)),
        field("flops", &FitOptions::flops, kShownBudgetsHelp, kPositive));
    return std::tuple_cat(form, ObjectiveOptions::fields(), own);
  }
};

/// How the optimum was found, and how near it certainly is.
struct FitSearch {
  int starts = 0;              ///< starts polished
  int best_start = 0;          ///< the one that led to the optimum, from 1
  int reached = 0;             ///< starts that led there
  int distinct_optima = 0;     ///< that starts ended at
  std::vector<double> optima;  ///< their objectives, best first, 100 at most
  std::vector<std::string> at_bound;  ///< coefficients at an end of their range
  /// Norm of the gradient on the scale where the Hessian is one: half its
  /// square is the remaining gap of the objective in units of its scale.
  double gradient_norm = 0.0;
  double relative_gap = 0.0;  ///< that gap over the objective
  /// Another algorithm from another start near by: how much lower it came,
  /// over the objective; negative when it stopped above.
  double check_gap = 0.0;
  bool is_confirmed = false;  ///< it came to the same objective, to 1e-8
  int evaluations = 0;        ///< of the objective with its gradient
  bool converged = false;     ///< the descent ended at an optimum
};

/// A form that was tried for `law = "auto"`: fitted to the smaller runs, asked
/// about the larger.
struct FormTrial {
  std::string law;                     ///< the form
  std::optional<BacktestScore> score;  ///< splits count alike
  std::string problem;  ///< why it has no score, or else is not to be taken
  /// No worse than the form of least error by more than the noise of the
  /// runs that were held out, or that form itself.
  bool is_close = false;
};

/// A fitted law, how its optimum was found, and how far it can be trusted.
struct FitResult {
  Law law;  ///< with a draw per replicate
  FitOptions options;
  std::string source;             ///< of the runs
  std::string schedule;           ///< of loss curves, as asked; "" as logged
  double objective_value = 0.0;   ///< sum over runs, in squared residual units
  double residual_scale = 0.0;    ///< robust sd of log residuals
  std::int64_t runs_used = 0;     ///< rows fitted
  std::int64_t runs_dropped = 0;  ///< rows left out by filters
  std::vector<Interval> intervals;  ///< n_coefficients, or empty
  StandardErrors standard_errors;   ///< empty where not identified
  std::vector<OptimumEstimate> optimum;
  Identifiability identifiability;
  FitSearch search;
  FitBootstrap bootstrap;
  std::optional<FitProfile> profile;
  std::optional<FitInfluence> influence;
  ResidualChecks residual_checks;
  std::vector<FormTrial> trials;  ///< of `law = "auto"`, best first
  std::vector<Finding> findings;

  /// Intervals by coefficient; empty without refits.
  std::map<std::string, Interval> named_intervals() const;
  /// Whether the runs determine what is decided with the law.
  bool is_identified() const {
    return identifiability.status == IdentifiabilityStatus::Identified;
  }
};

/// Fits a law to runs and says how far it can be trusted.
///
/// Minimises sum_i w_i rho(r_i) over the coefficients, r_i the residual of
/// run i, times `cost_ratio` where the loss is predicted too low. Starts come
/// from variable projection on a grid of the coefficients in which the form is
/// not linear, or for other forms from points that fill the space of
/// coefficients; each is polished by damped Newton steps. The best end is
/// checked by ceres BFGS on coordinates whitened by the Hessian, from a start
/// beside it. Rows are put into a canonical order first and
/// replicate i draws from (seed, i), so the result does not depend on the
/// order of rows or on the number of threads.
///
/// What the form reads are columns of the runs, by name. Without a column
/// `unique_tokens` there are no repeats; without `active_params` all
/// parameters are active; any other must be there. An empty cell is a run
/// without it: dense without `experts`, unquantised without `post_bits`.
/// Runs of compute alone are fitted by the form `compute_frontier`, in place
/// of the additive one.
///
/// @return  with status `not_identified` and no coefficients worth using when
///     the runs cannot tell them apart; `findings` says why.
/// @throws std::invalid_argument for an option out of range, an unknown form
///     or one that answers no loss, no runs, or a column that is missing or
///     holds what the form cannot read.
/// @source objective: Hoffmann et al. 2022, arXiv:2203.15556, section 3.3;
///     variable projection: Golub & Pereyra 1973, doi:10.1137/0710036.
FitResult fit(const Runs& runs, const FitOptions& options = {});

}  // namespace isoflop
