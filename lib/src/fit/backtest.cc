// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/backtest.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "fit/forecast_mode.h"
#include "fit/forecast_problem.h"
#include "fit/problem.h"
#include "isoflop/fit/fit.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr int kFewestTraining = 8;
constexpr int kFewestHeldOut = 2;
constexpr std::string_view kForecast = "forecast";
constexpr std::string_view kPrior = "prior";
constexpr std::string_view kPlain = "additive";

/// What a method says of the held-out runs, in log loss.
struct Predicted {
  Eigen::VectorXd log_loss;
  Eigen::VectorXd low;
  Eigen::VectorXd high;
};

template <class T>
std::vector<T> items_of(const std::vector<T>& items,
                        const std::vector<Eigen::Index>& rows) {
  std::vector<T> found;
  for (const Eigen::Index i : rows) {
    if (!items.empty()) found.push_back(items[static_cast<std::size_t>(i)]);
  }
  return found;
}

Runs rows_of(const Runs& runs, const std::vector<Eigen::Index>& rows) {
  const auto part = [&](const Eigen::VectorXd& column) -> Eigen::VectorXd {
    if (column.size() == 0) return {};
    return column(rows);
  };
  Runs found;
  found.params = part(runs.params);
  found.tokens = part(runs.tokens);
  found.flops = part(runs.flops);
  found.loss_nats = part(runs.loss_nats);
  found.unique_tokens = part(runs.unique_tokens);
  found.weight = part(runs.weight);
  found.name = items_of(runs.name, rows);
  found.group = items_of(runs.group, rows);
  for (const ExtraColumn& extra : runs.extra) {
    found.extra.push_back({extra.name, part(extra.values)});
  }
  found.source = runs.source;
  return found;
}

/// Half the width of a standard normal's central interval.
double normal_width(double level) {
  LossForecast unit;
  unit.sd_noise = 1.0;
  return std::log(unit.run_interval(level).high);
}

Predicted with_sd(const Eigen::VectorXd& log_loss,
                  const Eigen::VectorXd& sd,
                  double level) {
  const Eigen::VectorXd width = normal_width(level) * sd;
  return {log_loss, log_loss - width, log_loss + width};
}

Predicted predict_by_forecast(const Forecast& known,
                              const Runs& held_out,
                              const BacktestOptions& options) {
  const auto found = known.law.discrepancy->at(
      held_out.params, held_out.tokens, options.threads);
  Eigen::VectorXd mean(held_out.size());
  Eigen::VectorXd sd(held_out.size());
  for (Eigen::Index i = 0; i < mean.size(); ++i) {
    const LossForecast& at = found[static_cast<std::size_t>(i)];
    mean[i] = at.log_loss();
    sd[i] = at.sd_run();
  }
  return with_sd(mean, sd, options.level);
}

/// The law of a forecast at its robust mode, residuals taken as independent.
Predicted predict_by_prior(const Runs& training,
                           const Runs& held_out,
                           const BacktestOptions& options) {
  ForecastOptions defaults;
  const auto form = forecast_form(defaults);
  const ForecastProblem problem = forecast_problem(training, *form, defaults);
  const RobustMode mode = robust_mode(problem, options.threads);
  Eigen::VectorXd residual;
  Eigen::MatrixXd slopes;
  problem.residuals(mode.at, residual, &slopes);
  const Eigen::VectorXd precision =
      mode.noise_weight.cwiseProduct(problem.weight) /
      (mode.scale * mode.scale);
  Eigen::MatrixXd curvature =
      slopes.transpose() * precision.asDiagonal() * slopes;
  curvature.diagonal() += problem.proper_precision();
  ForecastProblem there = problem;
  there.inputs = inputs_of(held_out, *form);
  there.log_loss = Eigen::VectorXd::Zero(held_out.size());
  Eigen::VectorXd mean;
  there.residuals(mode.at, mean, &slopes);
  const Eigen::MatrixXd spread =
      Eigen::LLT<Eigen::MatrixXd>(curvature).solve(slopes.transpose());
  Eigen::VectorXd sd(held_out.size());
  for (Eigen::Index i = 0; i < sd.size(); ++i) {
    sd[i] =
        std::sqrt(slopes.row(i).dot(spread.col(i)) + mode.scale * mode.scale);
  }
  return with_sd(mean, sd, options.level);
}

