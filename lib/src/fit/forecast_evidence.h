// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <vector>

#include "isoflop/laws/discrepancy.h"

namespace isoflop {

/// How probable the runs are under each choice of a discrepancy's scales.
///
/// The kernel of n rows has a small numerical rank r: K = D + V V' with V of
/// n x r, D diagonal but for the effects of runs, so that nothing of n^3 is
/// done for a choice. V is the pivoted Cholesky factor, once a length; V'D^-1V
/// once a length, growth and noise; of order r^3 once a choice. All of it is
/// done when made, and what is left for new residuals is O(n r) a choice.
class ForecastEvidence {
 public:
  /// @param data    its parts are not used
  /// @param grid    choices, `noise` as sd
  ForecastEvidence(const DiscrepancyData& data,
                   std::vector<DiscrepancyScales> grid,
                   int threads);

  /// [r, J]' K^-1 [r, J] and ln det K of a choice.
  struct Projected {
    Eigen::MatrixXd product;
    double log_det = 0.0;
  };
  /// @param columns  n_rows x any: residuals and their derivatives
  std::vector<Projected> project(const Eigen::MatrixXd& columns) const;

  /// The diagonal of K^-1 of a choice.
  Eigen::VectorXd inverse_diagonal(std::size_t choice) const;

  const std::vector<DiscrepancyScales>& grid() const { return grid_; }

 private:
  /// Choices that share length, growth, noise and run effect.
  struct Block {
    std::size_t factor = 0;
    std::vector<std::size_t> choices;  ///< places in the grid
    Eigen::MatrixXd basis;             ///< n_rows x rank: V of amplitude 1
    Eigen::VectorXd inverse;           ///< n_rows: one over noise variances
    Eigen::VectorXd shared;            ///< n_runs, empty without run effects
    double log_det = 0.0;              ///< of noise and run effects
    std::vector<Eigen::LLT<Eigen::MatrixXd>> inner;  ///< a choice each
  };

  Eigen::MatrixXd solve_noise(const Block& block,
                              const Eigen::MatrixXd& columns) const;

  Eigen::MatrixXd noise_gram(const Block& block) const;
  void group_choices();
  void fill(Block& block,
            const DiscrepancyData& data,
            const Eigen::VectorXd& log_flops) const;

  std::vector<DiscrepancyScales> grid_;
  Eigen::VectorXi run_;
  int run_count_ = 0;
  int threads_ = 0;
  std::vector<double> lengths_;
  std::vector<Eigen::MatrixXd> factors_;  ///< one a length
  std::vector<Block> blocks_;
};

}  // namespace isoflop
