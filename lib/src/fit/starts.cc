// SPDX-License-Identifier: Apache-2.0
#include "fit/starts.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

#include "fit/polish.h"
#include "isoflop/base/interval.h"
#include "isoflop/base/parallel.h"

namespace isoflop {
namespace {

constexpr int kMostStarts = 6;
constexpr int kPoints = 256;   ///< that fill the space
constexpr int kDescents = 24;  ///< of them, the best
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Start {
  Eigen::VectorXd theta;
  double value = kInfinity;  ///< F
};

/// Whether the loss is a sum of terms, each with a factor, and so few
/// coefficients are left that a grid covers them.
bool has_grid(const FitProblem& problem) {
  constexpr int kMostOther = 3;
  const Form& form = *problem.form;
  Eigen::VectorXd theta(form.coefficient_count());
  int other = 0;
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    const bool is_term = info.is_linear && info.scale == Scale::Log;
    theta[j] = is_term ? -kInfinity : to_scale(info.nominal, info.scale);
    other += is_term || info.is_fixed() ? 0 : 1;
  }
  if (other > kMostOther) return false;
  Eigen::VectorXd rest;
  form.evaluate_columns(theta, problem.inputs, rest, nullptr);
  // Zero, but for the smallest number that exp gives.
  if (!(rest.array() < std::log(1e-300)).all()) return false;
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    if (!info.is_linear || info.scale != Scale::Log) continue;
    // A term that lowers the loss has no logarithm of its own.
    Eigen::VectorXd alone = theta;
    alone[j] = 0.0;
    form.evaluate_columns(alone, problem.inputs, rest, nullptr);
    if (rest.hasNaN()) return false;
  }
  return true;
}

/// Where the points lie, on the search scale.
Interval reach_of(const CoefficientInfo& info) {
  constexpr double kFactor = 6.0;
  const double nominal = std::clamp(info.nominal, info.low, info.high);
  const double low = to_scale(info.low, info.scale);
  const double high = to_scale(info.high, info.scale);
  const double middle = to_scale(nominal, info.scale);
  double reach = 2.0 * std::max(std::abs(middle), 0.1);
  if (info.scale == Scale::Log) {
    // Scales that are large are known less well.
    reach = std::max(std::log(kFactor), 0.5 * std::abs(middle));
  } else if (low >= 0.0 && nominal > 0.0) {
    return {std::max(low, middle / kFactor), std::min(high, middle * kFactor)};
  } else if (high <= 0.0 && nominal < 0.0) {
    return {std::max(low, middle * kFactor), std::min(high, middle / kFactor)};
  }
  return {std::max(low, middle - reach), std::min(high, middle + reach)};
}

/// Exponents, whose reach is one sign, are spread by their logarithm.
double point_in(const Interval& reach, double share) {
  if (reach.low * reach.high > 0.0 && share > 0.0) {
    return reach.low * std::pow(reach.high / reach.low, share);
  }
  return reach.low + share * (reach.high - reach.low);
}

/// Points that fill the box evenly; the first is its middle.
std::vector<Eigen::VectorXd> spread_points(const Form& form) {
  const auto infos = form.coefficients();
  const double dimension = static_cast<double>(infos.size());
  // The root of x^(d + 1) = x + 1 by its contraction.
  double golden = 2.0;
  for (int i = 0; i < 64; ++i) {
    golden = std::pow(1.0 + golden, 1.0 / (dimension + 1.0));
  }
  std::vector<Eigen::VectorXd> points(
      kPoints, Eigen::VectorXd(form.coefficient_count()));
  for (std::size_t j = 0; j < infos.size(); ++j) {
    const Interval reach = reach_of(infos[j]);
    const double step = std::pow(golden, -static_cast<double>(j + 1));
    for (int i = 0; i < kPoints; ++i) {
      const double at = 0.5 + i * step;
      const double share = at - std::floor(at);
      points[static_cast<std::size_t>(i)][static_cast<Eigen::Index>(j)] =
          infos[j].is_fixed() ? to_scale(infos[j].low, infos[j].scale)
          : infos[j].scale == Scale::Log
              ? reach.low + share * (reach.high - reach.low)
              : point_in(reach, share);
    }
  }
  return points;
}

/// Coefficients that settle first: those searched as logarithms, in which
/// terms of a loss are nearly linear; all where there are none.
std::vector<int> settling(const Form& form) {
  std::vector<int> columns;
  for (const int j : free_coefficients(form)) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    if (info.scale == Scale::Log) columns.push_back(j);
  }
  return columns.empty() ? free_coefficients(form) : columns;
}

