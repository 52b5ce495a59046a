// SPDX-License-Identifier: Apache-2.0
#include "fit/forecast_mode.h"

#include <ceres/tiny_solver.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fit/errors.h"
#include "isoflop/base/interval.h"
#include "isoflop/base/parallel.h"
#include "laws/discrepancy_kernel.h"

namespace isoflop {
namespace {

using ConstVector = Eigen::Map<const Eigen::VectorXd>;

/// Ends of residuals that are no longer noise, in robust sds.
constexpr double kHuber = 1.5;
constexpr double kSmallestScale = 5e-4;
/// What a point outside the search's range costs: more than any inside.
constexpr double kFarOff = 1e30;

/// Rows and, below them, the prior, as one least-squares problem. `Whiten`
/// turns residuals and their derivatives into independent ones.
template <class Whiten>
class LeastSquares {
 public:
  using Scalar = double;
  enum { NUM_RESIDUALS = Eigen::Dynamic, NUM_PARAMETERS = Eigen::Dynamic };

  LeastSquares(const ForecastProblem& problem, const Whiten& whiten)
      : problem_(problem),
        whiten_(whiten),
        prior_root_(problem.precision().cwiseSqrt()) {}

  int NumResiduals() const {
    return static_cast<int>(problem_.size() + prior_root_.size());
  }
  int NumParameters() const { return static_cast<int>(prior_root_.size()); }

  bool operator()(const double* at, double* out, double* slopes) const {
    const Eigen::Index n = problem_.size();
    const Eigen::Index p = prior_root_.size();
    Eigen::Map<Eigen::VectorXd> all(out, n + p);
    const bool is_inside = problem_.is_inside(at);
    if (is_inside) {
      problem_.residuals(ConstVector(at, p),
                         residual_,
                         slopes == nullptr ? nullptr : &jacobian_);
    }
    // Outside, and where the law overflows, no step is taken.
    if (!is_inside || !residual_.allFinite()) {
      all.setConstant(kFarOff);
      if (slopes != nullptr) {
        Eigen::Map<Eigen::MatrixXd>(slopes, n + p, p).setZero();
      }
      return false;
    }
    whiten_(residual_, slopes == nullptr ? nullptr : &jacobian_);
    all.head(n) = residual_;
    all.tail(p) =
        prior_root_.cwiseProduct(problem_.deviation(ConstVector(at, p)));
    if (slopes == nullptr) return true;
    Eigen::Map<Eigen::MatrixXd> jacobian(slopes, n + p, p);
    jacobian.topRows(n) = jacobian_;
    jacobian.bottomRows(p) = prior_root_.asDiagonal();
    return true;
  }

 private:
  const ForecastProblem& problem_;
  const Whiten& whiten_;
  Eigen::VectorXd prior_root_;
  mutable Eigen::VectorXd residual_;
  mutable Eigen::MatrixXd jacobian_;
};

struct Mode {
  Eigen::VectorXd at;
  double cost = 0.0;
};

template <class Whiten>
Mode minimise(const ForecastProblem& problem,
              const Whiten& whiten,
              const Eigen::VectorXd& start,
              int most_iterations,
              double tolerance = 1e-11) {
  const LeastSquares<Whiten> objective(problem, whiten);
  ceres::TinySolver<LeastSquares<Whiten>> solver;
  solver.options.max_num_iterations = most_iterations;
  solver.options.function_tolerance = tolerance;
  solver.options.parameter_tolerance = 1e-10;
  solver.options.gradient_tolerance = 1e-10;
  Mode mode{start, 0.0};
  solver.Solve(objective, &mode.at);
  mode.cost = solver.summary.final_cost;
  return mode;
}

/// Huber's loss as a square: residuals whose squares sum to twice the loss.
struct Huber {
  const Eigen::VectorXd& root_weight;
  double scale;

  void operator()(Eigen::VectorXd& residual, Eigen::MatrixXd* jacobian) const {
    const double delta = kHuber * scale;
    for (Eigen::Index i = 0; i < residual.size(); ++i) {
      const double size = std::abs(residual[i]);
      double slope = root_weight[i] / scale;
      if (size <= delta) {
        residual[i] *= slope;
      } else {
        const double root = std::sqrt(delta * (2.0 * size - delta));
        residual[i] = std::copysign(slope * root, residual[i]);
        slope *= delta / root;
      }
      if (jacobian != nullptr) jacobian->row(i) *= slope;
    }
  }
};

struct Correlated {
  const Eigen::MatrixXd& lower;

