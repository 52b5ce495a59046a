// SPDX-License-Identifier: Apache-2.0
#include "fit/suggest_runs.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "fit/candidate_runs.h"
#include "fit/design.h"

namespace isoflop {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// How far a design is from passing: what is judged over its limit, the worst
/// of it, so that 1 is enough; where coefficients stay open it is infinite and
/// the determinant says which of two designs is nearer.
struct Shortfall {
  double worst = kInfinity;
  double minus_log_det = kInfinity;

  bool suffices() const { return worst <= 1.0; }
  bool operator<(const Shortfall& other) const {
    return worst != other.worst ? worst < other.worst
                                : minus_log_det < other.minus_log_det;
  }
};

/// What runs would add to a design. Sums of squares instead of rows: the
/// conditions that pass are far from where that loses digits.
class Additions {
 public:
  Additions(const Form& form,
            const DecisionGradient& slopes,
            const Eigen::VectorXd& typical,
            const WeightedInputs& present,
            const WeightedInputs& candidates,
            double residual_scale)
      : columns_(free_coefficients(form)),
        run_count_(present.inputs.rows()),
        residual_scale_(residual_scale),
        slopes_(columns_.size(), 2),
        rows_(weighted_jacobian(form, typical, candidates, columns_)) {
    const Eigen::MatrixXd triangle =
        judge(form, typical, present, columns_).triangle;
    present_ = triangle.transpose() * triangle;
    slopes_.col(0) = slopes.log_loss(columns_) / kWidestLogLoss;
    slopes_.col(1) = slopes.log_params(columns_) / kWidestLogParams;
  }

  int count() const { return static_cast<int>(rows_.rows()); }
  bool is_finite() const { return present_.allFinite() && rows_.allFinite(); }

  /// The squares of the present runs and those chosen.
  Eigen::MatrixXd squares(const std::vector<int>& chosen) const {
    Eigen::MatrixXd sum = present_;
    for (const int i : chosen) add(i, sum);
    return sum;
  }
  void add(int candidate, Eigen::MatrixXd& squares) const {
    squares.noalias() +=
        rows_.row(candidate).transpose() * rows_.row(candidate);
  }

  /// @param more  runs among the squares that are not there yet
  /// @param best  a design that falls short of by more need not be told apart
  Shortfall shortfall(const Eigen::MatrixXd& squares,
                      std::size_t more,
                      double best = kInfinity) const {
    constexpr double kLeastPivot = 1e-9;
    constexpr double kHighestCondition = 1e3;
    const Eigen::VectorXd norm =
        squares.diagonal().cwiseSqrt().cwiseMax(1e-150);
    const Eigen::VectorXd inverse = norm.cwiseInverse();
    const Eigen::MatrixXd scaled =
        inverse.asDiagonal() * squares * inverse.asDiagonal();
    Eigen::MatrixXd ridged = scaled;
    ridged.diagonal().array() += kLeastPivot;
    const Eigen::LLT<Eigen::MatrixXd> root(ridged);
    const Eigen::VectorXd pivots = root.matrixLLT().diagonal();
    Shortfall found;
    // Of the unscaled squares, or a run that adds to nothing would not count.
    found.minus_log_det =
        -2.0 * (pivots.array().log().sum() + norm.array().log().sum());
    if (!(pivots.array().square().minCoeff() > 10.0 * kLeastPivot)) {
      return found;
    }
    const auto runs = run_count_ + static_cast<Eigen::Index>(more);
    const double scatter = widest_scatter(
        residual_scale_, runs, static_cast<int>(columns_.size()));
    const Eigen::MatrixXd spread =
        root.matrixL().solve(inverse.asDiagonal() * slopes_);
    const double wide =
        kNormalQuantile * scatter * spread.colwise().norm().maxCoeff();
    if (!(wide < best)) return {wide, found.minus_log_det};
    const Eigen::VectorXd values =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(scaled,
                                                       Eigen::EigenvaluesOnly)
            .eigenvalues();
    const double condition = std::sqrt(values[values.size() - 1] / values[0]);
    if (!std::isfinite(condition)) return found;
    found.worst = std::max(wide, condition / kHighestCondition);
    return found;
  }
  Shortfall shortfall(const std::vector<int>& chosen) const {
    return shortfall(squares(chosen), chosen.size());
  }

