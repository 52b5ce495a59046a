// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "isoflop/base/interval.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// A value of the quantity and the deviance of the best fit that has it.
struct ProfilePoint {
  double value = 0.0;  ///< of the quantity
  /// 2 (F - F_min) / lambda where the quantity is held at the value and all
  /// else is fitted anew.
  double deviance = 0.0;
};

/// How the best objective rises as one quantity is held away from its value
/// at the fit.
struct Profile {
  /// Name of a coefficient; or "params", "tokens" or "loss_nats" at the
  /// optimum of a budget.
  std::string quantity;
  std::optional<Flops> flops;  ///< that budget
  double estimate = 0.0;       ///< at the fit
  double lambda = 1.0;         ///< what the objective's rise is divided by
  /// Where the deviance reaches the cut. An end is infinite where it never
  /// does, within 50 standard errors and the range of the coefficient.
  Interval interval;
  std::vector<ProfilePoint> points;  ///< those computed, by value

  /// Whether both ends were found: an open one is infinite.
  bool is_closed() const;
};

/// Profiles of what was fitted and of what follows from it.
///
/// The objective stands for minus the log likelihood of the errors. That of
/// Huber is none of real runs, so its rise is divided by
/// lambda = E rho'^2 / E rho'' over the errors, which makes the deviance chi
/// squared in the limit (for squares lambda is the variance of the errors, and
/// the interval of a linear law Student's). Where errors are uneven lambda is
/// multiplied by the sandwich variance of the quantity over the classical one.
/// The cut is the square of Student's quantile for the spare runs.
/// @source Bates & Watts 1988, doi:10.1002/9780470316757, chapter 6;
/// calibration:
///     Heritier & Ronchetti 1994, doi:10.1080/01621459.1994.10476822.
struct FitProfile {
  double level = 0.9;  ///< of the intervals
  double cut = 0.0;    ///< deviance at which an interval ends
  std::vector<Profile> profiles;

  /// By name of coefficient.
  const Profile* find(const std::string& quantity) const;
};

}  // namespace isoflop
