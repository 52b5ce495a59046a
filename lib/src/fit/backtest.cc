// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/backtest.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "fit/problem.h"
#include "fit/splits.h"
#include "isoflop/base/progress.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kForecast = "forecast";
constexpr std::string_view kPrior = "prior";
constexpr std::string_view kPlain = "additive";

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

/// Tests one method on every split; `predict` may give nothing.
template <class Predict>
BacktestMethod test_method(std::string name,
                           const std::vector<Parts>& parts,
                           ProgressStage& stage,
                           const Predict& predict) {
  BacktestMethod method;
  method.name = std::move(name);
  std::vector<Scorer> by_distance(std::size(kBacktestDistances));
  for (const Parts& part : parts) {
    const std::optional<Predicted> said = predict(part);
    stage.step();
    method.by_split.push_back(said ? score_of(*said, part.held_out)
                                   : std::nullopt);
    for (Eigen::Index i = 0; said && i < part.held_out.size(); ++i) {
      by_distance[distance_bin(part.distance[i])].add(
          said->log_loss[i],
          said->low[i],
          said->high[i],
          part.held_out.loss_nats[i]);
    }
  }
  method.overall = mean_of(method.by_split);
  for (const Scorer& bin : by_distance) {
    // Of some splits alone it could not be set beside the others.
    method.by_distance.push_back(method.overall ? bin.score() : std::nullopt);
  }
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

/// How likely at most this many runs are inside intervals that should hold a
/// share of them, were they to miss one by one.
double chance_of_so_few(double held, int runs, double level) {
  double sum = 0.0;
  for (int k = 0; k <= static_cast<int>(std::lround(held)); ++k) {
    sum += std::exp(std::lgamma(runs + 1.0) - std::lgamma(k + 1.0) -
                    std::lgamma(runs - k + 1.0) + k * std::log(level) +
                    (runs - k) * std::log1p(-level));
  }
  return sum;
}

/// "up to 3 times", "3 to 10 times", "more than 30 times".
std::string distance_words(std::size_t bin) {
  const auto end = [](std::size_t k) {
    return format_number(kBacktestDistances[k], 3);
  };
  if (bin == 0) return "up to " + end(0) + " times";
  if (std::isfinite(kBacktestDistances[bin])) {
    return end(bin - 1) + " to " + end(bin) + " times";
  }
  return "more than " + end(bin - 1) + " times";
}

void add_worse_finding(const Backtest& result, std::vector<Finding>& findings) {
  constexpr double kClearly = 1.1;
  if (result.method(kForecast) == nullptr) return;
  const BacktestMethod& forecast = *result.method(kForecast);
  const BacktestMethod& plain = *result.method(kPlain);
  if (!forecast.overall || !plain.overall) return;
  std::vector<std::string> places;
  for (std::size_t k = 0; k < forecast.by_distance.size(); ++k) {
    const auto& mine = forecast.by_distance[k];
    const auto& other = plain.by_distance[k];
    if (mine && other &&
        mine->mean_abs_error > kClearly * other->mean_abs_error) {
      places.push_back(distance_words(k));
    }
  }
  const double error = forecast.overall->mean_abs_error;
  const double plain_error = plain.overall->mean_abs_error;
  const bool is_worse = error > kClearly * plain_error;
  if (!is_worse && places.empty()) return;
  findings.push_back(
      {"backtest.forecast-worse",
       is_worse ? Severity::Warning : Severity::Note,
       "the forecast is off by " + percent_text(error) + ", the plain fit by " +
           percent_text(plain_error) +
           (places.empty() ? std::string()
                           : "; it is the worse one at " + join_words(places) +
                                 " the compute learned from"),
       is_worse ? "predict with `isoflop fit` here, or find out why"
                : "look at the distance that you predict at",
       {{"forecast_error", error}, {"plain_error", plain_error}}});
}

void add_short_finding(const Backtest& result, std::vector<Finding>& findings) {
  constexpr double kShort = 0.15;
  constexpr double kByChance = 0.05;
  if (result.method(kForecast) == nullptr) return;
  const auto& forecast = result.method(kForecast)->overall;
  const double level = result.options.level;
  if (!forecast || forecast->coverage >= level - kShort ||
      chance_of_so_few(forecast->coverage * forecast->runs,
                       forecast->runs,
                       level) > kByChance) {
    return;
  }
  findings.push_back(
      {"backtest.intervals-short",
       Severity::Warning,
       "intervals of the forecast that should hold " + percent_text(level) +
           " held " + percent_text(forecast->coverage) + " of the larger runs",
       "take them for wider than they say",
       {{"coverage", forecast->coverage},
        {"runs", static_cast<double>(forecast->runs)}}});
}

/// Of the splits themselves, and of methods that had no answer.
void add_split_findings(const Backtest& result,
                        const std::vector<Parts>& parts,
                        std::vector<Finding>& findings) {
  constexpr double kTwoDecades = 100.0;
  double beyond = 0.0;
  double farthest = 0.0;
  for (const Parts& part : parts) {
    beyond +=
        static_cast<double>((part.distance.array() > kTwoDecades).count());
    farthest = std::max(farthest, part.distance.maxCoeff());
  }
  if (beyond > 0.0) {
    findings.push_back(
        {"backtest.extrapolation",
         Severity::Warning,
         format_number(beyond, 9) +
             (beyond == 1.0 ? " prediction lies" : " predictions lie") +
             " beyond two decades of the compute learned from, up to " +
             format_number(farthest, 2) +
             " times: there forecasts gain little over fits",
         "trust the nearer distances; leave out the last --factor",
         {{"runs", beyond}, {"farthest", farthest}}});
  }
  for (const BacktestMethod& method : result.methods) {
    const auto silent = std::count(
        method.by_split.begin(), method.by_split.end(), std::nullopt);
    if (silent == 0) continue;
    findings.push_back({"backtest.no-answer",
                        Severity::Warning,
                        method.name + " has no finite answer on " +
                            std::to_string(silent) + " of " +
                            std::to_string(method.by_split.size()) +
                            " splits, so it is compared with no other",
                        "the runs do not determine this form; leave it out",
                        {{"splits", static_cast<double>(silent)}}});
  }
}

void add_findings(Backtest& result, const std::vector<Parts>& parts) {
  if (parts.empty()) {
    result.findings.push_back(
        {"backtest.no-splits",
         Severity::Error,
         "no factor leaves " + std::to_string(kFewestTraining) +
             " different runs to learn from and " +
             std::to_string(kFewestHeldOut) + " larger ones to predict",
         "add smaller runs, or pass a smaller --factor",
         {{"rows", static_cast<double>(result.rows)}}});
    return;
  }
  add_split_findings(result, parts, result.findings);
  add_worse_finding(result, result.findings);
  add_short_finding(result, result.findings);
}

/// What forecasts of the splits say, once a code: of a part of the runs, on the
/// way to an answer about all.
void take_findings(const Forecast& known,
                   const BacktestSplit& split,
                   std::vector<Finding>& findings) {
  for (Finding finding : known.findings) {
    // Of the reader's there are those of all runs.
    if (!finding.code.starts_with("forecast.")) continue;
    if (finding.code == "forecast.prior-mismatch") {
      finding.code = "backtest.prior-mismatch";
      finding.remedy = "test with --prior none, or --prior-law of such runs";
    }
    if (find(findings, finding.code) != nullptr) continue;
    finding.severity = std::min(finding.severity, Severity::Warning);
    finding.message = "learned from C <= Cmax/" +
                      format_number(split.factor, 3) + ": " + finding.message;
    findings.push_back(std::move(finding));
  }
}

Law test_forecasts(const Runs& runs,
                   const std::vector<Parts>& parts,
                   const BacktestOptions& options,
                   ProgressStage& stage,
                   Backtest& result) {
  ForecastOptions forecast_options = options;
  forecast_options.draws = 0;
  Law whole = forecast(runs, forecast_options).law;
  const auto by_forecast = [&](const Parts& part) {
    const Forecast known = forecast(part.training, forecast_options);
    take_findings(known, part.split, result.findings);
    return std::optional(predict_by_forecast(known, part.held_out, options));
  };
  result.methods.push_back(
      test_method(std::string(kForecast), parts, stage, by_forecast));
  if (options.discrepancy == DiscrepancyChoice::Learned) {
    forecast_options.discrepancy = DiscrepancyChoice::None;
    result.methods.push_back(
        test_method(std::string(kPrior), parts, stage, by_forecast));
  }
  return whole;
}

/// The options of the fits that forecasts are compared with.
FitOptions fit_options_of(const BacktestOptions& options) {
  FitOptions fit_options;
  fit_options.bootstrap = options.bootstrap;
  fit_options.level = options.level;
  fit_options.seed = options.seed;
  fit_options.threads = options.threads;
  return fit_options;
}

/// Huber's loss, and the others that were asked for.
std::vector<Objective> objectives_of(const BacktestOptions& options) {
  std::vector<Objective> objectives = {Objective::Huber};
  for (const std::string& word : options.objective) {
    const auto objective = from_string<Objective>(word);
    if (std::find(objectives.begin(), objectives.end(), objective) ==
        objectives.end()) {
      objectives.push_back(objective);
    }
  }
  return objectives;
}

BacktestMethod test_fit(const FitOptions& options,
                        const std::vector<Parts>& parts,
                        ProgressStage& stage) {
  std::string name = options.law;
  if (options.objective != Objective::Huber) {
    name += " " + std::string(to_string(options.objective));
  }
  BacktestMethod method =
      test_method(std::move(name), parts, stage, [&](const Parts& part) {
        return predict_by_fit(options, part.training, part.held_out);
      });
  method.law = options.law;
  method.objective = options.objective;
  return method;
}

}  // namespace

