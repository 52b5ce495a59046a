// SPDX-License-Identifier: Apache-2.0
#include "fit/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fit/decision.h"
#include "fit/profile.h"
#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/laws/optimum.h"

namespace isoflop {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void add_percentiles(FitResult& result) {
  if (!result.law.has_draws()) return;
  for (Eigen::Index j = 0; j < result.law.draws.cols(); ++j) {
    result.intervals.push_back(
        percentile_interval(result.law.draws.col(j), result.options.level));
  }
}

/// An end at a bound of the search is none that the runs set, and is open; so
/// is the whole interval where the refits all end at one bound. That nothing
/// is below zero is no such bound.
void open_at_bounds(FitResult& result) {
  const auto is_at = [](double value, double bound) {
    constexpr double kRounding = 1e-12;
    return std::isfinite(bound) &&
           std::abs(value - bound) <= kRounding * std::abs(bound);
  };
  for (std::size_t j = 0; j < result.intervals.size(); ++j) {
    const CoefficientInfo& info = result.law.form->coefficients()[j];
    Interval& interval = result.intervals[j];
    if (is_fixed(info)) continue;
    const bool is_low = is_at(interval.low, info.low);
    const bool is_high = is_at(interval.high, info.high);
    const bool is_one = interval.low == interval.high &&
                        (is_low || is_high || interval.low == 0.0);
    if (is_one || (is_low && info.low != 0.0)) interval.low = -kInfinity;
    if (is_one || is_high) interval.high = kInfinity;
  }
}

void add_optima(FitResult& result) {
  const auto form = form_of_size_and_data(*result.law.form);
  if (form == nullptr) return;
  const Eigen::VectorXd theta =
      form->theta_from_coefficients(result.law.coefficients);
  for (const Flops flops : result.options.flops) {
    const double log_params =
        optimal_log_params(*form, theta.data(), std::log(flops.value()));
    if (!std::isfinite(log_params)) continue;
    result.optimum.push_back(
        optimum_estimate(result.law, flops, result.options.level));
  }
}

Interval exp_of(const Interval& interval) {
  return {std::exp(interval.low), std::exp(interval.high)};
}

/// Intervals of all that follows from N* at a budget.
void set_size(OptimumEstimate& row, const Interval& log_params) {
  const double log_tokens_and_params =
      std::log(row.best.flops.value() / kFlopsPerParamToken);
  row.params = exp_of(log_params);
  row.tokens = exp_of({log_tokens_and_params - log_params.high,
                       log_tokens_and_params - log_params.low});
  row.tokens_per_param = exp_of({log_tokens_and_params - 2.0 * log_params.high,
                                 log_tokens_and_params - 2.0 * log_params.low});
}

/// Rows to leave out one set at a time: clusters, or at most 1000 sets of rows
/// taken evenly.
std::vector<std::vector<int>> jackknife_sets(const Fitted& fitted,
                                             BootstrapKind kind) {
  constexpr int kMostSets = 1000;
  const auto n = static_cast<int>(fitted.problem.size());
  std::vector<int> set_of(static_cast<std::size_t>(n));
  if (kind == BootstrapKind::Cluster) {
    set_of = clusters_of(fitted.runs, fitted.order);
  } else {
    const int sets = std::min(n, kMostSets);
    for (int i = 0; i < n; ++i) set_of[static_cast<std::size_t>(i)] = i % sets;
  }
  std::vector<std::vector<int>> rows(static_cast<std::size_t>(
      1 + *std::max_element(set_of.begin(), set_of.end())));
  for (int i = 0; i < n; ++i) {
    rows[static_cast<std::size_t>(set_of[static_cast<std::size_t>(i)])]
        .push_back(i);
  }
  return rows;
}

/// What a quantity is over the rows of coefficients that have an answer.
Eigen::VectorXd values_of(const Functional& quantity,
                          const Form& form,
                          const Eigen::MatrixXd& coefficients) {
  std::vector<double> values;
  for (Eigen::Index i = 0; i < coefficients.rows(); ++i) {
    const auto value =
        quantity.value(form.theta_from_coefficients(coefficients.row(i)));
    if (value) values.push_back(*value);
  }
  return Eigen::Map<Eigen::VectorXd>(values.data(),
                                     static_cast<Eigen::Index>(values.size()));
}

void correct_percentiles(const Fitted& fitted, FitResult& result) {
  if (!result.law.has_draws()) return;
  const Form& form = *result.law.form;
  const FitOptions& options = result.options;
  const std::vector<Polished> ends =
      leave_out(fitted.problem,
                fitted.best.theta,
                jackknife_sets(fitted, result.bootstrap.kind),
                options.threads);
  const Eigen::MatrixXd& draws = result.law.draws;
  Eigen::MatrixXd left(static_cast<Eigen::Index>(ends.size()), draws.cols());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    left.row(static_cast<Eigen::Index>(i)) =
        form.coefficients_from_theta(ends[i].theta).transpose();
  }
  for (Eigen::Index j = 0; j < draws.cols(); ++j) {
    result.intervals[static_cast<std::size_t>(j)] = bca_interval(
        draws.col(j), result.law.coefficients[j], left.col(j), options.level);
  }
  const auto sized = form_of_size_and_data(form);
  for (OptimumEstimate& row : result.optimum) {
    if (!row.params) continue;
    const double log_flops = std::log(row.best.flops.value());
    const auto corrected = [&](OptimumPart part, double estimate) {
      const auto quantity = optimum_functional(*sized, log_flops, part);
      return bca_interval(values_of(*quantity, form, draws),
                          estimate,
                          values_of(*quantity, form, left),
                          options.level);
    };
    set_size(
        row,
        corrected(OptimumPart::LogParams, std::log(row.best.params.value())));
    row.loss_nats = exp_of(
        corrected(OptimumPart::LogLoss, std::log(row.best.loss.value())));
  }
}