/// A few damped Gauss-Newton steps on squared log residuals.
/// @source Marquardt 1963, doi:10.1137/0111030.
void settle(const FitProblem& squares,
            const Box& box,
            const std::vector<int>& columns,
            Eigen::VectorXd& theta) {
  constexpr int kSteps = 6;
  constexpr double kSlow = 0.99;
  FitEvaluator evaluator(squares);
  Eigen::VectorXd gradient;
  double value = evaluator(theta, &gradient);
  double damping = 1e-2;
  for (int step = 0; step < kSteps && std::isfinite(value); ++step) {
    Eigen::MatrixXd curvature = evaluator.curvature(theta)(columns, columns);
    curvature.diagonal() *= 1.0 + damping;
    curvature.diagonal().array() += 1e-300;
    Eigen::VectorXd trial = theta;
    trial(columns) -= curvature.ldlt().solve(gradient(columns));
    trial = box.clamp(trial);
    Eigen::VectorXd trial_gradient;
    const double trial_value = evaluator(trial, &trial_gradient);
    if (trial_value < value) {
      if (trial_value > kSlow * value) step = kSteps;
      theta = trial;
      value = trial_value;
      gradient = trial_gradient;
      damping *= 0.1;
    } else {
      damping *= 10.0;
    }
  }
}

void sort_by_value(std::vector<Start>& starts) {
  std::stable_sort(
      starts.begin(), starts.end(), [](const Start& a, const Start& b) {
        return a.value < b.value;
      });
}

/// The best that predict different losses.
std::vector<Eigen::VectorXd> distinct(const FitProblem& problem,
                                      std::vector<Start> starts) {
  constexpr double kSameLogLoss = 1e-3;
  sort_by_value(starts);
  std::vector<Eigen::VectorXd> chosen;
  std::vector<Eigen::VectorXd> seen;
  Eigen::VectorXd predicted;
  for (const Start& start : starts) {
    if (!std::isfinite(start.value) || chosen.size() == kMostStarts) break;
    problem.form->evaluate_columns(
        start.theta, problem.inputs, predicted, nullptr);
    const auto is_same = [&](const Eigen::VectorXd& other) {
      return (predicted - other).cwiseAbs().maxCoeff() < kSameLogLoss;
    };
    if (std::any_of(seen.begin(), seen.end(), is_same)) continue;
    seen.push_back(predicted);
    chosen.push_back(start.theta);
  }
  return chosen;
}

std::vector<Eigen::VectorXd> scattered(const FitProblem& problem, int threads) {
  const FitProblem thinned = thin(problem);
  FitProblem squares = thinned;
  squares.objective = Objective::Squared;
  squares.residual = Residual::LogLoss;
  const Box box(*problem.form);
  const std::vector<int> columns = settling(*problem.form);
  const std::vector<Eigen::VectorXd> points = spread_points(*problem.form);
  std::vector<Start> starts(points.size());
  parallel_for(kPoints, threads, [&](std::int64_t i) {
    Start& start = starts[static_cast<std::size_t>(i)];
    start.theta = box.clamp(points[static_cast<std::size_t>(i)]);
    settle(squares, box, columns, start.theta);
    start.value = FitEvaluator(thinned)(start.theta, nullptr);
  });
  sort_by_value(starts);
  starts.resize(kDescents);
  parallel_for(kDescents, threads, [&](std::int64_t i) {
    Start& start = starts[static_cast<std::size_t>(i)];
    if (!std::isfinite(start.value)) return;
    const Polished end = polish(thinned, start.theta, Precision::Rough);
    start = {end.theta, end.value};
  });
  return distinct(thinned, std::move(starts));
}

}  // namespace

Starts::Starts(const FitProblem& problem, int threads) : problem_(problem) {
  if (has_grid(problem)) {
    grid_.emplace(problem);
    const Box box(*problem.form);
    for (const SeedGrid::Seed& seed : grid_->seeds(kMostStarts)) {
      first_.push_back(box.clamp(seed.theta));
    }
  } else {
    first_ = scattered(problem, threads);
  }
  // What the user says of the coefficients may be a start of their own.
  if (!problem.form->settings().coefficients.empty()) {
    Eigen::VectorXd nominal(problem.form->coefficient_count());
    for (int j = 0; j < problem.form->coefficient_count(); ++j) {
      nominal[j] =
          problem.form->coefficients()[static_cast<std::size_t>(j)].nominal;
    }
    first_.push_back(problem.form->theta_from_coefficients(nominal));
  }
}

Eigen::VectorXd Starts::best(const Eigen::VectorXd& row_weight) const {
  if (grid_) return grid_->best(row_weight);
  FitProblem weighted = problem_;
  weighted.weight = row_weight;
  FitEvaluator evaluator(weighted);
  const Eigen::VectorXd* best = &first_.front();
  double least = kInfinity;
  for (const Eigen::VectorXd& theta : first_) {
    const double value = evaluator(theta, nullptr);
    if (value < least) {
      least = value;
      best = &theta;
    }
  }
  return *best;
}

}  // namespace isoflop