const BacktestMethod* Backtest::method(std::string_view name) const {
  for (const BacktestMethod& one : methods) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

TestedReach tested_reach(const Runs& runs, const ForecastOptions& options) {
  BacktestOptions test;
  static_cast<ForecastOptions&>(test) = options;
  test.draws = 0;
  TestedReach reach;
  reach.level = options.level;
  for (const Parts& part : split_runs(runs, test.factor)) {
    const Predicted said =
        predict_by_forecast(forecast(part.training, test), part.held_out, test);
    const Eigen::ArrayXd loss = part.held_out.loss_nats.array().log();
    const auto inside = said.low.array() <= loss && loss <= said.high.array();
    reach.runs += static_cast<int>(loss.size());
    reach.inside += static_cast<int>(inside.count());
    reach.distance = std::max(reach.distance, part.distance.maxCoeff());
  }
  return reach;
}

Backtest backtest(const Runs& runs, const BacktestOptions& options) {
  validate(options, "backtest");
  if (runs.size() == 0) {
    throw std::invalid_argument("backtest: there are no runs");
  }
  Backtest result;
  result.options = options;
  result.source = runs.source;
  result.reading = runs.reading;
  result.rows = runs.size();
  result.findings = runs.findings;
  if (options.factor.empty()) {
    throw std::invalid_argument(
        "backtest: factor is empty, but must hold a number");
  }
  const std::vector<Parts> parts = split_runs(runs, options.factor);
  for (const Parts& part : parts) result.splits.push_back(part.split);

  std::vector<std::string> laws = {
      std::string(runs.has_sizes() ? kPlain : kComputeLaw)};
  for (const std::string& law : options.law) {
    if (std::find(laws.begin(), laws.end(), law) == laws.end()) {
      laws.push_back(law);
    }
  }
  const std::vector<Objective> objectives = objectives_of(options);
  // Forecasts are of size and data.
  const bool has_forecasts = runs.has_sizes();
  const std::int64_t forecasts =
      !has_forecasts                                      ? 0
      : options.discrepancy == DiscrepancyChoice::Learned ? 2
                                                          : 1;
  ProgressStage stage("tests",
                      (forecasts + std::ssize(laws) * std::ssize(objectives)) *
                          std::ssize(parts));
  FitOptions fit_options = fit_options_of(options);
  Law whole;
  if (has_forecasts) {
    whole = test_forecasts(runs, parts, options, stage, result);
  } else {
    whole = fit(runs, fit_options).law;
  }
  result.status = whole.status;
  for (const std::string& law : laws) {
    fit_options.law = law;
    for (const Objective objective : objectives) {
      fit_options.objective = objective;
      result.methods.push_back(test_fit(fit_options, parts, stage));
    }
  }
  if (result.status != LawStatus::NotIdentified) {
    result.trusted = trusted_of(result);
  }
  add_findings(result, parts);
  if (result.status == LawStatus::NotIdentified && !parts.empty()) {
    // Where all runs tell nothing, a near miss on some is no merit.
    for (const Finding& finding : whole.findings) {
      if (finding.severity == Severity::Error) {
        result.findings.push_back(finding);
      }
    }
  }
  return result;
}

}  // namespace isoflop