/// A fit with the intervals of its refits, and the scatter of runs.
std::optional<Predicted> predict_by_fit(const std::string& law,
                                        const Runs& training,
                                        const Runs& held_out,
                                        const BacktestOptions& options) {
  FitOptions fit_options;
  fit_options.law = law;
  fit_options.bootstrap = options.bootstrap;
  fit_options.level = options.level;
  fit_options.seed = options.seed;
  fit_options.threads = options.threads;
  fit_options.flops.clear();
  const FitResult known = fit(training, fit_options);
  const Form& form = *known.law.form;
  const Eigen::MatrixXd inputs = inputs_of(held_out, form);
  const auto losses_at = [&](const Eigen::VectorXd& coefficients) {
    Eigen::VectorXd out;
    form.evaluate_columns(
        form.theta_from_coefficients(coefficients), inputs, out, nullptr);
    return out;
  };
  Predicted found{losses_at(known.law.coefficients), {}, {}};
  const double scatter = normal_width(options.level) * known.residual_scale;
  Eigen::MatrixXd draws(known.law.draws.rows(), inputs.rows());
  for (Eigen::Index i = 0; i < draws.rows(); ++i) {
    draws.row(i) = losses_at(known.law.draws.row(i)).transpose();
  }
  if (!found.log_loss.allFinite() || !draws.allFinite()) return std::nullopt;
  found.low = found.log_loss.array() - scatter;
  found.high = found.log_loss.array() + scatter;
  for (Eigen::Index i = 0; i < inputs.rows() && draws.rows() > 0; ++i) {
    const double mean = found.log_loss[i];
    const Interval around = percentile_interval(draws.col(i), options.level);
    found.low[i] = mean - std::hypot(scatter, std::max(0.0, mean - around.low));
    found.high[i] =
        mean + std::hypot(scatter, std::max(0.0, around.high - mean));
  }
  return found;
}

/// Scores of rows that are added one by one.
class Scorer {
 public:
  void add(double log_loss, double low, double high, double observed) {
    const double error = std::exp(log_loss) / observed - 1.0;
    const double log_observed = std::log(observed);
    ++sum_.runs;
    sum_.mean_abs_error += std::abs(error);
    sum_.mean_error += error;
    sum_.coverage += low <= log_observed && log_observed <= high ? 1.0 : 0.0;
    sum_.width += (std::exp(high) - std::exp(low)) / std::exp(log_loss);
  }
  std::optional<BacktestScore> score() const {
    if (sum_.runs == 0) return std::nullopt;
    BacktestScore mean = sum_;
    for (double* value : {&mean.mean_abs_error,
                          &mean.mean_error,
                          &mean.coverage,
                          &mean.width}) {
      *value /= sum_.runs;
    }
    return mean;
  }

 private:
  BacktestScore sum_;
};

/// The mean over splits, each counting alike.
std::optional<BacktestScore> mean_of(
    const std::vector<std::optional<BacktestScore>>& scores) {
  BacktestScore mean;
  double count = 0.0;
  for (const auto& score : scores) {
    if (!score) continue;
    count += 1.0;
    mean.runs += score->runs;
    mean.mean_abs_error += score->mean_abs_error;
    mean.mean_error += score->mean_error;
    mean.coverage += score->coverage;
    mean.width += score->width;
  }
  if (count == 0.0) return std::nullopt;
  mean.mean_abs_error /= count;
  mean.mean_error /= count;
  mean.coverage /= count;
  mean.width /= count;
  return mean;
}

/// The runs of one split, in the order of the table.
struct Parts {
  BacktestSplit split;
  Runs training;
  Runs held_out;
  Eigen::VectorXd distance;  ///< of a held-out run: C over the largest learned
};

std::vector<Parts> parts_of(const Runs& runs,
                            const std::vector<double>& factors) {
  const Eigen::VectorXd flops = 6.0 * runs.params.cwiseProduct(runs.tokens);
  const double largest = flops.maxCoeff();
  std::vector<Parts> found;
  for (const double factor : factors) {
    const double limit = largest / factor;
    std::vector<Eigen::Index> small;
    std::vector<Eigen::Index> large;
    for (Eigen::Index i = 0; i < flops.size(); ++i) {
      (flops[i] <= limit ? small : large).push_back(i);
    }
    const auto training = static_cast<int>(small.size());
    const auto held_out = static_cast<int>(large.size());
    if (training < kFewestTraining || held_out < kFewestHeldOut) continue;
    const double reached = flops(small).maxCoeff();
    found.push_back({{factor, training, held_out, Flops(limit)},
                     rows_of(runs, small),
                     rows_of(runs, large),
                     flops(large) / reached});
  }
  return found;
}

std::size_t distance_bin(double distance) {
  const auto* at = std::find_if(std::begin(kBacktestDistances),
                                std::end(kBacktestDistances),
                                [=](double most) { return distance <= most; });
  return static_cast<std::size_t>(at - std::begin(kBacktestDistances));
}

/// Tests one method on every split; `predict` may give nothing.
template <class Predict>
BacktestMethod test_method(std::string name,
                           const std::vector<Parts>& parts,
                           const Predict& predict) {
  BacktestMethod method;
  method.name = std::move(name);
  std::vector<Scorer> by_distance(std::size(kBacktestDistances));
  for (const Parts& part : parts) {
    Scorer split;
    if (const std::optional<Predicted> said = predict(part)) {
      for (Eigen::Index i = 0; i < part.held_out.size(); ++i) {
        const double observed = part.held_out.loss_nats[i];
        split.add(said->log_loss[i], said->low[i], said->high[i], observed);
        by_distance[distance_bin(part.distance[i])].add(
            said->log_loss[i], said->low[i], said->high[i], observed);
      }
    }
    method.by_split.push_back(split.score());
  }
  for (const Scorer& bin : by_distance) {
    method.by_distance.push_back(bin.score());
  }
  method.overall = mean_of(method.by_split);
  return method;
}