 private:
  std::vector<int> columns_;
  Eigen::Index run_count_;
  double residual_scale_;
  Eigen::MatrixXd slopes_;   ///< of the decision over its limits
  Eigen::MatrixXd rows_;     ///< n_candidates x n_coefficients
  Eigen::MatrixXd present_;  ///< squares of the runs that are there
};

/// Of all sets of a size the best that suffices; empty where none does.
class BestSet {
 public:
  BestSet(const Additions& additions, std::size_t size)
      : additions_(additions), size_(size) {
    extend(0, additions.squares({}));
  }
  const std::vector<int>& chosen() const { return best_; }

 private:
  void extend(int first, const Eigen::MatrixXd& squares) {
    if (chosen_.size() == size_) {
      const Shortfall at = additions_.shortfall(squares, size_, least_.worst);
      if (!at.suffices() || !(at < least_)) return;
      least_ = at;
      best_ = chosen_;
      return;
    }
    for (int i = first; i < additions_.count(); ++i) {
      Eigen::MatrixXd more = squares;
      additions_.add(i, more);
      chosen_.push_back(i);
      extend(i + 1, more);
      chosen_.pop_back();
    }
  }

  const Additions& additions_;
  std::size_t size_;
  Shortfall least_;
  std::vector<int> chosen_;
  std::vector<int> best_;
};

double count_of_sets(int candidates, int size) {
  double sets = 1.0;
  for (int k = 0; k < size; ++k) sets *= (candidates - k) / (k + 1.0);
  return sets;
}

/// One after another, each the run that helps most, until they suffice; then
/// without those that are not needed. Empty where eight do not.
std::vector<int> one_by_one(const Additions& additions) {
  constexpr std::size_t kMostRuns = 8;
  std::vector<int> chosen;
  while (!additions.shortfall(chosen).suffices()) {
    if (chosen.size() == kMostRuns) return {};
    const Eigen::MatrixXd squares = additions.squares(chosen);
    Shortfall least;
    int next = -1;
    for (int i = 0; i < additions.count(); ++i) {
      // Another place says more than the same one again.
      if (std::count(chosen.begin(), chosen.end(), i) > 0) continue;
      Eigen::MatrixXd more = squares;
      additions.add(i, more);
      const Shortfall at = additions.shortfall(more, chosen.size() + 1);
      if (next >= 0 && !(at < least)) continue;
      least = at;
      next = i;
    }
    if (next < 0) return {};
    chosen.push_back(next);
  }
  for (std::size_t k = 0; k < chosen.size();) {
    std::vector<int> fewer;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (i != k) fewer.push_back(chosen[i]);
    }
    if (additions.shortfall(fewer).suffices()) {
      chosen = fewer;
    } else {
      ++k;
    }
  }
  return chosen;
}

}  // namespace

Suggestion suggest_runs(const Form& form,
                        const Decision& decision,
                        const Eigen::VectorXd& typical,
                        const WeightedInputs& present,
                        double residual_scale) {
  constexpr int kMostTried = 3;
  constexpr double kMostSets = 30000;
  const CandidateRuns candidates = candidate_runs(form, present);
  const auto slopes = differentiate(decision, typical);
  if (candidates.named.empty() || !slopes) return {};
  const Additions additions(
      form, *slopes, typical, present, candidates.runs, residual_scale);
  if (!additions.is_finite()) return {};
  if (additions.shortfall({}).suffices()) return {};
  std::vector<int> chosen;
  int tried = 0;
  while (chosen.empty() && tried < kMostTried &&
         count_of_sets(additions.count(), tried + 1) <= kMostSets) {
    chosen = BestSet(additions, static_cast<std::size_t>(++tried)).chosen();
  }
  if (chosen.empty()) chosen = one_by_one(additions);
  Suggestion found;
  for (const int candidate : chosen) {
    found.runs.push_back(candidates.named[static_cast<std::size_t>(candidate)]);
  }
  // All smaller sets were tried.
  found.is_smallest =
      !chosen.empty() && chosen.size() <= static_cast<std::size_t>(tried) + 1;
  return found;
}

}  // namespace isoflop
