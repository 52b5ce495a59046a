// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "fit/problem.h"
#include "isoflop/base/random.h"

namespace isoflop {

/// The errors of the runs about a fit, in residual units and for weight one:
/// each times the root of its weight.
///
/// A fit by absolute deviations, and one by Huber's loss of small delta, goes
/// through as many runs as it has coefficients: their residuals are zero and
/// say nothing of errors. So these are about a second fit by Huber's loss
/// beyond two standard deviations, nearly as efficient as squares.
struct Errors {
  Eigen::VectorXd error;     ///< n_runs, observed less fitted
  Eigen::VectorXd leverage;  ///< n_runs, in [0, 1]
  /// Robust, for the spare runs; of squared residuals their own.
  double sd = 0.0;
  double freedom = 0.0;  ///< runs less coefficients; none left: 0

  bool exist() const { return sd > 0.0 && freedom > 0.0; }
};

/// @param optimum  of the problem
/// @source sd: Huber 1964, doi:10.1214/aoms/1177703732, proposal 2.
Errors estimate_errors(const FitProblem& problem,
                       const Eigen::VectorXd& optimum);

/// Of log losses, also where the fit compares plain ones; nothing where the
/// runs say nothing of errors.
std::optional<Scatter> scatter_of(const FitProblem& problem,
                                  const Errors& errors);

/// The sd of normal errors whose absolute values have this median, n of them
/// of which `freedom` are free: 1.4826 median sqrt(n / freedom).
inline double robust_sd(double median, double n, double freedom) {
  return 1.4826 * median * std::sqrt(n / std::max(1.0, freedom));
}

/// That of the log residuals; 0 without a spare run.
double robust_scale(const FitProblem& problem, const Eigen::VectorXd& theta);

/// How far log losses scatter about a fit: the robust scale where most runs
/// lie on the law, else that of `scatter_of`.
double residual_scale(const FitProblem& problem,
                      const Eigen::VectorXd& theta,
                      const Errors& errors);

/// The errors as a distribution, symmetric and smooth: normal kernels about
/// the errors and their opposites, with the variance of the errors.
/// @source Silverman & Young 1987, doi:10.1093/biomet/74.3.469.
class ErrorDistribution {
 public:
  explicit ErrorDistribution(const Errors& errors);

  double draw(RandomStream& random) const;
  double density_at_zero() const;
  /// Of the errors of one run, its own and its opposite alone.
  double share_within(double scale, Eigen::Index run) const;
  double density_at_zero(Eigen::Index run) const;
  /// E min(|e| / scale, 1)^2 and P(|e| < scale).
  double mean_square_within(double scale) const;
  double share_within(double scale) const;

 private:
  Eigen::VectorXd centres_;  ///< >= 0
  double bandwidth_;
};

/// What turns the objective into a likelihood, see FitProfile.
struct Calibration {
  double square = 1.0;  ///< E rho'^2
  double slope = 1.0;   ///< E rho''

  double lambda() const { return square / slope; }
};
Calibration calibrate(const FitProblem& problem, const Errors& errors);

/// E rho'' of each run by its own error: where errors are uneven, the runs
/// with small ones hold the fit.
/// @source Powell 1991, in Nonparametric and Semiparametric Methods in
///     Econometrics and Statistics, chapter 14.
Eigen::VectorXd slopes_of(const FitProblem& problem, const Errors& errors);

}  // namespace isoflop