/// The method of least error; the forecast where it is near that.
std::string trusted_of(const Backtest& result) {
  constexpr double kNear = 1.1;
  const BacktestMethod* best = nullptr;
  for (const BacktestMethod& method : result.methods) {
    if (!method.overall) continue;
    const bool is_better = best == nullptr || method.overall->mean_abs_error <
                                                  best->overall->mean_abs_error;
    if (is_better) best = &method;
  }
  const BacktestMethod* forecast = result.method(kForecast);
  if (best == nullptr) return {};
  if (forecast != nullptr && forecast->overall &&
      forecast->overall->mean_abs_error <=
          kNear * best->overall->mean_abs_error) {
    return forecast->name;
  }
  return best->name;
}

std::string percent_text(double share) {
  return format_number(100.0 * share, 2) + " %";
}

void add_findings(Backtest& result) {
  if (result.splits.empty()) {
    result.findings.push_back(
        {"backtest.no-splits",
         Severity::Error,
         "no factor leaves " + std::to_string(kFewestTraining) +
             " runs to learn from and " + std::to_string(kFewestHeldOut) +
             " larger ones to predict",
         "add smaller runs, or pass a smaller --factor",
         {{"rows", static_cast<double>(result.rows)}}});
    return;
  }
  const auto& forecast = result.method(kForecast)->overall;
  const auto& plain = result.method(kPlain)->overall;
  if (forecast && plain && result.trusted != kForecast &&
      forecast->mean_abs_error > plain->mean_abs_error) {
    result.findings.push_back(
        {"backtest.forecast-worse",
         Severity::Warning,
         "on these runs the forecast is off by " +
             percent_text(forecast->mean_abs_error) + ", the plain fit by " +
             percent_text(plain->mean_abs_error),
         "predict with `isoflop fit` here, or find out why",
         {{"forecast_error", forecast->mean_abs_error},
          {"plain_error", plain->mean_abs_error}}});
  }
  constexpr int kEnough = 20;
  constexpr double kShort = 0.15;
  if (forecast && forecast->runs >= kEnough &&
      forecast->coverage < result.options.level - kShort) {
    result.findings.push_back({"backtest.intervals-short",
                               Severity::Warning,
                               "intervals of the forecast that should hold " +
                                   percent_text(result.options.level) +
                                   " held " + percent_text(forecast->coverage) +
                                   " of the larger runs",
                               "take them for wider than they say",
                               {{"coverage", forecast->coverage}}});
  }
}

}  // namespace

const BacktestMethod* Backtest::method(std::string_view name) const {
  for (const BacktestMethod& one : methods) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

Backtest backtest(const Runs& runs, const BacktestOptions& options) {
  validate(options, "backtest");
  if (runs.size() == 0) {
    throw std::invalid_argument("backtest: there are no runs");
  }
  Backtest result;
  result.options = options;
  result.source = runs.source;
  result.rows = runs.size();
  result.findings = runs.findings;
  const std::vector<Parts> parts = parts_of(runs, options.factor);
  for (const Parts& part : parts) result.splits.push_back(part.split);

  ForecastOptions forecast_options;
  forecast_options.draws = 0;
  forecast_options.threads = options.threads;
  const auto by_forecast = [&](const Parts& part) {
    const Forecast known = forecast(part.training, forecast_options);
    for (const Finding& finding : known.findings) {
      if (find(result.findings, finding.code) == nullptr) {
        result.findings.push_back(finding);
        // Of a part of the runs, on the way to an answer about all.
        result.findings.back().severity =
            std::min(finding.severity, Severity::Warning);
      }
    }
    return std::optional(predict_by_forecast(known, part.held_out, options));
  };
  const auto by_prior = [&](const Parts& part) {
    return std::optional(
        predict_by_prior(part.training, part.held_out, options));
  };
  result.methods = {test_method(std::string(kForecast), parts, by_forecast),
                    test_method(std::string(kPrior), parts, by_prior)};
  std::vector<std::string> laws = {std::string(kPlain)};
  for (const std::string& law : options.law) {
    if (std::find(laws.begin(), laws.end(), law) == laws.end()) {
      laws.push_back(law);
    }
  }
  for (const std::string& law : laws) {
    result.methods.push_back(test_method(law, parts, [&](const Parts& part) {
      return predict_by_fit(law, part.training, part.held_out, options);
    }));
  }
  result.trusted = trusted_of(result);
  add_findings(result);
  return result;
}

}  // namespace isoflop
