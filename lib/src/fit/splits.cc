// SPDX-License-Identifier: Apache-2.0
#include "fit/splits.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include "fit/problem.h"
#include "runs/run_numbers.h"
#include "runs/subset.h"

namespace isoflop {
namespace {

/// Half the width of a standard normal's central interval.
double normal_width(double level) {
  LossForecast unit;
  unit.sd_noise = 1.0;
  return std::log(unit.run_interval(level).high);
}

}  // namespace

int distinct_runs(const Runs& runs) {
  const bool has_sizes = runs.has_sizes();
  std::set<std::pair<double, double>> seen;
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    seen.emplace(has_sizes ? runs.params[i] : runs.flops[i],
                 has_sizes ? runs.tokens[i] : 1.0);
  }
  return static_cast<int>(seen.size());
}

std::vector<Parts> split_runs(const Runs& runs,
                              const std::vector<double>& factors) {
  const bool has_sizes = runs.has_sizes();
  const Eigen::VectorXd flops =
      has_sizes ? Eigen::VectorXd(kFlopsPerParamToken *
                                  runs.params.cwiseProduct(runs.tokens))
                : runs.flops;
  const double largest = flops.maxCoeff();
  std::vector<Eigen::Index> rows(static_cast<std::size_t>(runs.size()));
  std::iota(rows.begin(), rows.end(), 0);
  const auto key = [&](Eigen::Index i) {
    return std::tuple(has_sizes ? runs.params[i] : runs.flops[i],
                      has_sizes ? runs.tokens[i] : 1.0,
                      runs.loss_nats[i]);
  };
  std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) {
    return key(a) < key(b);
  });
  const RunNumbers numbers = run_numbers(runs, rows);
  const auto run_of = [&](std::size_t k) {
    return numbers.of_row[static_cast<Eigen::Index>(k)];
  };
  Eigen::VectorXd reached = Eigen::VectorXd::Zero(numbers.count);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    double& most = reached[run_of(k)];
    most = std::max(most, flops[rows[k]]);
  }
  std::vector<Parts> found;
  for (const double factor : factors) {
    const double limit = largest / factor;
    std::vector<Eigen::Index> small;
    std::vector<Eigen::Index> large;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const Eigen::Index i = rows[k];
      const double end = reached[run_of(k)];
      // What a larger run lost on its way is neither known nor asked.
      if (end <= limit) small.push_back(i);
      if (end > limit && flops[i] == end) large.push_back(i);
    }
    const auto training = static_cast<int>((reached.array() <= limit).count());
    const auto held_out = numbers.count - training;
    const bool is_known =
        std::any_of(found.begin(), found.end(), [&](const Parts& parts) {
          return parts.split.training == training;
        });
    if (training < kFewestTraining || held_out < kFewestHeldOut || is_known ||
        distinct_runs(subset(runs, small)) < kFewestTraining) {
      continue;
    }
    found.push_back({{factor, training, held_out, Flops(limit)},
                     subset(runs, small),
                     subset(runs, large),
                     large,
                     flops(large) / flops(small).maxCoeff()});
  }
  return found;
}

Predicted with_sd(const Eigen::VectorXd& log_loss,
                  const Eigen::VectorXd& sd,
                  double level) {
  const Eigen::VectorXd width = normal_width(level) * sd;
  return {log_loss, log_loss - width, log_loss + width};
}

std::optional<Predicted> predict_by_fit(const FitOptions& options,
                                        const Runs& training,
                                        const Runs& held_out) {
  FitOptions quick = options;
  quick.widening = WideningChoice::None;
  quick.interval = IntervalMethod::Percentile;
  quick.influence = false;
  quick.flops.clear();
  const FitResult known = fit(training, quick);
  const Form& form = *known.law.form;
  const Eigen::MatrixXd inputs = inputs_of(held_out, form);
  const auto losses_at = [&](const Eigen::VectorXd& coefficients) {
    Eigen::VectorXd out;
    form.evaluate_columns(
        form.theta_from_coefficients(coefficients), inputs, out, nullptr);
    return out;
  };
  Predicted found{losses_at(known.law.coefficients), {}, {}};
  const double scatter = normal_width(options.level) * known.residual_scale;
  Eigen::MatrixXd draws(known.law.draws.rows(), inputs.rows());
  for (Eigen::Index i = 0; i < draws.rows(); ++i) {
    draws.row(i) = losses_at(known.law.draws.row(i)).transpose();
  }
  if (!found.log_loss.allFinite() || !draws.allFinite()) return std::nullopt;
  found.low = found.log_loss.array() - scatter;
  found.high = found.log_loss.array() + scatter;
  for (Eigen::Index i = 0; i < inputs.rows() && draws.rows() > 0; ++i) {
    const double mean = found.log_loss[i];
    const Interval around = percentile_interval(draws.col(i), options.level);
    found.low[i] = mean - std::hypot(scatter, std::max(0.0, mean - around.low));
    found.high[i] =
        mean + std::hypot(scatter, std::max(0.0, around.high - mean));
  }
  return found;
}

std::optional<Predicted> predict_by_law(const Form& form,
                                        const Eigen::VectorXd& theta,
                                        double residual_scale,
                                        const Runs& held_out,
                                        double level) {
  Eigen::VectorXd log_loss;
  form.evaluate_columns(theta, inputs_of(held_out, form), log_loss, nullptr);
  if (!log_loss.allFinite()) return std::nullopt;
  return with_sd(log_loss,
                 Eigen::VectorXd::Constant(log_loss.size(), residual_scale),
                 level);
}

std::optional<BacktestScore> score_of(const Predicted& said,
                                      const Runs& held_out) {
  Scorer scorer;
  for (Eigen::Index i = 0; i < held_out.size(); ++i) {
    scorer.add(
        said.log_loss[i], said.low[i], said.high[i], held_out.loss_nats[i]);
  }
  return scorer.score();
}

std::size_t distance_bin(double distance) {
  const auto* at = std::find_if(std::begin(kBacktestDistances),
                                std::end(kBacktestDistances),
                                [=](double most) { return distance <= most; });
  return static_cast<std::size_t>(at - std::begin(kBacktestDistances));
}

std::optional<BacktestScore> mean_of(
    const std::vector<std::optional<BacktestScore>>& scores) {
  BacktestScore mean;
  double count = 0.0;
  for (const auto& score : scores) {
    if (!score) return std::nullopt;
    count += 1.0;
    mean.runs += score->runs;
    mean.mean_abs_error += score->mean_abs_error;
    mean.mean_error += score->mean_error;
    mean.coverage += score->coverage;
    mean.width += score->width;
  }
  if (count == 0.0) return std::nullopt;
  mean.mean_abs_error /= count;
  mean.mean_error /= count;
  mean.coverage /= count;
  mean.width /= count;
  return mean;
}

}  // namespace isoflop
