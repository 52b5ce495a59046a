// SPDX-License-Identifier: Apache-2.0
#include "fit/bootstrap.h"

#include "isoflop/base/parallel.h"
#include "isoflop/base/random.h"

namespace isoflop {
namespace {

struct Replicate {
  Eigen::VectorXd theta;
  bool converged = false;
  bool escalated = false;
};

std::vector<int> draw_counts(Eigen::Index n,
                             std::uint64_t seed,
                             std::int64_t replicate) {
  RandomStream random(seed, static_cast<std::uint64_t>(replicate));
  std::vector<int> counts(static_cast<std::size_t>(n), 0);
  for (Eigen::Index i = 0; i < n; ++i) {
    ++counts[random.below(static_cast<std::uint32_t>(n))];
  }
  return counts;
}

Replicate refit(const FitProblem& problem,
                const Starts& starts,
                const Eigen::VectorXd& optimum,
                std::uint64_t seed,
                std::int64_t index) {
  const std::vector<int> counts = draw_counts(problem.size(), seed, index);
  const FitProblem resampled = resample(problem, counts);
  Replicate replicate;
  const std::size_t free = free_coefficients(*problem.form).size();
  if (resampled.size() < static_cast<Eigen::Index>(free)) return replicate;
  Polished best = polish(resampled, optimum, Precision::Fine);
  Eigen::VectorXd weight = problem.weight;
  for (Eigen::Index i = 0; i < weight.size(); ++i) {
    weight[i] *= counts[static_cast<std::size_t>(i)];
  }
  // A resample may have another, better optimum than the warm start leads
  // to. A rough descent is enough to see that it does not.
  constexpr double kSameOptimum = 1e-5;
  const Polished rough =
      polish(resampled, starts.best(weight), Precision::Rough);
  if (rough.value < best.value * (1.0 - kSameOptimum)) {
    const Polished fresh = polish(resampled, rough.theta, Precision::Fine);
    if (fresh.value < best.value * (1.0 - 1e-9)) {
      replicate.escalated = fresh.value < best.value * (1.0 - kSameOptimum);
      best = fresh;
    }
  }
  replicate.converged = best.converged && best.theta.allFinite();
  replicate.theta = best.theta;
  clear_vanished(*problem.form, resampled.inputs, replicate.theta);
  return replicate;
}

}  // namespace

Bootstrap bootstrap(const FitProblem& problem,
                    const Starts& starts,
                    const Eigen::VectorXd& optimum,
                    const FitOptions& options) {
  std::vector<Replicate> replicates(
      static_cast<std::size_t>(options.bootstrap));
  parallel_for(options.bootstrap, options.threads, [&](std::int64_t i) {
    replicates[static_cast<std::size_t>(i)] =
        refit(problem, starts, optimum, options.seed, i);
  });
  Bootstrap result;
  result.summary.replicates = options.bootstrap;
  result.theta.resize(options.bootstrap, optimum.size());
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

}  // namespace isoflop
