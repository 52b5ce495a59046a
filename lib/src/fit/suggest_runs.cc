// SPDX-License-Identifier: Apache-2.0
#include "fit/suggest_runs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fit/design.h"

namespace isoflop {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Runs that could be added: sizes a factor of 5 either way of the middle, 4
/// to 100 tokens a parameter, at most the largest compute so far.
WeightedInputs candidate_runs(const Eigen::MatrixXd& inputs) {
  constexpr int kSide = 7;
  const double largest = (inputs.col(0) + inputs.col(1)).maxCoeff();
  const double middle =
      0.5 * (inputs.col(0).maxCoeff() + inputs.col(0).minCoeff());
  std::vector<Eigen::RowVector2d> rows;
  for (int i = 0; i < kSide * kSide; ++i) {
    const double log_n =
        middle + std::log(5.0) * (2.0 * (i % kSide) / (kSide - 1) - 1.0);
    const double log_ratio =
        std::log(4.0) + std::log(25.0) * (i / kSide) / (kSide - 1);
    if (2.0 * log_n + log_ratio > largest) continue;
    rows.emplace_back(log_n, log_n + log_ratio);
  }
  const auto count = static_cast<Eigen::Index>(rows.size());
  WeightedInputs candidates;
  candidates.inputs.resize(count, 2);
  for (Eigen::Index i = 0; i < count; ++i) {
    candidates.inputs.row(i) = rows[static_cast<std::size_t>(i)];
  }
  candidates.weight.setOnes(count);
  return candidates;
}

/// What runs would add to a design at nominal values.
class Additions {
 public:
  Additions(const Form& form,
            const Decision& decision,
            const WeightedInputs& present,
            double residual_scale)
      : decision_(decision),
        columns_(free_coefficients(form)),
        theta_(nominal_theta(form)),
        run_count_(present.inputs.rows()),
        residual_scale_(residual_scale),
        candidates_(candidate_runs(present.inputs)),
        present_(judge(form, theta_, present, columns_).triangle),
        rows_(weighted_jacobian(form, theta_, candidates_, columns_)) {}

  int count() const { return static_cast<int>(rows_.rows()); }

  SuggestedRun run(int candidate) const {
    const auto at = candidates_.inputs.row(candidate);
    return {Params(std::exp(at[0])), Tokens(std::exp(at[1]))};
  }

  Design with(const std::vector<int>& chosen) const {
    const auto more = static_cast<Eigen::Index>(chosen.size());
    Eigen::MatrixXd rows(present_.rows() + more, present_.cols());
    rows.topRows(present_.rows()) = present_;
    rows.bottomRows(more) = rows_(chosen, Eigen::all);
    return judge(std::move(rows), run_count_ + more, columns_);
  }

  /// Whether these runs let the design pass the gates.
  bool suffices(const std::vector<int>& chosen, const Design& design) const {
    constexpr double kHighestCondition = 1e3;
    if (!(design.condition < kHighestCondition)) return false;
    const auto runs = run_count_ + static_cast<Eigen::Index>(chosen.size());
    const auto coefficients = static_cast<int>(columns_.size());
    const auto spread =
        spread_of(decision_,
                  theta_,
                  design,
                  widest_scatter(residual_scale_, runs, coefficients));
    return spread && !is_wide(*spread);
  }
  bool suffices(const std::vector<int>& chosen) const {
    return suffices(chosen, with(chosen));
  }

 private:
  const Decision& decision_;
  std::vector<int> columns_;
  Eigen::VectorXd theta_;
  Eigen::Index run_count_;
  double residual_scale_;
  WeightedInputs candidates_;
  Eigen::MatrixXd present_;  ///< triangle of the runs that are there
  Eigen::MatrixXd rows_;     ///< n_candidates x n_coefficients
};

/// Of the single runs or pairs that suffice the one of least condition.
/// @param size  1 or 2
std::vector<int> best_of(const Additions& additions, int size) {
  std::vector<int> best;
  double least = kInfinity;
  const auto look = [&](std::vector<int> chosen) {
    const Design design = additions.with(chosen);
    if (!(design.condition < least) || !additions.suffices(chosen, design)) {
      return;
    }
    least = design.condition;
    best = std::move(chosen);
  };
  for (int i = 0; i < additions.count(); ++i) {
    if (size == 1) {
      look({i});
      continue;
    }
    for (int j = i + 1; j < additions.count(); ++j) look({i, j});
  }
  return best;
}

/// One after another, each the run that lowers the condition most, until they
/// suffice; then without those that are not needed. Empty where eight do not.
std::vector<int> one_by_one(const Additions& additions) {
  constexpr std::size_t kMostRuns = 8;
  std::vector<int> chosen;
  while (!additions.suffices(chosen)) {
    if (chosen.size() == kMostRuns) return {};
    double least = kInfinity;
    int next = -1;
    for (int i = 0; i < additions.count(); ++i) {
      // Another place says more than the same one again.
      if (std::count(chosen.begin(), chosen.end(), i) > 0) continue;
      chosen.push_back(i);
      const double condition = additions.with(chosen).condition;
      chosen.pop_back();
      if (next >= 0 && !(condition < least)) continue;
      least = condition;
      next = i;
    }
    if (next < 0) return {};
    chosen.push_back(next);
  }
  for (std::size_t k = 0; k < chosen.size();) {
    std::vector<int> fewer = chosen;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(k));
    if (additions.suffices(fewer)) {
      chosen = fewer;
    } else {
      ++k;
    }
  }
  return chosen;
}

}  // namespace

std::vector<SuggestedRun> suggest_runs(const Form& form,
                                       const Decision& decision,
                                       const WeightedInputs& present,
                                       double residual_scale) {
  if (!decision.divides_budget() || form.input_count() != 2) return {};
  const Additions additions(form, decision, present, residual_scale);
  if (additions.suffices({})) return {};
  std::vector<int> chosen = best_of(additions, 1);
  if (chosen.empty()) chosen = best_of(additions, 2);
  if (chosen.empty()) chosen = one_by_one(additions);
  std::vector<SuggestedRun> runs;
  for (const int candidate : chosen) runs.push_back(additions.run(candidate));
  return runs;
}

}  // namespace isoflop
