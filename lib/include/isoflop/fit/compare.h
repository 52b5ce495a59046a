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
#include "isoflop/fit/fit.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// What is compared and how runs are held out; see `fields()`.
struct CompareOptions : ObjectiveOptions {
  std::vector<std::string> law;
  int folds = 10;
  int bootstrap = 1000;
  BootstrapKind bootstrap_kind = BootstrapKind::Auto;
  double level = 0.9;
  std::uint64_t seed = 1;
  int threads = 0;
  std::vector<Flops> flops;

  static constexpr auto fields() {
    const auto forms = std::make_tuple(
        field("law",
              &CompareOptions::law,
              "form to be compared, a name or a formula (repeatable); of one "
              "table additive, additive_tied, coupled and kaplan unless given, "
              "of two additive"));
    const auto own = std::make_tuple(
        field("folds",
              &CompareOptions::folds,
              "parts that are predicted in turn from the others",
              between(2, 1000)),
        field("bootstrap",
              &CompareOptions::bootstrap,
              "of two tables: refits to resampled runs, for the interval of "
              "the gain",
              between(0, 1e6)),
        field("bootstrap_kind",
              &CompareOptions::bootstrap_kind,
              "of two tables: what refits are fitted to, as of fit"),
        field("level", &CompareOptions::level, kCoverageHelp, kOpenUnit),
        field("seed",
              &CompareOptions::seed,
              "seed of the parts and the resampling"),
        field("threads",
              &CompareOptions::threads,
              kThreadsHelp,
              between(0, 1024)),
        field("flops",
              &CompareOptions::flops,
              "of two tables: budgets whose gain is shown; the largest that "
              "both reach, and ten times it, unless given",
              kPositive));
    return std::tuple_cat(forms, ObjectiveOptions::fields(), own);
  }
};

/// One form on the runs.
struct FormScore {
  std::string law;  ///< name or formula of the form
  std::string formula;
  int coefficients = 0;  ///< that are free
  IdentifiabilityStatus status = IdentifiabilityStatus::NotIdentified;
  double objective_value = 0.0;
  /// Of log losses that were held out: root mean square, and median of the
  /// absolute; nothing when a fold has no prediction.
  std::optional<double> cv_error;
  std::optional<double> cv_median;
  /// Of |residual| held out over that of the form with the least cv_error,
  /// paired by run, by Student's t; nothing for that form itself.
  std::optional<Interval> cv_excess;
  bool is_close = false;  ///< the excess may be zero, or it is the least
  /// By the likelihood whose logarithm is the objective; nothing for an
  /// objective without one.
  std::optional<double> log_likelihood;
  std::optional<double> aicc;         ///< nothing with too few runs for it
  std::optional<double> bic;          ///< Schwarz's criterion, as `aicc`
  std::optional<double> aicc_weight;  ///< Akaike's weight among the forms
  std::optional<double> bic_weight;   ///< the same by `bic`
};

/// Forms fitted to the same runs, the best first.
struct FormComparison {
  CompareOptions options;
  std::string source;
  std::int64_t runs_used = 0;
  std::int64_t runs_dropped = 0;
  std::vector<FormScore> forms;  ///< least cv_error first
  std::vector<Finding> findings;
};

/// Forms on the same runs, by what they predict and by information criteria.
///
/// Cross-validation holds out a tenth of the distinct (N, D) at a time, so
/// that repeats of a run are not on both sides. The criteria take the density
/// exp(-rho(r) / s) / Z(s) with the scale s at its maximum: Gaussian for
/// squared, Laplace for absolute residuals, Huber's own between them.
///
/// What `coefficient` and `fix` say is for those of the forms that have all
/// the coefficients in it.
///
/// @throws std::invalid_argument as `fit`, for less runs than folds, and for a
///     coefficient that none of the forms has.
/// @source Burnham & Anderson 2002, Model Selection, section 2.
FormComparison compare_forms(const Runs& runs,
                             const CompareOptions& options = {});

/// Compute by which the first set's law has to be larger for the loss that the
/// second's reaches at a budget, both at their optimum.
struct Gain {
  Flops flops;
  double gain = 1.0;  ///< infinite where the first never reaches that loss
  std::optional<Interval> interval;  ///< over refits to resampled runs
  Nats first_loss;
  Nats second_loss;
  bool is_beyond = false;  ///< the budget is beyond the runs of one of them
};

/// One form fitted to two sets of runs, and the compute that the second saves.
struct RunsComparison {
  CompareOptions options;
  FitResult first;
  FitResult second;
  std::vector<Gain> gains;  ///< none when a law is not identified
  std::vector<Finding> findings;
};

/// The same form on two sets of runs, as a compute-equivalent gain with an
/// interval over refits of both.
///
/// @throws std::invalid_argument as `fit`, and for a form without an optimum.
RunsComparison compare_runs(const Runs& first,
                            const Runs& second,
                            const CompareOptions& options = {});

}  // namespace isoflop
