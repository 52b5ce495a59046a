// SPDX-License-Identifier: Apache-2.0
#include "fit/forecast_evidence.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <utility>

#include "isoflop/base/parallel.h"
#include "laws/discrepancy_kernel.h"

namespace isoflop {
namespace {

/// V with V V' = the unit kernel to within `kNegligible` of one.
/// @source Harbrecht, Peters & Schneider 2012, doi:10.1016/j.apnum.2011.10.001.
Eigen::MatrixXd pivoted_cholesky(const Eigen::MatrixXd& inputs, double length) {
  constexpr double kNegligible = 1e-8;
  const Eigen::Index n = inputs.rows();
  Eigen::MatrixXd factor(n, n);
  Eigen::VectorXd left = Eigen::VectorXd::Ones(n);
  Eigen::Index rank = 0;
  for (; rank < n; ++rank) {
    Eigen::Index pivot = 0;
    const double most = left.maxCoeff(&pivot);
    if (most < kNegligible) break;
    Eigen::VectorXd column =
        unit_kernel(inputs, inputs.row(pivot), length).col(0);
    const Eigen::VectorXd row = factor.row(pivot).head(rank).transpose();
    column.noalias() -= factor.leftCols(rank) * row;
    factor.col(rank) = column / std::sqrt(most);
    left -= factor.col(rank).cwiseAbs2();
    left[pivot] = 0.0;
  }
  return factor.leftCols(rank);
}

auto block_key(const DiscrepancyScales& scales) {
  return std::tuple(
      scales.length, scales.growth, scales.noise, scales.run_effect);
}

}  // namespace

Eigen::MatrixXd ForecastEvidence::solve_noise(
    const Block& block, const Eigen::MatrixXd& columns) const {
  Eigen::MatrixXd solved = block.inverse.asDiagonal() * columns;
  if (block.shared.size() == 0) return solved;
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(run_count_, columns.cols());
  for (Eigen::Index i = 0; i < solved.rows(); ++i) {
    sums.row(run_[i]) += solved.row(i);
  }
  sums = block.shared.asDiagonal() * sums;
  for (Eigen::Index i = 0; i < solved.rows(); ++i) {
    solved.row(i) -= block.inverse[i] * sums.row(run_[i]);
  }
  return solved;
}

/// V' D^-1 V, its lower half: half the work of a product.
Eigen::MatrixXd ForecastEvidence::noise_gram(const Block& block) const {
  const Eigen::Index rank = block.basis.cols();
  const Eigen::MatrixXd root =
      block.inverse.cwiseSqrt().asDiagonal() * block.basis;
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(rank, rank);
  gram.selfadjointView<Eigen::Lower>().rankUpdate(root.transpose());
  if (block.shared.size() == 0) return gram;
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(run_count_, rank);
  for (Eigen::Index i = 0; i < root.rows(); ++i) {
    sums.row(run_[i]) += block.inverse[i] * block.basis.row(i);
  }
  sums = block.shared.cwiseSqrt().asDiagonal() * sums;
  gram.selfadjointView<Eigen::Lower>().rankUpdate(sums.transpose(), -1.0);
  return gram;
}

/// Blocks of choices that differ in amplitude alone, and the lengths.
void ForecastEvidence::group_choices() {
  for (std::size_t g = 0; g < grid_.size(); ++g) {
    const auto at =
        std::find(lengths_.begin(), lengths_.end(), grid_[g].length);
    const auto factor = static_cast<std::size_t>(at - lengths_.begin());
    if (at == lengths_.end()) lengths_.push_back(grid_[g].length);
    const auto same =
        std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& block) {
          return block_key(grid_[block.choices.front()]) == block_key(grid_[g]);
        });
    if (same != blocks_.end()) {
      same->choices.push_back(g);
    } else {
      blocks_.emplace_back();
      blocks_.back().factor = factor;
      blocks_.back().choices = {g};
    }
  }
}