  void operator()(Eigen::VectorXd& residual, Eigen::MatrixXd* jacobian) const {
    const auto triangle = lower.triangularView<Eigen::Lower>();
    triangle.solveInPlace(residual);
    if (jacobian != nullptr) triangle.solveInPlace(*jacobian);
  }
};

/// Places to start from: every combination of the exponents' spreads with two
/// shares that the irreducible part has of the median loss.
std::vector<Eigen::VectorXd> starts(const ForecastProblem& problem) {
  const auto count = static_cast<Eigen::Index>(problem.priors.size());
  const double median = quantile(problem.log_loss, 0.5);
  std::vector<Eigen::VectorXd> found;
  const auto flat = static_cast<double>(std::count_if(
      problem.priors.begin(), problem.priors.end(), [](const PriorInfo& prior) {
        return prior.is_flat();
      }));
  for (const double share : {0.45, 0.75}) {
    Eigen::VectorXd start(count);
    bool is_first = true;
    for (Eigen::Index j = 0; j < count; ++j) {
      const PriorInfo& prior = problem.priors[static_cast<std::size_t>(j)];
      start[j] = prior.mean;
      if (!prior.is_flat()) continue;
      start[j] =
          median + std::log(is_first ? share : (1.0 - share) / (flat - 1.0));
      is_first = false;
    }
    std::vector<Eigen::VectorXd> level = {start};
    for (Eigen::Index j = 0; j < count; ++j) {
      const double spread = problem.priors[static_cast<std::size_t>(j)].spread;
      if (spread == 0.0) continue;
      std::vector<Eigen::VectorXd> next;
      for (const Eigen::VectorXd& at : level) {
        for (const double side : {-1.0, 0.0, 1.0}) {
          next.push_back(at);
          next.back()[j] += side * spread;
        }
      }
      level = std::move(next);
    }
    found.insert(found.end(), level.begin(), level.end());
  }
  return found;
}

/// The robust sd of the residuals by their weighted median.
double robust_scale(const ForecastProblem& problem,
                    const Eigen::VectorXd& at,
                    const Eigen::VectorXd& weight) {
  Eigen::VectorXd residual;
  problem.residuals(at, residual, nullptr);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(residual.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return std::abs(residual[a]) < std::abs(residual[b]);
  });
  const double half = 0.5 * weight.sum();
  double sum = 0.0;
  double median = 0.0;
  for (const Eigen::Index i : order) {
    sum += weight[i];
    median = std::abs(residual[i]);
    if (sum >= half) break;
  }
  const auto n = static_cast<double>(residual.size());
  const auto p = static_cast<double>(at.size());
  return std::max(robust_sd(median, n, n - p), kSmallestScale);
}

/// Larger runs are nearer to what is asked.
Eigen::VectorXd weights_by_compute(const ForecastProblem& problem) {
  constexpr double kPower = 0.25;
  constexpr double kSmallest = 1e-3;
  const Eigen::VectorXd log_flops = log_flops_of(problem.inputs);
  const double largest = log_flops.maxCoeff();
  Eigen::VectorXd weight = log_flops.unaryExpr([=](double log_c) {
    return std::max(std::exp(kPower * (log_c - largest)), kSmallest);
  });
  weight.array() *= problem.weight.array();
  return weight / weight.mean();
}

}  // namespace

RobustMode robust_mode(const ForecastProblem& problem, int threads) {
  constexpr double kFirstScale = 0.01;
  constexpr int kRounds = 4;
  constexpr double kRough = 1e-6;  // of an objective about as large as n
  constexpr double kFine = 1e-11;
  constexpr double kSettled = 0.02;
  constexpr std::size_t kKept = 3;
  const Eigen::VectorXd weight = weights_by_compute(problem);
  const Eigen::VectorXd root = weight.cwiseSqrt();
  const auto search = [&](const std::vector<Eigen::VectorXd>& from,
                          double scale,
                          double tolerance) {
    std::vector<Mode> modes(from.size());
    const auto count = static_cast<std::int64_t>(from.size());
    parallel_for(count, count > 1 ? threads : 1, [&](std::int64_t i) {
      const auto k = static_cast<std::size_t>(i);
      modes[k] = minimise(problem, Huber{root, scale}, from[k], 60, tolerance);
    });
    std::stable_sort(
        modes.begin(), modes.end(), [](const Mode& a, const Mode& b) {
          return a.cost < b.cost;
        });
    return modes;
  };
  std::vector<Eigen::VectorXd> from;
  for (const Mode& mode : search(starts(problem), kFirstScale, kRough)) {
    if (from.size() < kKept) from.push_back(mode.at);
  }
  double last = kFirstScale;
  RobustMode found;
  found.at = from.front();
  for (int round = 0; round < kRounds; ++round) {
    const double scale = robust_scale(problem, found.at, weight);
    found.at = search(from, scale, kFine).front().at;
    from = {found.at};
    if (std::abs(std::log(scale / last)) < kSettled) break;
    last = scale;
  }
  found.scale = robust_scale(problem, found.at, weight);
  Eigen::VectorXd residual;
  problem.residuals(found.at, residual, nullptr);
  found.noise_weight = residual.unaryExpr([&](double r) {
    return std::min(1.0, found.scale / std::max(std::abs(r), 1e-9));
  });
  return found;
}

Eigen::VectorXd correlated_mode(const ForecastProblem& problem,
                                const Eigen::VectorXd& start,
                                const Eigen::MatrixXd& lower) {
  return minimise(problem, Correlated{lower}, start, 30).at;
}

}  // namespace isoflop
