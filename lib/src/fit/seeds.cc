// SPDX-License-Identifier: Apache-2.0
#include "fit/seeds.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace isoflop {
namespace {

constexpr Eigen::Index kMostRows = 1000;
/// The grid reaches from nominal / kReach to nominal * kReach.
constexpr double kReach = 6.0;
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// Cells along each of `count` nonlinear coefficients.
int cells_along(std::size_t count) {
  switch (count) {
    case 0:
      return 1;
    case 1:
      return 24;
    case 2:
      return 9;
    default:
      return 6;
  }
}

/// Small matrices without allocation: forms have at most this many linear
/// coefficients.
constexpr int kMostLinear = 6;
using SmallMatrix = Eigen::
    Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, kMostLinear, kMostLinear>;
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, kMostLinear, 1>;

/// Least squares over the columns of `mask`; false when one turns negative.
bool solve_active(const SmallMatrix& gram,
                  const SmallVector& rhs,
                  int mask,
                  SmallVector& x,
                  double& explained) {
  int active[kMostLinear];
  int count = 0;
  for (int j = 0; j < gram.cols(); ++j) {
    if (mask >> j & 1) active[count++] = j;
  }
  SmallMatrix part(count, count);
  SmallVector right(count);
  for (int a = 0; a < count; ++a) {
    right[a] = rhs[active[a]];
    for (int b = 0; b < count; ++b) part(a, b) = gram(active[a], active[b]);
  }
  const SmallVector solution = part.llt().solve(right);
  if (!solution.allFinite() || solution.minCoeff() < 0.0) return false;
  explained = solution.dot(right);
  x.setZero(gram.cols());
  for (int a = 0; a < count; ++a) x[active[a]] = solution[a];
  return true;
}

/// Minimises |1 - basis x|^2 over x >= 0, exactly: all columns, or the best
/// set of fewer where a coefficient would turn negative.
/// @param gram   basis' W basis with unit diagonal
/// @param rhs    basis' W 1
/// @return       how much of 1' W 1 is explained
double nonnegative_least_squares(const SmallMatrix& gram,
                                 const SmallVector& rhs,
                                 SmallVector& best) {
  const auto columns = static_cast<int>(gram.cols());
  double explained = 0.0;
  if (solve_active(gram, rhs, (1 << columns) - 1, best, explained)) {
    return explained;
  }
  double most = 0.0;
  SmallVector x;
  best.setZero(columns);
  for (int mask = 1; mask + 1 < 1 << columns; ++mask) {
    if (solve_active(gram, rhs, mask, x, explained) && explained > most) {
      most = explained;
      best = x;
    }
  }
  return most;
}

}  // namespace

SeedGrid::SeedGrid(const FitProblem& problem) : form_(problem.form) {
  const auto infos = form_->coefficients();
  for (std::size_t j = 0; j < infos.size(); ++j) {
    (infos[j].is_linear ? linear_ : nonlinear_).push_back(static_cast<int>(j));
  }
  if (linear_.size() > kMostLinear) {
    throw std::logic_error("SeedGrid: too many linear coefficients");
  }
  side_ = cells_along(nonlinear_.size());
  const Eigen::Index stride = (problem.size() + kMostRows - 1) / kMostRows;
  for (Eigen::Index i = 0; i < problem.size(); i += stride) {
    rows_.push_back(i);
  }
  const Eigen::MatrixXd inputs = problem.inputs(rows_, Eigen::all);
  const Eigen::VectorXd log_loss = problem.log_loss(rows_);

  int count = 1;
  for (std::size_t k = 0; k < nonlinear_.size(); ++k) count *= side_;
  Eigen::VectorXd column;
  for (int index = 0; index < count; ++index) {
    Cell cell;
    cell.theta =
        Eigen::VectorXd::Constant(form_->coefficient_count(), kMinusInfinity);
    int rest = index;
    for (const int j : nonlinear_) {
      const auto& info = infos[static_cast<std::size_t>(j)];
      const double share = side_ == 1 ? 0.5 : (rest % side_) / (side_ - 1.0);
      const double value = info.nominal * std::pow(kReach, 2.0 * share - 1.0);
      cell.theta[j] = info.scale == Scale::Log ? std::log(value) : value;
      rest /= side_;
    }
    // The loss is linear in these: with one at 1 and the others at 0 the
    // form itself gives that column.
    const auto width = static_cast<Eigen::Index>(linear_.size());
    Eigen::MatrixXd basis(inputs.rows(), width);
    cell.log_scale.resize(width);
    for (Eigen::Index k = 0; k < width; ++k) {
      Eigen::VectorXd theta = cell.theta;
      theta[linear_[static_cast<std::size_t>(k)]] = 0.0;
      form_->evaluate_columns(theta, inputs, column, nullptr);
      column -= log_loss;
      cell.log_scale[k] = column.maxCoeff();
      basis.col(k) = (column.array() - cell.log_scale[k]).exp();
    }
    cell.products.resize(inputs.rows(), width * (width + 3) / 2);
    Eigen::Index at = 0;
    for (Eigen::Index a = 0; a < width; ++a) {
      cell.products.col(at++) = basis.col(a);
      for (Eigen::Index b = a; b < width; ++b) {
        cell.products.col(at++) = basis.col(a).cwiseProduct(basis.col(b));
      }
    }
    cells_.push_back(std::move(cell));
  }
}

