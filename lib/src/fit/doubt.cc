// SPDX-License-Identifier: Apache-2.0
#include "fit/doubt.h"

#include <stdexcept>

#include <cmath>

#include "fit/bootstrap.h"
#include "fit/covariance.h"
#include "fit/influence.h"
#include "fit/intervals.h"
#include "fit/residual_checks.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

void add_failed_finding(FitResult& result) {
  const double failed = result.bootstrap.failed;
  result.findings.push_back(
      {"fit.bootstrap-failed",
       Severity::Warning,
       format_number(failed, 6) + " of " +
           std::to_string(result.bootstrap.replicates) +
           " refits did not converge; intervals are too narrow" +
           (result.law.has_draws() ? "" : " and left out"),
       "add runs",
       {{"failed", failed}}});
}

/// Drawing errors from all runs is the most exact where they are alike, and
/// wrong where they are not.
BootstrapKind kind_of(const FitResult& result) {
  const BootstrapKind asked = result.options.bootstrap_kind;
  if (asked != BootstrapKind::Auto) return asked;
  return result.residual_checks.uneven || result.options.cost_ratio != 1.0
             ? BootstrapKind::Pairs
             : BootstrapKind::Residual;
}

/// Refits, and with them the draws of the law and a second look at its status.
/// @param open  profiles that do not close
void run_bootstrap(const Fitted& fitted,
                   const std::vector<std::string>& open,
                   FitResult& result) {
  const FitOptions& options = result.options;
  const Form& form = *result.law.form;
  Resampling resampling{
      kind_of(result), options.bootstrap, options.seed, options.threads, {}};
  if (resampling.kind == BootstrapKind::Cluster) {
    resampling.cluster = clusters_of(fitted.runs, fitted.order);
  }
  const Bootstrap refits = bootstrap(fitted.problem,
                                     fitted.starts,
                                     fitted.best.theta,
                                     fitted.errors,
                                     resampling);
  const Refits opinion{
      refits.theta, refits.summary.failed, options.level, open};
  result.identifiability = identify(
      fitted.runs, form, fitted.best.theta, result.residual_scale, &opinion);
  result.bootstrap = refits.summary;
  constexpr double kMostFailed = 0.1;
  constexpr double kHopeless = 0.5;
  const double failed = result.bootstrap.failed;
  // The few that converged are no sample of anything.
  const bool is_useful = failed <= kHopeless * result.bootstrap.replicates;
  const Eigen::Index rows = is_useful ? refits.theta.rows() : 0;
  result.law.draws.resize(rows, refits.theta.cols());
  for (Eigen::Index i = 0; i < rows; ++i) {
    result.law.draws.row(i) =
        form.coefficients_from_theta(refits.theta.row(i)).transpose();
  }
  if (rows > 0) {
    result.law.provenance.draws_source =
        std::to_string(rows) + " " + std::string(to_string(resampling.kind)) +
        "-bootstrap refits, seed " + std::to_string(options.seed);
  }
  if (failed > kMostFailed * result.bootstrap.replicates) {
    add_failed_finding(result);
  }
}

}  // namespace

void require_doubt(const FitOptions& options) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument(
        "fit: " + what +
        " takes errors above and below the law for alike, but "
        "cost_ratio is " +
        format_exact(options.cost_ratio) +
        "; use bootstrap_kind pairs or cluster");
  };
  if (options.cost_ratio == 1.0) return;
  if (options.interval == IntervalMethod::Profile) refuse("interval profile");
  if (options.bootstrap_kind == BootstrapKind::Residual ||
      options.bootstrap_kind == BootstrapKind::Wild) {
    refuse("bootstrap_kind " + std::string(to_string(options.bootstrap_kind)));
  }
}

void add_doubt(const Fitted& fitted, FitResult& result) {
  if (result.identifiability.status == IdentifiabilityStatus::NotIdentified) {
    return;
  }
  const FitProblem& problem = fitted.problem;
  const FitOptions& options = result.options;
  const Errors& errors = fitted.errors;
  result.law.scatter = scatter_of(problem, errors);
  // What follows takes errors above and below the law for alike.
  const auto covariance =
      options.cost_ratio == 1.0
          ? covariance_of(problem, fitted.best.theta, errors)
          : std::nullopt;
  if (covariance) {
    result.standard_errors =
        standard_errors(*problem.form, fitted.best.theta, *covariance);
  }
  result.residual_checks = check_residuals(fitted);
  const bool is_uneven = result.residual_checks.uneven.has_value();
  if (options.bootstrap > 0 && errors.freedom > 0.0) {
    std::vector<std::string> open;
    if (covariance)
      open = open_profiles(fitted, *covariance, options.level, is_uneven);
    run_bootstrap(fitted, open, result);
  }
  add_intervals(fitted, covariance ? &*covariance : nullptr, result);
  add_residual_findings(fitted, result);
  if (options.influence && errors.freedom > 0.0) {
    result.influence = measure_influence(fitted, options.threads);
    add_influence_finding(result);
  }
}

}  // namespace isoflop