void ForecastEvidence::fill(Block& block,
                            const DiscrepancyData& data,
                            const Eigen::VectorXd& log_flops) const {
  const DiscrepancyScales& scales = grid_[block.choices.front()];
  const Eigen::VectorXd variance =
      scales.noise * scales.noise * data.weight.cwiseInverse().array() +
      kCovarianceJitter;
  block.inverse = variance.cwiseInverse();
  block.log_det = variance.array().log().sum();
  const double shared = scales.run_effect * scales.run_effect;
  if (shared > 0.0) {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(run_count_);
    for (Eigen::Index k = 0; k < run_.size(); ++k) {
      sums[run_[k]] += block.inverse[k];
    }
    block.shared = shared / (1.0 + shared * sums.array());
    block.log_det += (1.0 + shared * sums.array()).log().sum();
  }
  block.basis = growth_factors(log_flops, log_flops.maxCoeff(), scales.growth)
                    .asDiagonal() *
                factors_[block.factor];
  const Eigen::MatrixXd gram = noise_gram(block);
  for (const std::size_t choice : block.choices) {
    const double amplitude = grid_[choice].amplitude;
    Eigen::MatrixXd inner = amplitude * amplitude * gram;
    inner.diagonal().array() += 1.0;
    block.inner.emplace_back(inner);
  }
}

ForecastEvidence::ForecastEvidence(const DiscrepancyData& data,
                                   std::vector<DiscrepancyScales> grid,
                                   int threads)
    : grid_(std::move(grid)),
      run_(data.run),
      run_count_(data.run.maxCoeff() + 1),
      threads_(threads) {
  group_choices();
  factors_.resize(lengths_.size());
  parallel_for(
      static_cast<std::int64_t>(lengths_.size()), threads, [&](std::int64_t i) {
        const auto k = static_cast<std::size_t>(i);
        factors_[k] = pivoted_cholesky(data.inputs, lengths_[k]);
      });
  const Eigen::VectorXd log_flops = log_flops_of(data.inputs);
  parallel_for(
      static_cast<std::int64_t>(blocks_.size()), threads, [&](std::int64_t i) {
        fill(blocks_[static_cast<std::size_t>(i)], data, log_flops);
      });
}

std::vector<ForecastEvidence::Projected> ForecastEvidence::project(
    const Eigen::MatrixXd& columns) const {
  std::vector<Projected> found(grid_.size());
  parallel_for(
      static_cast<std::int64_t>(blocks_.size()), threads_, [&](std::int64_t i) {
        const Block& block = blocks_[static_cast<std::size_t>(i)];
        const Eigen::MatrixXd solved = solve_noise(block, columns);
        const Eigen::MatrixXd whole = columns.transpose() * solved;
        const Eigen::MatrixXd part = block.basis.transpose() * solved;
        for (std::size_t k = 0; k < block.choices.size(); ++k) {
          const double amplitude = grid_[block.choices[k]].amplitude;
          const auto lower = block.inner[k].matrixL();
          const Eigen::MatrixXd half = amplitude * lower.solve(part);
          const Eigen::MatrixXd& factor = block.inner[k].matrixLLT();
          found[block.choices[k]] = {
              whole - half.transpose() * half,
              block.log_det + 2.0 * factor.diagonal().array().log().sum()};
        }
      });
  return found;
}

Eigen::VectorXd ForecastEvidence::inverse_diagonal(std::size_t choice) const {
  const auto* block =
      &*std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& one) {
        return std::find(one.choices.begin(), one.choices.end(), choice) !=
               one.choices.end();
      });
  const auto place = static_cast<std::size_t>(
      std::find(block->choices.begin(), block->choices.end(), choice) -
      block->choices.begin());
  Eigen::VectorXd diagonal = block->inverse;
  for (Eigen::Index i = 0; i < diagonal.size() && block->shared.size() > 0;
       ++i) {
    diagonal[i] -=
        block->inverse[i] * block->inverse[i] * block->shared[run_[i]];
  }
  const Eigen::MatrixXd half = block->inner[place].matrixL().solve(
      solve_noise(*block, block->basis).transpose());
  const double amplitude = grid_[choice].amplitude;
  return diagonal -
         amplitude * amplitude * half.colwise().squaredNorm().transpose();
}

}  // namespace isoflop