double SeedGrid::project(const Cell& cell,
                         const Eigen::VectorXd& weight,
                         Eigen::VectorXd& theta) const {
  const auto width = static_cast<Eigen::Index>(linear_.size());
  const Eigen::RowVectorXd sums = weight.transpose() * cell.products;
  SmallMatrix gram(width, width);
  SmallVector rhs(width);
  Eigen::Index at = 0;
  for (Eigen::Index a = 0; a < width; ++a) {
    rhs[a] = sums[at++];
    for (Eigen::Index b = a; b < width; ++b) {
      gram(a, b) = gram(b, a) = sums[at++];
    }
  }
  const SmallVector scale = gram.diagonal().array().max(1e-300).rsqrt();
  const SmallVector mean = rhs / weight.sum();
  gram = scale.asDiagonal() * gram * scale.asDiagonal();
  rhs = scale.asDiagonal() * rhs;
  SmallVector x;
  const double explained = nonnegative_least_squares(gram, rhs, x);
  theta = cell.theta;
  // A coefficient at zero starts at a thousandth of the loss instead, so that
  // it can grow.
  for (Eigen::Index k = 0; k < width; ++k) {
    const double least = 1e-3 / std::max(mean[k], 1e-300);
    theta[linear_[static_cast<std::size_t>(k)]] =
        std::log(std::max(x[k] * scale[k], least)) - cell.log_scale[k];
  }
  return weight.sum() - explained;
}

std::vector<SeedGrid::Seed> SeedGrid::seeds(const FitProblem& problem,
                                            int most) const {
  const Eigen::VectorXd weight = problem.weight(rows_);
  FitProblem thinned = problem;
  thinned.inputs = problem.inputs(rows_, Eigen::all);
  thinned.log_loss = problem.log_loss(rows_);
  thinned.weight = weight;
  FitEvaluator evaluator(thinned);
  std::vector<Seed> all(cells_.size());
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    project(cells_[i], weight, all[i].theta);
    all[i].value = evaluator(all[i].theta, nullptr);
  }
  std::vector<Seed> chosen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool lowest = std::isfinite(all[i].value);
    std::size_t step = 1;
    std::size_t rest = i;
    for (std::size_t k = 0; k < nonlinear_.size(); ++k) {
      const std::size_t at = rest % static_cast<std::size_t>(side_);
      if (at > 0 && all[i - step].value < all[i].value) lowest = false;
      if (at + 1 < static_cast<std::size_t>(side_) &&
          all[i + step].value < all[i].value) {
        lowest = false;
      }
      rest /= static_cast<std::size_t>(side_);
      step *= static_cast<std::size_t>(side_);
    }
    if (lowest) chosen.push_back(all[i]);
  }
  std::stable_sort(
      chosen.begin(), chosen.end(), [](const Seed& a, const Seed& b) {
        return a.value < b.value;
      });
  if (chosen.size() > static_cast<std::size_t>(most)) {
    chosen.resize(static_cast<std::size_t>(most));
  }
  return chosen;
}

Eigen::VectorXd SeedGrid::best(const Eigen::VectorXd& row_weight) const {
  const Eigen::VectorXd weight = row_weight(rows_);
  Eigen::VectorXd theta;
  Eigen::VectorXd best_theta = cells_.front().theta;
  double best = std::numeric_limits<double>::infinity();
  for (const Cell& cell : cells_) {
    const double misfit = project(cell, weight, theta);
    if (misfit < best) {
      best = misfit;
      best_theta = theta;
    }
  }
  return best_theta;
}

}  // namespace isoflop
