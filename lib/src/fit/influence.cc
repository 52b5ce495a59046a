// SPDX-License-Identifier: Apache-2.0
#include "fit/influence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fit/bootstrap.h"
#include "fit/decision.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

/// Places of the runs to leave out, at most 1000, those of most leverage.
std::vector<int> rows_to_leave(const Errors& errors) {
  constexpr std::size_t kMost = 1000;
  std::vector<int> rows(static_cast<std::size_t>(errors.leverage.size()));
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) {
    return errors.leverage[a] > errors.leverage[b];
  });
  rows.resize(std::min(rows.size(), kMost));
  return rows;
}

}  // namespace

FitInfluence measure_influence(const Fitted& fitted, int threads) {
  const FitProblem& problem = fitted.problem;
  const Form& form = *problem.form;
  const WeightedInputs design = sorted_inputs_of(fitted.runs, form);
  const Decision decision(form, design.inputs, design.budget);
  const auto with = decision.at(fitted.best.theta);
  Eigen::VectorXd predicted;
  form.evaluate_columns(fitted.best.theta, problem.inputs, predicted, nullptr);
  FitInfluence found;
  found.runs.resize(static_cast<std::size_t>(problem.size()));
  std::vector<RunInfluence*> by_place;
  for (Eigen::Index i = 0; i < problem.size(); ++i) {
    const auto row =
        static_cast<std::size_t>(fitted.order[static_cast<std::size_t>(i)]);
    RunInfluence& run = found.runs[row];
    run.row = static_cast<std::int64_t>(row);
    if (!fitted.runs.name.empty()) run.name = fitted.runs.name[row];
    run.residual = problem.log_loss[i] - predicted[i];
    run.leverage = fitted.errors.leverage[i];
    by_place.push_back(&run);
  }
  const std::vector<int> places = rows_to_leave(fitted.errors);
  std::vector<std::vector<int>> sets;
  for (const int place : places) sets.push_back({place});
  const std::vector<Polished> ends =
      leave_out(problem, fitted.best.theta, sets, threads);
  found.left_out = static_cast<int>(places.size());
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto without = decision.at(ends[k].theta);
    if (!with || !without || !ends[k].converged) continue;
    RunInfluence& run = *by_place[static_cast<std::size_t>(places[k])];
    if (decision.divides_budget()) {
      run.shift_log_params = without->log_params - with->log_params;
    }
    run.shift_log_loss = without->log_loss - with->log_loss;
  }
  return found;
}

void add_influence_finding(FitResult& result) {
  const Identifiability& known = result.identifiability;
  if (!result.influence || !known.sd_log_loss) return;
  constexpr std::size_t kMostNamed = 3;
  const auto weight = [&](const RunInfluence& run) {
    const double loss =
        std::abs(run.shift_log_loss.value_or(0.0)) / *known.sd_log_loss;
    const double params = known.sd_log_params
                              ? std::abs(run.shift_log_params.value_or(0.0)) /
                                    *known.sd_log_params
                              : 0.0;
    return std::max(loss, params);
  };
  std::vector<const RunInfluence*> heavy;
  for (const RunInfluence& run : result.influence->runs) {
    if (weight(run) > 1.0) heavy.push_back(&run);
  }
  if (heavy.empty()) return;
  std::stable_sort(heavy.begin(), heavy.end(), [&](auto* a, auto* b) {
    return weight(*a) > weight(*b);
  });
  std::vector<std::string> names;
  for (std::size_t k = 0; k < std::min(heavy.size(), kMostNamed); ++k) {
    names.push_back(heavy[k]->name.empty()
                        ? "row " + std::to_string(heavy[k]->row + 1)
                        : heavy[k]->name);
  }
  const RunInfluence& first = *heavy.front();
  result.findings.push_back(
      {"fit.influential",
       Severity::Warning,
       std::to_string(heavy.size()) +
           (heavy.size() == 1 ? " run shifts" : " runs each shift") +
           " what the law says at " + format_quantity(known.target, 2) +
           " FLOP by more than its standard deviation when left out: " +
           join_words(names),
       "check these runs, or add others near them",
       {{"runs", static_cast<double>(heavy.size())},
        {"shift_log_params", first.shift_log_params.value_or(0.0)},
        {"shift_log_loss", first.shift_log_loss.value_or(0.0)}}});
}

}  // namespace isoflop
