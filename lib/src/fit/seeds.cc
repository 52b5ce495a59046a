// SPDX-License-Identifier: Apache-2.0
#include "fit/seeds.h"

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

/// Cells along each of `count` coefficients.
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

/// Forms have at most this many terms.
constexpr int kMostTerms = 6;

/// Least squares of a few columns; small enough to live on the stack.
struct SmallSystem {
  int size = 0;
  double gram[kMostTerms][kMostTerms];  ///< unit diagonal
  double right[kMostTerms];

  /// Least squares over the columns of `mask`.
  /// @param x  size, zero outside the mask
  /// @return   how much is explained; negative when a factor is negative or
  ///     the columns depend on each other
  double solve(int mask, double* x) const {
    int active[kMostTerms];
    int count = 0;
    for (int j = 0; j < size; ++j) {
      x[j] = 0.0;
      if (mask >> j & 1) active[count++] = j;
    }
    // Cholesky: l l' = gram, l z = right, l' x = z.
    double l[kMostTerms][kMostTerms];
    double z[kMostTerms];
    for (int a = 0; a < count; ++a) {
      for (int b = 0; b <= a; ++b) {
        double sum = gram[active[a]][active[b]];
        for (int k = 0; k < b; ++k) sum -= l[a][k] * l[b][k];
        if (a == b && !(sum > 0.0)) return -1.0;
        l[a][b] = a == b ? std::sqrt(sum) : sum / l[b][b];
      }
      double sum = right[active[a]];
      for (int k = 0; k < a; ++k) sum -= l[a][k] * z[k];
      z[a] = sum / l[a][a];
    }
    double explained = 0.0;
    for (int a = count; a-- > 0;) {
      double sum = z[a];
      for (int k = a + 1; k < count; ++k) sum -= l[k][a] * x[active[k]];
      x[active[a]] = sum / l[a][a];
      if (!(x[active[a]] >= 0.0)) return -1.0;
      explained += z[a] * z[a];
    }
    return explained;
  }
};

/// Non-negative least squares, exactly: all columns, or the best set of fewer
/// where a factor would turn negative.
/// @return  how much is explained
double nonnegative_least_squares(const SmallSystem& system, double* best) {
  const int all = (1 << system.size) - 1;
  const double explained = system.solve(all, best);
  if (explained >= 0.0) return explained;
  double most = 0.0;
  double x[kMostTerms];
  std::fill_n(best, system.size, 0.0);
  for (int mask = 1; mask < all; ++mask) {
    const double part = system.solve(mask, x);
    if (part <= most) continue;
    most = part;
    std::copy_n(x, system.size, best);
  }
  return most;
}

}  // namespace

SeedGrid::SeedGrid(const FitProblem& problem) : problem_(&problem) {
  const auto infos = problem.form->coefficients();
  std::size_t free = 0;
  for (std::size_t j = 0; j < infos.size(); ++j) {
    (infos[j].is_linear ? terms_ : other_).push_back(static_cast<int>(j));
    if (!infos[j].is_linear && !infos[j].is_fixed()) ++free;
  }
  if (terms_.size() > kMostTerms) {
    throw std::logic_error("SeedGrid: too many terms");
  }
  for (const int j : other_) {
    const bool is_fixed = infos[static_cast<std::size_t>(j)].is_fixed();
    sides_.push_back(is_fixed ? 1 : cells_along(free));
  }
  const Eigen::Index stride = (problem.size() + kMostRows - 1) / kMostRows;
  for (Eigen::Index i = 0; i < problem.size(); i += stride) {
    rows_.push_back(i);
  }
  add_cells();
  add_columns();
}

void SeedGrid::add_cells() {
  const auto infos = problem_->form->coefficients();
  int count = 1;
  for (const int side : sides_) count *= side;
  for (int index = 0; index < count; ++index) {
    Cell cell;
    cell.theta = Eigen::VectorXd::Constant(problem_->form->coefficient_count(),
                                           kMinusInfinity);
    for (const int j : terms_) {
      const auto& info = infos[static_cast<std::size_t>(j)];
      if (info.is_fixed()) cell.theta[j] = to_scale(info.low, info.scale);
    }
    int rest = index;
    for (std::size_t k = 0; k < other_.size(); ++k) {
      const auto& info = infos[static_cast<std::size_t>(other_[k])];
      const int side = sides_[k];
      const double share = side == 1 ? 0.5 : (rest % side) / (side - 1.0);
      const double value = info.nominal * std::pow(kReach, 2.0 * share - 1.0);
      cell.theta[other_[k]] =
          to_scale(std::clamp(value, info.low, info.high), info.scale);
      rest /= side;
    }
    cells_.push_back(std::move(cell));
  }
}

