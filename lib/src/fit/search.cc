// SPDX-License-Identifier: Apache-2.0
#include "fit/search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "isoflop/base/parallel.h"

namespace isoflop {
namespace {

/// Optima whose objectives differ by less than this are the same.
constexpr double kSameOptimum = 1e-7;
constexpr std::size_t kMostListed = 100;
/// Above this many rows descents go first over a part of them.
constexpr Eigen::Index kManyRows = 20000;

struct End {
  Polished at;
  int start = 0;  ///< from 1
};

bool is_same_value(const FitProblem& problem, double a, double b) {
  const double rounding = 1e3 * rounding_of(problem);
  return std::abs(a - b) <= kSameOptimum * std::min(a, b) + rounding;
}

/// Where the starts end, best first.
std::vector<End> descend_all(const FitProblem& problem,
                             const std::vector<End>& starts,
                             bool are_given,
                             int threads) {
  std::vector<End> ends = starts;
  parallel_for(
      static_cast<std::int64_t>(ends.size()), threads, [&](std::int64_t i) {
        End& end = ends[static_cast<std::size_t>(i)];
        const Eigen::VectorXd start = end.at.theta;
        end.at = polish(problem, start, Precision::Fine);
        if (!are_given) return;
        Polished other =
            polish(problem, start, Precision::Fine, Descent::CarefulNewton);
        if (other.value < end.at.value) std::swap(end.at, other);
        end.at.evaluations += other.evaluations;
      });
  std::stable_sort(ends.begin(), ends.end(), [](const End& a, const End& b) {
    return a.at.value < b.at.value;
  });
  return ends;
}

/// The first that ended at each objective.
std::vector<End> distinct(const FitProblem& problem,
                          const std::vector<End>& ends) {
  std::vector<End> kept;
  for (const End& end : ends) {
    const bool is_new =
        kept.empty() ||
        !is_same_value(problem, end.at.value, kept.back().at.value);
    if (is_new) kept.push_back(end);
  }
  return kept;
}

/// The last steps; without them where, in a valley without a floor, they lead
/// to a bound and from there upward.
Polished to_the_end(const FitProblem& problem, const Polished& near) {
  Polished end = polish(problem, near.theta);
  if (end.value <= near.value + 1e3 * rounding_of(problem)) return end;
  const int evaluations = end.evaluations;
  end = near;
  end.evaluations = evaluations;
  return end;
}

/// Another algorithm from another start. Where it stops elsewhere it starts
/// nearer; where it comes lower it has the optimum.
void check(const FitProblem& problem, Polished& best, FitSearch& summary) {
  constexpr double kConfirmed = 1e-8;
  constexpr int kTries = 3;
  double reach = 1.0;
  for (int k = 0; k < kTries && !summary.is_confirmed; ++k, reach *= 0.1) {
    const Polished other = polish(
        problem, beside(problem, best, reach), Precision::Fine, Descent::Bfgs);
    summary.evaluations += other.evaluations;
    const double gap = best.value - other.value;
    summary.check_gap = gap / std::max(best.value, 1e-300);
    const double rounding = 1e3 * rounding_of(problem);
    summary.is_confirmed = std::abs(gap) <= kConfirmed * best.value + rounding;
    if (!summary.is_confirmed && gap > 0.0) {
      best = to_the_end(problem, other);
      summary.evaluations += best.evaluations;
    }
  }
}

}  // namespace

Polished search(const FitProblem& problem,
                const std::vector<Eigen::VectorXd>& starts,
                bool are_given,
                int threads,
                FitSearch& summary) {
  if (starts.empty()) {
    throw std::invalid_argument(
        "fit: the law has no finite loss at any start; check the formula and "
        "the units of the runs");
  }
  std::vector<End> ends(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    ends[i].at.theta = starts[i];
    ends[i].start = static_cast<int>(i) + 1;
  }
  const FitProblem few =
      problem.size() > kManyRows ? thin(problem) : FitProblem();
  const FitProblem& first = few.form != nullptr ? few : problem;
  ends = descend_all(first, ends, are_given, threads);
  std::vector<End> optima = distinct(first, ends);
  for (const End& end : ends) {
    summary.evaluations += end.at.evaluations;
    if (is_same_value(first, end.at.value, ends.front().at.value)) {
      ++summary.reached;
    }
  }
  if (few.form != nullptr) {
    optima = distinct(problem, descend_all(problem, optima, false, threads));
    for (const End& end : optima) summary.evaluations += end.at.evaluations;
  }
  Polished best = to_the_end(problem, optima.front().at);
  summary.evaluations += best.evaluations;
  check(problem, best, summary);
  optima.front().at = best;
  summary.starts = static_cast<int>(starts.size());
  summary.best_start = optima.front().start;
  summary.distinct_optima = static_cast<int>(optima.size());
  optima.resize(std::min(optima.size(), kMostListed));
  FitEvaluator evaluator(problem);
  for (const End& end : optima) {
    summary.optima.push_back(
        reported_objective(problem, evaluator.residuals(end.at.theta)));
  }
  for (const int j : best.at_bound) {
    summary.at_bound.emplace_back(
        problem.form->coefficients()[static_cast<std::size_t>(j)].name);
  }
  summary.gradient_norm = best.gradient_norm;
  summary.relative_gap = 0.5 * best.gradient_norm * best.gradient_norm /
                         std::max(best.value, 1e-12);
  summary.converged = best.converged;
  return best;
}

std::vector<Eigen::VectorXd> classic_starts(const Form& form) {
  constexpr int kCoefficients = 5;
  struct Axis {
    std::string_view name;
    double first;
    double step;
    int count;
  };
  constexpr Axis kAxes[kCoefficients] = {{"E", -1.0, 0.5, 5},
                                         {"A", 0.0, 5.0, 6},
                                         {"B", 0.0, 5.0, 6},
                                         {"alpha", 0.0, 0.5, 5},
                                         {"beta", 0.0, 0.5, 5}};
  std::array<int, kCoefficients> axis_of{};
  const auto infos = form.coefficients();
  bool is_known = infos.size() == kCoefficients;
  for (std::size_t j = 0; is_known && j < infos.size(); ++j) {
    const auto axis =
        std::find_if(std::begin(kAxes), std::end(kAxes), [&](const Axis& a) {
          return a.name == infos[j].name;
        });
    is_known = axis != std::end(kAxes) &&
               (infos[j].scale == Scale::Log) == (axis - kAxes < 3);
    axis_of[j] = static_cast<int>(axis - kAxes);
  }
  if (!is_known) {
    throw std::invalid_argument(
        "fit: the classic starts are for E, A, B, alpha and beta, but the form "
        "is " +
        std::string(form.formula()));
  }
  std::vector<Eigen::VectorXd> starts;
  const Box box(form);
  int count = 1;
  for (const Axis& axis : kAxes) count *= axis.count;
  for (int index = 0; index < count; ++index) {
    Eigen::VectorXd theta(kCoefficients);
    int rest = index;
    for (int j = 0; j < kCoefficients; ++j) {
      const Axis& axis = kAxes[axis_of[static_cast<std::size_t>(j)]];
      theta[j] = axis.first + axis.step * (rest % axis.count);
      rest /= axis.count;
    }
    starts.push_back(box.clamp(theta));
  }
  return starts;
}

}  // namespace isoflop
