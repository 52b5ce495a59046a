// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
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
  /// @param problem  of a form with a factor for each term of its loss; it
  ///     must outlive the grid
  explicit SeedGrid(const FitProblem& problem);

  struct Seed {
    Eigen::VectorXd theta;
    double value = 0.0;  ///< F of the problem
  };

  /// The best cells that are no neighbours of a better one, best first.
  std::vector<Seed> seeds(int most) const;

  /// The best cell by weighted least squares for given weights.
  /// @param row_weight  n_runs of the problem the grid was made for
  Eigen::VectorXd best(const Eigen::VectorXd& row_weight) const;

  int cell_count() const { return static_cast<int>(cells_.size()); }

 private:
  struct Cell {
    Eigen::VectorXd theta;      ///< factors set only where they are given
    std::vector<int> columns;   ///< one a term
    std::vector<int> products;  ///< one a pair of terms, a <= b row by row
  };
  /// Weighted sums over the rows, all that least squares needs.
  struct Sums {
    double weight = 0.0;
    Eigen::VectorXd columns;
    Eigen::VectorXd products;
  };

  void add_cells();
  void add_columns();
  Sums sums_of(const Eigen::VectorXd& weight) const;

  /// The factors of a cell, as shares of the loss where a column is one.
  /// @return  the squared relative misfit
  double project(const Cell& cell, const Sums& sums, Eigen::VectorXd& x) const;
  Eigen::VectorXd theta_of(const Cell& cell, const Eigen::VectorXd& x) const;

  const FitProblem* problem_;
  std::vector<int> terms_;          ///< coefficients that are factors of terms
  std::vector<int> other_;          ///< the others
  std::vector<int> sides_;          ///< cells along each of the others
  std::vector<Eigen::Index> rows_;  ///< of the problem, thinned when many
  std::vector<Cell> cells_;
  /// A term with its factor at one, over the observed loss and over its
  /// largest value. Cells that differ only in what a term does not read share
  /// its column.
  Eigen::MatrixXd columns_;    ///< n_rows x n_columns
  Eigen::VectorXd log_scale_;  ///< n_columns, logarithm of the largest value
  std::vector<std::pair<int, int>> products_;  ///< of columns
};

}  // namespace isoflop
