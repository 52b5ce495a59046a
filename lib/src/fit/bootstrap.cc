// SPDX-License-Identifier: Apache-2.0
#include "fit/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <map>
#include <stdexcept>

#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/base/random.h"

namespace isoflop {
namespace {

struct Replicate {
  Eigen::VectorXd theta;
  bool converged = false;
  bool escalated = false;
};

std::vector<int> draw_counts(int n, RandomStream& random) {
  std::vector<int> counts(static_cast<std::size_t>(n), 0);
  for (int i = 0; i < n; ++i) {
    ++counts[random.below(static_cast<std::uint32_t>(n))];
  }
  return counts;
}

/// A problem to refit, and where its own start is.
struct Resample {
  FitProblem problem;
  Eigen::VectorXd start;
};

Resample draw_runs(const FitProblem& problem,
                   const Starts& starts,
                   const Resampling& resampling,
                   RandomStream& random) {
  const auto& cluster = resampling.cluster;
  const bool is_single = resampling.kind == BootstrapKind::Pairs;
  const int units = is_single
                        ? static_cast<int>(problem.size())
                        : *std::max_element(cluster.begin(), cluster.end()) + 1;
  std::vector<int> counts = draw_counts(units, random);
  if (!is_single) {
    std::vector<int> by_row;
    for (const int c : cluster) {
      by_row.push_back(counts[static_cast<std::size_t>(c)]);
    }
    counts = std::move(by_row);
  }
  Eigen::VectorXd weight = problem.weight;
  for (Eigen::Index i = 0; i < weight.size(); ++i) {
    weight[i] *= counts[static_cast<std::size_t>(i)];
  }
  return {resample(problem, counts), starts.best(weight)};
}

/// The runs with new errors about the fit.
class ErrorSampler {
 public:
  ErrorSampler(const FitProblem& problem,
               const Eigen::VectorXd& optimum,
               const Errors& errors,
               BootstrapKind kind)
      : problem_(problem), errors_(errors), distribution_(errors) {
    Eigen::VectorXd log_fitted;
    problem.form->evaluate_columns(
        optimum, problem.inputs, log_fitted, nullptr);
    fitted_ = problem.residual == Residual::LogLoss
                  ? log_fitted
                  : Eigen::VectorXd(log_fitted.array().exp());
    if (kind != BootstrapKind::Wild) return;
    constexpr double kLeastSpare = 0.05;
    own_ = errors.error.array() /
           (1.0 - errors.leverage.array()).max(kLeastSpare).sqrt();
  }

  FitProblem draw(RandomStream& random) const {
    FitProblem drawn = problem_;
    const double inflation = std::sqrt(
        errors_.freedom /
        boost::math::quantile(boost::math::chi_squared(errors_.freedom),
                              random.uniform()));
    for (Eigen::Index i = 0; i < fitted_.size(); ++i) {
      const double error =
          inflation * draw_error(i, random) / std::sqrt(problem_.weight[i]);
      drawn.log_loss[i] =
          problem_.residual == Residual::LogLoss
              ? fitted_[i] + error
              : std::log(std::max(fitted_[i] + error, 1e-3 * fitted_[i]));
    }
    return drawn;
  }

 private:
  double draw_error(Eigen::Index row, RandomStream& random) const {
    if (!errors_.exist()) return 0.0;
    if (own_.size() == 0) return distribution_.draw(random);
    return random.uniform() < 0.5 ? -own_[row] : own_[row];
  }