void SeedGrid::add_columns() {
  const Form& form = *problem_->form;
  const Eigen::MatrixXd inputs = problem_->inputs(rows_, Eigen::all);
  const Eigen::VectorXd log_loss = problem_->log_loss(rows_);
  Eigen::VectorXd column;
  Eigen::MatrixXd slopes;
  // The loss is linear in the factors: with one at 1 and the others at 0 the
  // form itself gives that column.
  const auto alone = [&](const Cell& cell, int term) {
    Eigen::VectorXd theta = cell.theta;
    for (const int j : terms_) theta[j] = kMinusInfinity;
    theta[term] = 0.0;
    return theta;
  };
  // What a term reads: its slopes tell, in a few cells and some of the rows.
  constexpr Eigen::Index kProbes = 64;
  std::vector<Eigen::Index> probes;
  const Eigen::Index stride = (inputs.rows() + kProbes - 1) / kProbes;
  for (Eigen::Index i = 0; i < inputs.rows(); i += stride) probes.push_back(i);
  const Eigen::MatrixXd probed = inputs(probes, Eigen::all);
  std::vector<std::vector<bool>> reads(terms_.size());
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    reads[t].resize(other_.size(), false);
    for (const std::size_t at :
         {std::size_t{0}, cells_.size() / 2, cells_.size() - 1}) {
      form.evaluate_columns(
          alone(cells_[at], terms_[t]), probed, column, &slopes);
      for (std::size_t k = 0; k < other_.size(); ++k) {
        if (!slopes.col(other_[k]).isZero(0.0)) reads[t][k] = true;
      }
    }
  }
  // The first cell that is the same to two terms.
  const auto first_like = [&](std::size_t index, std::size_t a, std::size_t b) {
    std::size_t first = 0;
    std::size_t step = 1;
    for (std::size_t k = 0; k < other_.size(); ++k) {
      const auto side = static_cast<std::size_t>(sides_[k]);
      if (reads[a][k] || reads[b][k]) first += index / step % side * step;
      step *= side;
    }
    return first;
  };
  std::vector<Eigen::VectorXd> columns;
  std::vector<double> scales;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      const std::size_t first = first_like(i, t, t);
      if (first < i) {
        cell.columns.push_back(cells_[first].columns[t]);
        continue;
      }
      cell.columns.push_back(static_cast<int>(columns.size()));
      form.evaluate_columns(alone(cell, terms_[t]), inputs, column, nullptr);
      column -= log_loss;
      scales.push_back(column.maxCoeff());
      columns.push_back((column.array() - scales.back()).exp());
    }
    for (std::size_t a = 0; a < terms_.size(); ++a) {
      for (std::size_t b = a; b < terms_.size(); ++b) {
        const std::size_t first = first_like(i, a, b);
        if (first < i) {
          cell.products.push_back(cells_[first].products[cell.products.size()]);
          continue;
        }
        cell.products.push_back(static_cast<int>(products_.size()));
        products_.emplace_back(cell.columns[a], cell.columns[b]);
      }
    }
  }
  columns_.resize(inputs.rows(), static_cast<Eigen::Index>(columns.size()));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns_.col(static_cast<Eigen::Index>(c)) = columns[c];
  }
  log_scale_ = Eigen::Map<const Eigen::VectorXd>(
      scales.data(), static_cast<Eigen::Index>(scales.size()));
}

SeedGrid::Sums SeedGrid::sums_of(const Eigen::VectorXd& weight) const {
  Sums sums;
  const Eigen::MatrixXd weighted = weight.asDiagonal() * columns_;
  sums.weight = weight.sum();
  sums.columns = weighted.colwise().sum();
  sums.products.resize(static_cast<Eigen::Index>(products_.size()));
  for (std::size_t k = 0; k < products_.size(); ++k) {
    const auto [a, b] = products_[k];
    sums.products[static_cast<Eigen::Index>(k)] =
        weighted.col(a).dot(columns_.col(b));
  }
  return sums;
}