Profile on_natural_scale(Profile profile, Scale scale) {
  const auto natural = [&](double value) {
    if (std::isinf(value)) return value;
    return from_scale(value, scale);
  };
  profile.estimate = natural(profile.estimate);
  profile.interval = {natural(profile.interval.low),
                      natural(profile.interval.high)};
  for (ProfilePoint& point : profile.points) point.value = natural(point.value);
  return profile;
}

/// What is profiled: a coefficient, or a part of the optimum at a budget.
struct Subject {
  std::string name;
  std::unique_ptr<Functional> quantity;
  Interval limits;
  Scale scale = Scale::Log;
  std::optional<Flops> flops = {};
};

std::vector<Subject> coefficient_subjects(const Form& form) {
  const Box box(form);
  std::vector<Subject> subjects;
  for (const int j : free_coefficients(form)) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    subjects.push_back({std::string(info.name),
                        coefficient_functional(j),
                        {box.low[j], box.high[j]},
                        info.scale});
  }
  return subjects;
}

std::vector<std::optional<Profile>> trace_all(
    const Profiler& profiler,
    const std::vector<Subject>& subjects,
    int threads,
    bool closing_only) {
  std::vector<std::optional<Profile>> traced(subjects.size());
  ProgressStage stage("profiles", std::ssize(subjects));
  parallel_for(
      static_cast<std::int64_t>(subjects.size()), threads, [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        const Subject& subject = subjects[at];
        traced[at] =
            profiler.trace(*subject.quantity, subject.limits, closing_only);
        stage.step();
        if (!traced[at]) return;
        traced[at]->quantity = subject.name;
        traced[at]->flops = subject.flops;
      });
  return traced;
}

void add_profiles(const Fitted& fitted,
                  const Covariance& covariance,
                  FitResult& result) {
  const Form& form = *result.law.form;
  const FitOptions& options = result.options;
  const Profiler profiler(fitted.problem,
                          fitted.best.theta,
                          fitted.errors,
                          covariance,
                          options.level,
                          result.residual_checks.uneven.has_value());
  std::vector<Subject> subjects = coefficient_subjects(form);
  const auto sized = form_of_size_and_data(form);
  const Interval everywhere{-kInfinity, kInfinity};
  for (const OptimumEstimate& row : result.optimum) {
    const double log_flops = std::log(row.best.flops.value());
    for (const auto& [name, part] :
         {std::pair("params", OptimumPart::LogParams),
          std::pair("loss_nats", OptimumPart::LogLoss)}) {
      subjects.push_back({name,
                          optimum_functional(*sized, log_flops, part),
                          everywhere,
                          Scale::Log,
                          row.best.flops});
    }
  }
  FitProfile found{options.level, profiler.cut(), {}};
  const auto traced = trace_all(profiler, subjects, options.threads, false);
  result.intervals.clear();
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const double value = result.law.coefficients[j];
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    result.intervals.push_back(is_fixed(info) ? Interval{value, value}
                                              : everywhere);
  }
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (!traced[i]) continue;
    found.profiles.push_back(on_natural_scale(*traced[i], subjects[i].scale));
    const Profile& profile = found.profiles.back();
    if (!profile.flops) {
      for (int j = 0; j < form.coefficient_count(); ++j) {
        if (form.coefficients()[static_cast<std::size_t>(j)].name ==
            profile.quantity) {
          result.intervals[static_cast<std::size_t>(j)] = profile.interval;
        }
      }
      continue;
    }
    for (OptimumEstimate& row : result.optimum) {
      if (row.best.flops != *profile.flops) continue;
      if (profile.quantity == "params") {
        set_size(row, traced[i]->interval);
      } else {
        row.loss_nats = profile.interval;
      }
    }
  }
  result.profile = std::move(found);
}

/// Where there is nothing to profile.
void leave_out_intervals(FitResult& result) {
  result.intervals.clear();
  for (OptimumEstimate& row : result.optimum) {
    row = {row.best, {}, {}, {}, {}, row.draws_without};
  }
  result.findings.push_back(
      {"fit.no-profile",
       Severity::Warning,
       "there are no profiles: the runs fit exactly, are as few as the "
       "coefficients, or do not determine them",
       "add runs",
       {}});
}

}  // namespace

void add_intervals(const Fitted& fitted,
                   const Covariance* covariance,
                   FitResult& result) {
  add_percentiles(result);
  add_optima(result);
  switch (result.options.interval) {
    case IntervalMethod::Percentile:
      break;
    case IntervalMethod::Bca:
      correct_percentiles(fitted, result);
      break;
    case IntervalMethod::Profile:
      if (covariance != nullptr) {
        add_profiles(fitted, *covariance, result);
      } else {
        leave_out_intervals(result);
      }
      break;
  }
  open_at_bounds(result);
}

std::vector<std::string> open_profiles(const Fitted& fitted,
                                       const Covariance& covariance,
                                       double level,
                                       bool is_uneven) {
  const Profiler profiler(fitted.problem,
                          fitted.best.theta,
                          fitted.errors,
                          covariance,
                          level,
                          is_uneven);
  const std::vector<Subject> subjects =
      coefficient_subjects(*fitted.problem.form);
  std::vector<std::string> open;
  for (const auto& profile : trace_all(profiler, subjects, 1, true)) {
    if (!profile) continue;
    if (std::isinf(profile->interval.low)) {
      open.push_back(profile->quantity + " below");
    }
    if (std::isinf(profile->interval.high)) {
      open.push_back(profile->quantity + " above");
    }
  }
  return open;
}

}  // namespace isoflop
