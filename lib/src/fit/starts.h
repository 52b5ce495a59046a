// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "fit/seeds.h"

namespace isoflop {

/// Where the descents of a fit and of its refits begin.
///
/// A form that is a sum of terms with few other coefficients has the grid of
/// `SeedGrid`. Any other has points that fill the space of its coefficients
/// evenly, around their nominal values; at each the coefficients searched as
/// logarithms first settle for the others as they are, the best then descend
/// a way, and those that come to predict the same losses count once.
/// @source the points: Kronecker sequence of the generalised golden ratio,
///     Niederreiter 1992, doi:10.1137/1.9781611970081, chapter 3.
class Starts {
 public:
  /// @param threads  as in FitOptions
  Starts(const FitProblem& problem, int threads);

  /// For the problem itself, best first.
  const std::vector<Eigen::VectorXd>& first() const { return first_; }

  /// The best one for other weights.
  /// @param row_weight  n_runs of the problem
  Eigen::VectorXd best(const Eigen::VectorXd& row_weight) const;

 private:
  const FitProblem& problem_;
  std::optional<SeedGrid> grid_;
  std::vector<Eigen::VectorXd> first_;
};

}  // namespace isoflop
