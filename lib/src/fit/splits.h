// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "isoflop/fit/backtest.h"
#include "isoflop/fit/fit.h"

namespace isoflop {

inline constexpr int kFewestTraining = 8;
inline constexpr int kFewestHeldOut = 2;

/// Sizes and data that are not the same: repeats are no further runs.
int distinct_runs(const Runs& runs);

/// The runs of one split, by size, data and loss.
struct Parts {
  BacktestSplit split;
  Runs training;
  Runs held_out;                           ///< the ends of the larger runs
  std::vector<Eigen::Index> held_out_row;  ///< their rows among all
  Eigen::VectorXd distance;  ///< of a held-out run: C over the largest learned
};

/// What can be learned from and held out for each factor: at least eight runs
/// that differ in size or data, and two. One alone of factors that split alike,
/// in the order given.
std::vector<Parts> split_runs(const Runs& runs,
                              const std::vector<double>& factors);

/// What a method says of the held-out runs, in log loss.
struct Predicted {
  Eigen::VectorXd log_loss;
  Eigen::VectorXd low;
  Eigen::VectorXd high;
};

/// Normal in log loss.
Predicted with_sd(const Eigen::VectorXd& log_loss,
                  const Eigen::VectorXd& sd,
                  double level);

/// A fit with the intervals of its refits, and the scatter of runs; nothing
/// where it has no finite answer.
/// @throws std::invalid_argument as `fit`.
std::optional<Predicted> predict_by_fit(const FitOptions& options,
                                        const Runs& training,
                                        const Runs& held_out);

/// Scores of rows that are added one by one.
class Scorer {
 public:
  void add(double log_loss, double low, double high, double observed) {
    const double error = std::exp(log_loss) / observed - 1.0;
    const double log_observed = std::log(observed);
    ++sum_.runs;
    sum_.mean_abs_error += std::abs(error);
    sum_.mean_error += error;
    sum_.coverage += low <= log_observed && log_observed <= high ? 1.0 : 0.0;
    sum_.width += (std::exp(high) - std::exp(low)) / std::exp(log_loss);
  }
  std::optional<BacktestScore> score() const {
    if (sum_.runs == 0) return std::nullopt;
    BacktestScore mean = sum_;
    for (double* value : {&mean.mean_abs_error,
                          &mean.mean_error,
                          &mean.coverage,
                          &mean.width}) {
      *value /= sum_.runs;
    }
    return mean;
  }

 private:
  BacktestScore sum_;
};

/// A law at the held-out runs with nothing but the scatter of runs about it;
/// nothing where it has no finite answer.
std::optional<Predicted> predict_by_law(const Form& form,
                                        const Eigen::VectorXd& theta,
                                        double residual_scale,
                                        const Runs& held_out,
                                        double level);

/// Of one split.
std::optional<BacktestScore> score_of(const Predicted& said,
                                      const Runs& held_out);

/// Place of a distance among kBacktestDistances.
std::size_t distance_bin(double distance);

/// The mean over splits, each counting alike; nothing unless all have a score.
std::optional<BacktestScore> mean_of(
    const std::vector<std::optional<BacktestScore>>& scores);

}  // namespace isoflop
