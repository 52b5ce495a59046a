// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "fit/decision.h"
#include "isoflop/fit/compare.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/units/text.h"
#include "runs/require_sizes.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

/// ln L at the optimum of a budget; not finite without one.
double optimal_log_loss(const Form& form,
                        const Eigen::VectorXd& theta,
                        double log_flops) {
  const double log_params = optimal_log_params(form, theta.data(), log_flops);
  if (!std::isfinite(log_params)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double inputs[2] = {log_params, log_rest_of(log_flops, log_params)};
  return form.evaluate(theta.data(), inputs);
}

constexpr double kFarthest = 60.0;  ///< of ln gain, taken for infinite

/// ln of the compute that the first needs, over that of the second.
double log_gain(const Form& form,
                const Eigen::VectorXd& first,
                const Eigen::VectorXd& second,
                double log_flops) {
  const double wanted = optimal_log_loss(form, second, log_flops);
  double low = -kFarthest;
  double high = kFarthest;
  // The optimal loss falls with compute: one crossing, or none.
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    const double loss = optimal_log_loss(form, first, log_flops + middle);
    if (std::isnan(loss) || std::isnan(wanted)) return loss + wanted;
    (loss > wanted ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double gain_of(double log_gain) {
  constexpr double kEdge = 1e-6;
  if (log_gain > kFarthest - kEdge) {
    return std::numeric_limits<double>::infinity();
  }
  return log_gain < -kFarthest + kEdge ? 0.0 : std::exp(log_gain);
}

std::vector<Flops> budgets_of(const RunsComparison& result) {
  if (!result.options.flops.empty()) return result.options.flops;
  const double largest = std::min(result.first.law.range.flops->high,
                                  result.second.law.range.flops->high);
  return {Flops(largest), Flops(10.0 * largest)};
}

std::optional<Interval> interval_of(const Form& form,
                                    const RunsComparison& result,
                                    double log_flops) {
  const Eigen::MatrixXd& first = result.first.law.draws;
  const Eigen::MatrixXd& second = result.second.law.draws;
  const Eigen::Index draws = std::min(first.rows(), second.rows());
  if (draws == 0) return std::nullopt;
  std::vector<double> gains;
  for (Eigen::Index i = 0; i < draws; ++i) {
    const double gain =
        log_gain(form,
                 form.theta_from_coefficients(first.row(i).transpose()),
                 form.theta_from_coefficients(second.row(i).transpose()),
                 log_flops);
    if (!std::isnan(gain)) gains.push_back(gain);
  }
  constexpr double kMostLost = 0.1;
  if (static_cast<double>(gains.size()) <
      (1.0 - kMostLost) * static_cast<double>(draws)) {
    return std::nullopt;
  }
  const Interval logs = percentile_interval(
      Eigen::Map<const Eigen::VectorXd>(
          gains.data(), static_cast<Eigen::Index>(gains.size())),
      result.options.level);
  return Interval{gain_of(logs.low), gain_of(logs.high)};
}

void add_gains(RunsComparison& result) {
  const auto form = form_of_size_and_data(*result.first.law.form);
  if (form == nullptr) {
    throw std::invalid_argument(
        "compare: the form " + std::string(result.first.law.form->name()) +
        " does not divide a budget between size and data");
  }
  const Eigen::VectorXd first =
      form->theta_from_coefficients(result.first.law.coefficients);
  const Eigen::VectorXd second =
      form->theta_from_coefficients(result.second.law.coefficients);
  for (const Flops flops : budgets_of(result)) {
    const double log_flops = std::log(flops.value());
    const double log_ratio = log_gain(*form, first, second, log_flops);
    if (std::isnan(log_ratio)) continue;
    Gain gain;
    gain.flops = flops;
    gain.gain = gain_of(log_ratio);
    gain.interval = interval_of(*form, result, log_flops);
    gain.first_loss = Nats(std::exp(optimal_log_loss(*form, first, log_flops)));
    gain.second_loss =
        Nats(std::exp(optimal_log_loss(*form, second, log_flops)));
    gain.is_beyond = flops.value() > result.first.law.range.flops->high ||
                     flops.value() > result.second.law.range.flops->high;
    result.gains.push_back(gain);
  }
}

void add_fit_findings(const FitResult& fit, RunsComparison& result) {
  // Not what is about the budgets that a fit shows: these are not shown here.
  for (Finding finding : fit.law.findings) {
    finding.message = fit.source + ": " + finding.message;
    result.findings.push_back(std::move(finding));
  }
}

}  // namespace

RunsComparison compare_runs(const Runs& first,
                            const Runs& second,
                            const CompareOptions& options) {
  validate(options, "compare");
  if (options.law.size() > 1) {
    throw std::invalid_argument("compare: two tables are compared by one law");
  }
  require_sizes(first, "compare of two tables");
  require_sizes(second, "compare of two tables");
  RunsComparison result;
  result.options = options;
  if (options.law.empty()) result.options.law = {"additive"};
  FitOptions chosen;
  static_cast<ObjectiveOptions&>(chosen) = options;
  chosen.law = result.options.law.front();
  chosen.bootstrap = options.bootstrap;
  chosen.bootstrap_kind = options.bootstrap_kind;
  chosen.widening = WideningChoice::None;
  chosen.level = options.level;
  chosen.seed = options.seed;
  chosen.threads = options.threads;
  result.first = fit(first, chosen);
  ++chosen.seed;  // resampled apart from the first
  result.second = fit(second, chosen);
  add_fit_findings(result.first, result);
  add_fit_findings(result.second, result);
  const bool is_known = result.first.law.status != LawStatus::NotIdentified &&
                        result.second.law.status != LawStatus::NotIdentified;
  if (is_known) add_gains(result);
  return result;
}

}  // namespace isoflop
