// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/covariance.h"
#include "fit/functional.h"
#include "isoflop/fit/profile.h"

namespace isoflop {

/// Profiles of one fit.
class Profiler {
 public:
  /// Absolute deviations have no curvature: they are profiled as Huber's loss
  /// beyond a fiftieth of sd.
  /// @param optimum  of the problem
  /// @param is_uneven  calibrate each quantity by the sandwich
  Profiler(const FitProblem& problem,
           const Eigen::VectorXd& optimum,
           const Errors& errors,
           const Covariance& covariance,
           double level,
           bool is_uneven);

  double cut() const { return cut_; }

  /// @param limits  of the quantity, infinite where there are none
  /// @param closing_only  stop where it is known whether each end closes; the
  ///     finite ends of the interval then lie beyond the cut
  /// @return  values as the quantity has them; nothing where it has no
  ///     gradient or does not vary
  std::optional<Profile> trace(const Functional& quantity,
                               const Interval& limits,
                               bool closing_only = false) const;

 private:
  struct Side;
  double root_deviance(Side& side, double value) const;
  double end_of(Side& side, double limit, bool closing_only) const;

  FitProblem problem_;
  Eigen::VectorXd optimum_;
  Covariance covariance_;
  bool is_uneven_;
  double lambda_;
  double cut_;
  double least_;  ///< F at the optimum
};

}  // namespace isoflop
