// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/curves.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "fit/curves_form.h"
#include "fit/doubt.h"
#include "fit/fit_form.h"
#include "isoflop/base/error.h"
#include "isoflop/base/printable.h"
#include "isoflop/units/text.h"
#include "laws/fixed_form.h"
#include "laws/form_settings.h"
#include "runs/subset.h"

namespace isoflop {
namespace {

constexpr std::string_view kRateColumn = "learning_rate";

/// One run: its rows by rising step.
struct Curve {
  std::string name;
  std::vector<Eigen::Index> rows;
  LearningRateSchedule schedule;
};

[[noreturn]] void fail(const Runs& runs, const std::string& problem) {
  throw DataError({runs.source, 0, 0}, problem);
}

const Eigen::VectorXd* find_column(const Runs& runs, std::string_view name) {
  for (const ExtraColumn& column : runs.extra) {
    if (column.name == name) return &column.values;
  }
  return nullptr;
}

const Eigen::VectorXd& steps_of(const Runs& runs) {
  const Eigen::VectorXd* steps = find_column(runs, kStep.name);
  if (steps == nullptr) {
    fail(runs,
         "loss curves need a column step, and a name where there are "
         "several");
  }
  return *steps;
}

std::string title_of(const Curve& curve) {
  return curve.name.empty() ? "the curve"
                            : "curve '" + printable(curve.name, 60) + "'";
}

/// The rows of each run, those before the first step apart.
std::vector<Curve> split(const Runs& runs) {
  const Eigen::VectorXd& steps = steps_of(runs);
  std::map<std::string, Curve> found;
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    if (steps[i] == 0.0) continue;
    if (!(steps[i] > 0.0) || steps[i] != std::floor(steps[i])) {
      fail(runs,
           "step is " + format_exact(steps[i]) +
               ", but must be a whole number > 0");
    }
    const std::string name =
        runs.name.empty() ? "" : runs.name[static_cast<std::size_t>(i)];
    found[name].rows.push_back(i);
  }
  std::vector<Curve> curves;
  for (auto& [name, curve] : found) {
    curve.name = name;
    std::sort(curve.rows.begin(), curve.rows.end(), [&](auto a, auto b) {
      return steps[a] < steps[b];
    });
    for (std::size_t k = 1; k < curve.rows.size(); ++k) {
      const double step = steps[curve.rows[k]];
      if (step != steps[curve.rows[k - 1]]) continue;
      fail(runs,
           title_of(curve) + " has step " + format_exact(step) +
               " twice; a column name tells runs apart");
    }
    curves.push_back(std::move(curve));
  }
  if (curves.empty()) fail(runs, "no row is of a step after the start");
  return curves;
}

/// Straight lines between the rates that were logged, from zero at the start.
LearningRateSchedule logged_schedule(const Runs& runs, const Curve& curve) {
  constexpr double kMostSteps = 1e7;
  const Eigen::VectorXd* rates = find_column(runs, kRateColumn);
  if (rates == nullptr) {
    fail(runs,
         "loss curves need their learning rates: a column lr, or --schedule");
  }
  const Eigen::VectorXd& steps = steps_of(runs);
  const double last = steps[curve.rows.back()];
  if (last > kMostSteps) {
    fail(runs, title_of(curve) + " has more than ten million steps");
  }
  LearningRateSchedule schedule;
  schedule.rates = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(last));
  double from_step = 0.0;
  double from_rate = 0.0;
  for (const Eigen::Index row : curve.rows) {
    if (std::isnan((*rates)[row])) continue;
    // A rate that fell to zero may be written as a tiny negative number.
    const double rate = std::max(0.0, (*rates)[row]);
    for (double step = from_step + 1.0; step <= steps[row]; step += 1.0) {
      const double share = (step - from_step) / (steps[row] - from_step);
      schedule.rates[static_cast<Eigen::Index>(step) - 1] =
          from_rate + share * (rate - from_rate);
    }
    from_step = steps[row];
    from_rate = rate;
  }
  for (double step = from_step + 1.0; step <= last; step += 1.0) {
    schedule.rates[static_cast<Eigen::Index>(step) - 1] = from_rate;
  }
  Eigen::Index peak = 0;
  if (!(schedule.rates.maxCoeff(&peak) > 0.0)) {
    fail(runs, title_of(curve) + " has no learning rate above zero");
  }
  schedule.warmup = static_cast<int>(peak) + 1;
  return schedule;
}

