// SPDX-License-Identifier: Apache-2.0
#include "fit/forecast_doubt.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

/// Sizes and data that are not the same.
int distinct_rows(const Eigen::MatrixXd& sorted) {
  int count = 1;
  for (Eigen::Index i = 1; i < sorted.rows(); ++i) {
    count += sorted.row(i) != sorted.row(i - 1) ? 1 : 0;
  }
  return count;
}

void judge_design(const ForecastProblem& problem, Forecast& result) {
  constexpr int kFewest = 8;
  // Checkpoints of a run are no further runs.
  const int distinct =
      std::min(distinct_rows(problem.inputs), problem.run_count);
  result.law.status = LawStatus::Identified;
  if (distinct < kFewest) {
    result.law.status = LawStatus::NotIdentified;
    result.findings.push_back(
        {"forecast.few-runs",
         Severity::Error,
         "different runs: " + std::to_string(distinct) +
             ", but a forecast needs " + std::to_string(kFewest),
         "add runs of other sizes and data",
         {{"distinct_runs", static_cast<double>(distinct)}}});
    return;
  }
  const double spread = InputLine::of(problem.inputs).spread;
  if (spread >= kFlatDesign) return;
  result.law.status = LawStatus::Weak;
  result.findings.push_back(
      {"forecast.flat-design",
       Severity::Error,
       "size and data of the runs do not vary apart (by " +
           format_number(std::round(1e3 * std::expm1(spread)) / 10.0, 3) +
           " %): how compute divides, and losses off their line, are the "
           "prior's word alone",
       "add runs of another size on the same data, or of other data",
       {{"smallest_spread", spread}}});
}

/// A law falls with size and data; where the losses do not, it is flat.
void judge_fall(const ForecastProblem& problem,
                const Eigen::VectorXd& at,
                Forecast& result) {
  constexpr double kLeast = 1e-3;
  constexpr double kScales = 2.0;
  Eigen::VectorXd residual;
  problem.residuals(at, residual, nullptr);
  const Eigen::VectorXd law = residual + problem.log_loss;
  const double fall = law.maxCoeff() - law.minCoeff();
  if (fall > std::max(kLeast, kScales * result.residual_scale)) return;
  result.law.status = LawStatus::NotIdentified;
  result.findings.push_back(
      {"forecast.no-fall",
       Severity::Error,
       "the losses of these runs do not fall with size and data: the law that "
       "suits them best falls by " +
           format_number(100.0 * fall, 2) + " %, and they scatter by " +
           format_number(100.0 * result.residual_scale, 2) + " %",
       "check that the column holds a loss, and that runs differ enough",
       {{"fall", fall}, {"residual_scale", result.residual_scale}}});
}

void judge_prior(const ForecastProblem& problem,
                 const Eigen::VectorXd& at,
                 Forecast& result) {
  constexpr double kFar = 2.5;
  constexpr Interval kUsualNats{0.3, 15.0};
  const Eigen::VectorXd deviation = problem.deviation(at);
  std::vector<std::string> far;
  for (Eigen::Index j = 0; j < at.size(); ++j) {
    const PriorInfo& prior = problem.priors[static_cast<std::size_t>(j)];
    if (prior.is_flat()) continue;
    const double sds = deviation[j] / prior.sd;
    result.prior_deviations.emplace_back(prior.name, sds);
    if (std::abs(sds) > kFar) {
      far.push_back(std::string(prior.name) + " by " + format_number(sds, 2) +
                    " sd");
    }
  }
  const double median = std::exp(quantile(problem.log_loss, 0.5));
  const bool is_unusual = median < kUsualNats.low || median > kUsualNats.high;
  if (is_unusual) {
    far.push_back("a median loss of " + format_number(median, 3));
  }
  // Without a prior there is none to be unlike.
  const bool has_prior = result.options.prior != ForecastPrior::None ||
                         !result.options.prior_law.empty();
  if (far.empty() || !has_prior) return;
  result.findings.push_back(
      {"forecast.prior-mismatch",
       Severity::Warning,
       "these runs are unlike the language-model losses that the prior is "
       "about: " +
           join_words(far),
       "check the unit of the loss; for another kind of loss take "
       "prior none, or laws of such runs as prior_law",
       {{"median_loss", median}}});
}

void judge_scales(const Forecast& before, std::vector<Finding>& findings) {
  if (before.options.discrepancy == DiscrepancyChoice::None) return;
  const double top = *std::max_element(before.options.amplitude.begin(),
                                       before.options.amplitude.end());
  if (before.scales().amplitude < top) return;
  findings.push_back(
      {"forecast.poor-law",
       Severity::Warning,
       "the runs depart from the law by as much as was looked for, " +
           format_number(100.0 * top, 2) + " % of the loss",
       "look at the runs; compare forms with `isoflop backtest`",
       {{"amplitude", top}}});
}

}  // namespace

void judge_aside(const Runs& runs,
                 const std::vector<Eigen::Index>& aside,
                 Forecast& result) {
  constexpr std::size_t kMostNamed = 3;
  if (aside.empty()) return;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < std::min(aside.size(), kMostNamed); ++k) {
    const auto row = static_cast<std::size_t>(aside[k]);
    names.push_back(runs.name.empty() || runs.name[row].empty()
                        ? "row " + std::to_string(row + 1)
                        : runs.name[row]);
  }
  const auto count = static_cast<double>(aside.size());
  result.findings.push_back(
      {"forecast.set-aside",
       Severity::Warning,
       format_number(count, 9) +
           (aside.size() == 1 ? " row lies" : " rows lie") +
           " far off what the others say, and nothing was learned from " +
           (aside.size() == 1 ? "it: " : "them; farthest: ") +
           join_words(names),
       "look at them: did these runs fail?",
       {{"rows", count}}});
}

void judge_forecast(const ForecastProblem& problem,
                    const Eigen::VectorXd& at,
                    Forecast& result) {
  judge_design(problem, result);
  // Too few runs are one word enough.
  if (result.law.status != LawStatus::NotIdentified) {
    judge_fall(problem, at, result);
  }
  judge_prior(problem, at, result);
  judge_scales(result, result.findings);
}

}  // namespace isoflop