double SeedGrid::project(const Cell& cell,
                         const Sums& sums,
                         Eigen::VectorXd& x) const {
  const auto infos = problem_->form->coefficients();
  const auto width = static_cast<int>(terms_.size());
  double gram[kMostTerms][kMostTerms];
  double right[kMostTerms];
  int at = 0;
  for (int a = 0; a < width; ++a) {
    right[a] = sums.columns[cell.columns[static_cast<std::size_t>(a)]];
    for (int b = a; b < width; ++b) {
      gram[a][b] = gram[b][a] =
          sums.products[cell.products[static_cast<std::size_t>(at++)]];
    }
  }
  // Terms whose factor is given leave less to explain.
  x.setZero(width);
  double whole = sums.weight;
  int free[kMostTerms];
  SmallSystem system;
  for (int a = 0; a < width; ++a) {
    const int j = terms_[static_cast<std::size_t>(a)];
    if (!infos[static_cast<std::size_t>(j)].is_fixed()) {
      free[system.size++] = a;
      continue;
    }
    x[a] = std::exp(cell.theta[j] +
                    log_scale_[cell.columns[static_cast<std::size_t>(a)]]);
    whole += x[a] * (x[a] * gram[a][a] - 2.0 * right[a]);
    for (int b = 0; b < width; ++b) right[b] -= x[a] * gram[a][b];
  }
  double scale[kMostTerms];
  for (int f = 0; f < system.size; ++f) {
    scale[f] = 1.0 / std::sqrt(std::max(gram[free[f]][free[f]], 1e-300));
    system.right[f] = scale[f] * right[free[f]];
    for (int g = 0; g <= f; ++g) {
      system.gram[f][g] = system.gram[g][f] =
          scale[f] * scale[g] * gram[free[f]][free[g]];
    }
  }
  double solution[kMostTerms];
  const double explained = nonnegative_least_squares(system, solution);
  for (int f = 0; f < system.size; ++f) {
    // A factor at zero starts at a thousandth of the loss instead, so that it
    // can grow.
    const double mean =
        sums.columns[cell.columns[static_cast<std::size_t>(free[f])]] /
        sums.weight;
    const double least = 1e-3 / std::max(mean, 1e-300);
    x[free[f]] = std::max(solution[f] * scale[f], least);
  }
  return whole - explained;
}

Eigen::VectorXd SeedGrid::theta_of(const Cell& cell,
                                   const Eigen::VectorXd& x) const {
  Eigen::VectorXd theta = cell.theta;
  for (std::size_t a = 0; a < terms_.size(); ++a) {
    const int j = terms_[a];
    if (problem_->form->coefficients()[static_cast<std::size_t>(j)].is_fixed())
      continue;
    theta[j] =
        std::log(x[static_cast<Eigen::Index>(a)]) - log_scale_[cell.columns[a]];
  }
  return theta;
}

std::vector<SeedGrid::Seed> SeedGrid::seeds(int most) const {
  FitProblem thinned;
  thinned.objective = problem_->objective;
  thinned.scale = problem_->scale;
  thinned.cost_ratio = problem_->cost_ratio;
  thinned.weight = problem_->weight(rows_);
  const Eigen::ArrayXd loss = problem_->log_loss(rows_).array().exp();
  const Sums sums = sums_of(thinned.weight);
  std::vector<Eigen::VectorXd> factors(cells_.size());
  std::vector<double> values(cells_.size());
  Eigen::VectorXd residual;
  Eigen::VectorXd influence;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    project(cells_[i], sums, factors[i]);
    residual.setZero(thinned.weight.size());
    for (std::size_t a = 0; a < terms_.size(); ++a) {
      residual += factors[i][static_cast<Eigen::Index>(a)] *
                  columns_.col(cells_[i].columns[a]);
    }
    if (problem_->residual == Residual::LogLoss) {
      residual = residual.array().log();
    } else {
      residual = loss * (residual.array() - 1.0);
    }
    values[i] = sum_of_losses(thinned, residual, influence);
  }
  std::vector<Seed> chosen;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    bool is_lowest = std::isfinite(values[i]);
    std::size_t step = 1;
    std::size_t rest = i;
    for (const int count : sides_) {
      const auto side = static_cast<std::size_t>(count);
      const std::size_t at = rest % side;
      if (at > 0 && values[i - step] < values[i]) is_lowest = false;
      if (at + 1 < side && values[i + step] < values[i]) is_lowest = false;
      rest /= side;
      step *= side;
    }
    if (is_lowest)
      chosen.push_back({theta_of(cells_[i], factors[i]), values[i]});
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
  const Sums sums = sums_of(row_weight(rows_));
  Eigen::VectorXd x;
  Eigen::VectorXd best_x;
  const Cell* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const Cell& cell : cells_) {
    const double misfit = project(cell, sums, x);
    if (best != nullptr && !(misfit < least)) continue;
    least = misfit;
    best = &cell;
    best_x = x;
  }
  return theta_of(*best, best_x);
}

}  // namespace isoflop
