// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fit/problem.h"

namespace isoflop {

/// Starts by variable projection: for fixed values of the coefficients in
/// which the loss is not linear, the others follow from non-negative least
/// squares; a grid of the former then covers the whole space. Made once for
/// a set of runs and asked again for every resample.
/// @source Golub & Pereyra 1973, doi:10.1137/0710036.
class SeedGrid {
 public:
  explicit SeedGrid(const FitProblem& problem);

  struct Seed {
    Eigen::VectorXd theta;
    double value = 0.0;  ///< F of the problem it was asked for
  };

  /// The best cells that are no neighbours of a better one, best first.
  std::vector<Seed> seeds(const FitProblem& problem, int most) const;

  /// The best cell by weighted least squares for given weights.
  /// @param row_weight  n_runs of the problem the grid was made for
  Eigen::VectorXd best(const Eigen::VectorXd& row_weight) const;

  int cell_count() const { return static_cast<int>(cells_.size()); }

 private:
  struct Cell {
    Eigen::VectorXd theta;  ///< linear coefficients not set
    /// Column k of the basis is the loss with linear coefficient k alone at
    /// one, over the observed loss and over exp(log_scale[k]).
    Eigen::VectorXd log_scale;  ///< n_linear
    /// The columns, each followed by its products with itself and the later
    /// ones: n_rows x n_linear (n_linear + 3) / 2. Their weighted sums are
    /// all that least squares needs.
    Eigen::MatrixXd products;
  };

  /// Fills in the linear coefficients; returns the squared relative misfit.
  double project(const Cell& cell,
                 const Eigen::VectorXd& weight,
                 Eigen::VectorXd& theta) const;

  const Form* form_;
  std::vector<int> linear_;
  std::vector<int> nonlinear_;
  int side_ = 1;                    ///< cells along each coefficient
  std::vector<Eigen::Index> rows_;  ///< of the problem, thinned when many
  std::vector<Cell> cells_;
};

}  // namespace isoflop