  const FitProblem& problem_;
  const Errors& errors_;
  ErrorDistribution distribution_;
  Eigen::VectorXd fitted_;
  Eigen::VectorXd own_;  ///< n_runs, of a wild bootstrap
};

Eigen::VectorXd best_first(const FitProblem& problem, const Starts& starts) {
  FitEvaluator evaluator(problem);
  const auto& first = starts.first();
  std::vector<double> value;
  for (const Eigen::VectorXd& theta : first) {
    value.push_back(evaluator(theta, nullptr));
  }
  const auto least = std::min_element(value.begin(), value.end());
  return first[static_cast<std::size_t>(least - value.begin())];
}

Replicate refit(const Resample& resample, const Eigen::VectorXd& optimum) {
  const FitProblem& problem = resample.problem;
  Replicate replicate;
  const std::size_t free = free_coefficients(*problem.form).size();
  if (problem.size() < static_cast<Eigen::Index>(free)) return replicate;
  Polished best = polish(problem, optimum, Precision::Fine);
  // A resample may have another, better optimum than the warm start leads
  // to. A rough descent is enough to see that it does not.
  constexpr double kSameOptimum = 1e-5;
  const Polished rough = polish(problem, resample.start, Precision::Rough);
  if (rough.value < best.value * (1.0 - kSameOptimum)) {
    const Polished fresh = polish(problem, rough.theta, Precision::Fine);
    if (fresh.value < best.value * (1.0 - 1e-9)) {
      replicate.escalated = fresh.value < best.value * (1.0 - kSameOptimum);
      best = fresh;
    }
  }
  replicate.converged = best.converged && best.theta.allFinite();
  replicate.theta = best.theta;
  clear_vanished(*problem.form, problem.inputs, replicate.theta);
  return replicate;
}

}  // namespace

Bootstrap bootstrap(const FitProblem& problem,
                    const Starts& starts,
                    const Eigen::VectorXd& optimum,
                    const Errors& errors,
                    const Resampling& resampling) {
  const BootstrapKind kind = resampling.kind;
  const bool draws_runs =
      kind == BootstrapKind::Pairs || kind == BootstrapKind::Cluster;
  const ErrorSampler sampler(problem, optimum, errors, kind);
  std::vector<Replicate> replicates(
      static_cast<std::size_t>(resampling.replicates));
  ProgressStage stage("refits", resampling.replicates);
  parallel_for(resampling.replicates, resampling.threads, [&](std::int64_t i) {
    RandomStream random(resampling.seed, static_cast<std::uint64_t>(i));
    Resample drawn;
    if (draws_runs) {
      drawn = draw_runs(problem, starts, resampling, random);
    } else {
      drawn.problem = sampler.draw(random);
      drawn.start = best_first(drawn.problem, starts);
    }
    replicates[static_cast<std::size_t>(i)] = refit(drawn, optimum);
    stage.step();
  });
  Bootstrap result;
  result.summary.kind = kind;
  result.summary.replicates = resampling.replicates;
  if (!resampling.cluster.empty()) {
    result.summary.clusters = 1 + *std::max_element(resampling.cluster.begin(),
                                                    resampling.cluster.end());
  }
  result.theta.resize(resampling.replicates, optimum.size());
  Eigen::Index row = 0;
  for (const Replicate& replicate : replicates) {
    result.summary.escalated += replicate.escalated ? 1 : 0;
    if (replicate.converged) {
      result.theta.row(row++) = replicate.theta.transpose();
    } else {
      ++result.summary.failed;
    }
  }
  result.theta.conservativeResize(row, Eigen::NoChange);
  return result;
}

std::vector<Polished> leave_out(const FitProblem& problem,
                                const Eigen::VectorXd& optimum,
                                const std::vector<std::vector<int>>& rows,
                                int threads) {
  std::vector<Polished> ends(rows.size());
  ProgressStage stage("fits without a run", std::ssize(rows));
  parallel_for(
      static_cast<std::int64_t>(rows.size()), threads, [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        std::vector<int> counts(static_cast<std::size_t>(problem.size()), 1);
        for (const int row : rows[at])
          counts[static_cast<std::size_t>(row)] = 0;
        ends[at] = polish(resample(problem, counts), optimum, Precision::Fine);
        clear_vanished(*problem.form, problem.inputs, ends[at].theta);
        stage.step();
      });
  return ends;
}

std::vector<int> clusters_of(const Runs& runs,
                             const std::vector<Eigen::Index>& order) {
  if (runs.group.empty()) {
    throw std::invalid_argument(
        "fit: bootstrap_kind is cluster, but the runs have no column group");
  }
  std::map<std::string, int> known;
  for (const std::string& label : runs.group) {
    if (!label.empty()) known[label] = 0;
  }
  int next = 0;
  for (auto& entry : known) entry.second = next++;
  std::vector<int> clusters;
  for (const Eigen::Index row : order) {
    const std::string& label = runs.group[static_cast<std::size_t>(row)];
    clusters.push_back(label.empty() ? next++ : known[label]);
  }
  if (next < 2) {
    throw std::invalid_argument(
        "fit: bootstrap_kind is cluster, but all runs are of one group");
  }
  return clusters;
}

}  // namespace isoflop