void add_schedules(const Runs& runs,
                   const std::string& text,
                   std::vector<Curve>& curves) {
  const Eigen::VectorXd& steps = steps_of(runs);
  for (Curve& curve : curves) {
    if (text.empty()) {
      curve.schedule = logged_schedule(runs, curve);
      continue;
    }
    curve.schedule = parse_schedule(text);
    const double last = steps[curve.rows.back()];
    if (last > static_cast<double>(curve.schedule.rates.size())) {
      throw std::invalid_argument(
          "fit: schedule has " + std::to_string(curve.schedule.rates.size()) +
          " steps, but " + title_of(curve) + " has " + format_exact(last));
    }
  }
}

/// The rows to be fitted, with the number of their curve; of more than some
/// hundred every k-th: neighbours say little that is new, and a form may sum
/// over all steps before each.
Runs points_of(const Runs& runs, std::vector<Curve>& curves) {
  constexpr std::size_t kMostPoints = 400;
  const Eigen::VectorXd& steps = steps_of(runs);
  std::size_t count = 0;
  for (Curve& curve : curves) {
    std::erase_if(curve.rows, [&](Eigen::Index row) {
      return steps[row] <= static_cast<double>(curve.schedule.warmup);
    });
    count += curve.rows.size();
  }
  const std::size_t stride = 1 + count / (kMostPoints + 1);
  std::vector<Eigen::Index> rows;
  std::vector<double> numbers;
  for (std::size_t k = 0; k < curves.size(); ++k) {
    for (std::size_t i = 0; i < curves[k].rows.size(); i += stride) {
      rows.push_back(curves[k].rows[i]);
      numbers.push_back(static_cast<double>(k));
    }
  }
  if (rows.empty()) fail(runs, "no step is left after the warm-up");
  Runs points = subset(runs, rows);
  points.params.resize(0);
  points.tokens.resize(0);
  points.unique_tokens.resize(0);
  points.derived.clear();
  points.flops = steps(rows);
  points.extra.clear();
  points.extra.push_back({std::string(kStep.name), points.flops});
  points.extra.push_back(
      {std::string(kCurve.name),
       Eigen::Map<const Eigen::VectorXd>(
           numbers.data(), static_cast<Eigen::Index>(numbers.size()))});
  points.dropped = runs.dropped + runs.size() - points.size();
  return points;
}

/// The form along the schedules of the curves, with what is said of its
/// coefficients.
std::shared_ptr<const Form> form_along(const CurveForm& form,
                                       const std::vector<Curve>& curves,
                                       const FitOptions& options) {
  std::vector<LearningRateSchedule> schedules;
  for (const Curve& curve : curves) schedules.push_back(curve.schedule);
  FormSettings settings;
  settings.coefficients = options.coefficient;
  return with_fixed(
      with_settings(std::make_shared<CurvesForm>(form, schedules), settings),
      options.fix);
}

/// Turns what was fitted along curves, perhaps with ties, into a law of the
/// form itself: what is tied to another has its value, draws and doubt.
void become_law_of(const std::shared_ptr<const Form>& plain,
                   FitResult& result) {
  const std::vector<int> places = places_of_coefficients(*result.law.form);
  Law& law = result.law;
  const auto fitted = law.form->coefficients();
  if (law.coefficients.size() > 0) {
    law.coefficients = Eigen::VectorXd(law.coefficients(places));
  }
  if (law.has_draws()) {
    law.draws = Eigen::MatrixXd(law.draws(Eigen::all, places));
  }
  std::vector<Interval> intervals;
  for (std::size_t j = 0; j < places.size(); ++j) {
    const auto at = static_cast<std::size_t>(places[j]);
    if (!result.intervals.empty()) intervals.push_back(result.intervals[at]);
    const std::string name(plain->coefficients()[j].name);
    for (auto* errors : {&result.standard_errors.classical,
                         &result.standard_errors.sandwich}) {
      const auto found = errors->find(std::string(fitted[at].name));
      if (found != errors->end()) (*errors)[name] = found->second;
    }
  }
  result.intervals = std::move(intervals);
  law.form = plain;
}

/// Correlation of errors that are neighbours on a curve.
double neighbour_correlation(const Runs& points,
                             const Form& form,
                             const Eigen::VectorXd& coefficients) {
  const Eigen::VectorXd& curve = *find_column(points, kCurve.name);
  Eigen::MatrixXd inputs(points.size(), 2);
  inputs.col(0) = curve;
  inputs.col(1) = points.flops;
  Eigen::VectorXd log_loss;
  form.evaluate_columns(
      form.theta_from_coefficients(coefficients), inputs, log_loss, nullptr);
  const Eigen::VectorXd error =
      points.loss_nats.array().log().matrix() - log_loss;
  double products = 0.0;
  double squares = 0.0;
  for (Eigen::Index i = 1; i < error.size(); ++i) {
    if (curve[i] != curve[i - 1]) continue;
    products += error[i] * error[i - 1];
    squares += 0.5 * (error[i] * error[i] + error[i - 1] * error[i - 1]);
  }
  return squares > 0.0 ? std::clamp(products / squares, 0.0, 0.95) : 0.0;
}

/// Neighbours that a refit draws together: the length that is best for errors
/// of a first-order autoregression.
int block_length(double correlation, double points) {
  const double ratio = 2.0 * correlation / (1.0 - correlation * correlation);
  return std::max(
      1, static_cast<int>(std::lround(std::cbrt(ratio * ratio * points))));
}

/// Labels blocks of neighbours of each curve.
void group_by_blocks(int length, Runs& points) {
  const Eigen::VectorXd& curve = *find_column(points, kCurve.name);
  points.group.clear();
  Eigen::Index start = 0;
  for (Eigen::Index i = 0; i < points.size(); ++i) {
    if (curve[i] != curve[start]) start = i;
    points.group.push_back(format_exact(curve[i]) + "/" +
                           std::to_string((i - start) / length));
  }
}

void start_result(const Runs& points,
                  const std::vector<Curve>& curves,
                  const CurveFitOptions& options,
                  FitResult& result) {
  result.law.id = points.source;
  result.law.provenance.title = "fit to " + points.source;
  result.law.provenance.dataset = points.source;
  result.law.provenance.note =
      std::to_string(points.size()) + " points of " +
      std::to_string(curves.size()) +
      (curves.size() == 1 ? " curve, " : " curves, ") +
      std::to_string(points.dropped) + " left out; learning rates " +
      (options.schedule.empty() ? std::string("as logged")
                                : printable(options.schedule));
  result.law.range.others[std::string(kStep.name)] = {points.flops.minCoeff(),
                                                      points.flops.maxCoeff()};
  result.options = options;
  result.source = points.source;
  result.schedule = options.schedule;
  result.runs_used = points.size();
  result.runs_dropped = points.dropped;
  result.findings = points.findings;
}

/// Refits of blocks, as long as the errors of a first fit ask for.
void choose_blocks(FitOptions& options, Runs& points, FitResult& result) {
  if (options.bootstrap == 0 || options.bootstrap_kind != BootstrapKind::Auto) {
    return;
  }
  FitResult first = result;
  first.options.bootstrap = 0;
  FitOptions quick = options;
  quick.bootstrap = 0;
  fit_form(points, quick, first);
  if (first.law.status == LawStatus::NotIdentified) return;
  const double correlation =
      neighbour_correlation(points, *first.law.form, first.law.coefficients);
  const int length =
      block_length(correlation, static_cast<double>(points.size()));
  options.bootstrap_kind =
      length > 1 ? BootstrapKind::Cluster : BootstrapKind::Pairs;
  result.options.bootstrap_kind = options.bootstrap_kind;
  if (length == 1) return;
  group_by_blocks(length, points);
  result.findings.push_back(
      {"fit.curve-points",
       Severity::Note,
       "errors of neighbouring points correlate by " +
           format_number(correlation, 2) + ": refits draw blocks of " +
           std::to_string(length),
       "curves of other schedules would say more than more points",
       {{"correlation", correlation},
        {"block_length", static_cast<double>(length)}}});
}

}  // namespace

bool is_curve_form(std::string_view law) {
  for (const auto& form : all_forms()) {
    if (form->name() == law) {
      return dynamic_cast<const CurveForm*>(form.get()) != nullptr;
    }
  }
  return false;
}

FitResult fit_curves(const Runs& given, const CurveFitOptions& asked) {
  validate(asked, "fit");
  require_doubt(asked);
  if (given.size() == 0) throw std::invalid_argument("fit: there are no runs");
  const auto plain = find_form(asked.law);
  const auto* form = dynamic_cast<const CurveForm*>(plain.get());
  if (form == nullptr) {
    throw std::invalid_argument("fit: the form " + std::string(plain->name()) +
                                " is none of loss curves; a row a run is "
                                "fitted without a schedule");
  }
  std::vector<Curve> curves = split(given);
  add_schedules(given, asked.schedule, curves);
  Runs points = points_of(given, curves);
  FitResult result;
  start_result(points, curves, asked, result);
  result.law.provenance.source = "form: " + std::string(form->source());
  result.law.form = form_along(*form, curves, asked);
  FitOptions options = asked;
  choose_blocks(options, points, result);
  fit_form(points, options, result);
  result.identifiability.target = Flops(0.0);
  become_law_of(plain, result);
  result.law.findings = result.findings;
  return result;
}

}  // namespace isoflop
