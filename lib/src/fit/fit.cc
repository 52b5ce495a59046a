// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "fit/doubt.h"
#include "fit/fit_form.h"
#include "fit/form_choice.h"
#include "fit/polish.h"
#include "fit/problem.h"
#include "fit/quiet.h"
#include "fit/search.h"
#include "fit/splits.h"
#include "fit/starts.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "laws/extrapolation.h"
#include "runs/run_numbers.h"

namespace isoflop {
namespace {

/// The range of the runs in what the form reads, on natural scales.
LawRange range_of(const Runs& runs, const Form& form) {
  const Eigen::MatrixXd inputs = inputs_of(runs, form);
  LawRange range;
  for (int k = 0; k < form.input_count(); ++k) {
    const Variable& variable = form.inputs()[static_cast<std::size_t>(k)];
    const Interval span{from_scale(inputs.col(k).minCoeff(), variable.scale),
                        from_scale(inputs.col(k).maxCoeff(), variable.scale)};
    if (variable.name == kParams.name) {
      range.params = span;
    } else if (variable.name == kTokens.name) {
      range.tokens = span;
    } else if (variable.name != kFlops.name && std::isfinite(span.high)) {
      range.others[std::string(variable.name)] = span;
    }
  }
  const Eigen::VectorXd flops = flops_of(runs, form);
  range.flops = {flops.minCoeff(), flops.maxCoeff()};
  return range;
}

void add_search_findings(const FitResult& result,
                         const Polished& best,
                         std::vector<Finding>& findings) {
  // On a design that leaves coefficients open there may be no single optimum
  // to reach; the status is the error then.
  if (!result.search.converged) {
    findings.push_back(
        {"fit.not-converged",
         result.is_identified() ? Severity::Error : Severity::Warning,
         "the search stopped before the optimum, gradient norm " +
             format_number(result.search.gradient_norm, 2),
         "check the runs for wrong units or a loss of another kind",
         {{"gradient_norm", result.search.gradient_norm}}});
  }
  for (const int j : best.at_bound) {
    const auto& info =
        result.law.form->coefficients()[static_cast<std::size_t>(j)];
    const double value = from_scale(best.theta[j], info.scale);
    findings.push_back({"fit.at-bound",
                        Severity::Warning,
                        std::string(info.name) + " ends at its bound " +
                            format_number(value, 3),
                        "the runs do not show the term it belongs to",
                        {{"value", value}}});
  }
}

void add_vanished_findings(const Identifiability& found,
                           std::vector<Finding>& findings) {
  for (const std::string& name : found.vanished) {
    findings.push_back({"fit.at-bound",
                        Severity::Warning,
                        name + " ends at zero: its term adds nothing to the "
                               "loss of any run",
                        "the runs do not show this term",
                        {}});
  }
}

void add_outlier_finding(const Runs& runs,
                         const Eigen::VectorXd& residuals,
                         double scale,
                         std::vector<Finding>& findings) {
  constexpr double kFar = 6.0;
  constexpr std::size_t kMostNamed = 3;
  if (!(scale > 1e-9)) return;
  std::vector<Eigen::Index> far;
  for (Eigen::Index i = 0; i < residuals.size(); ++i) {
    if (std::abs(residuals[i]) > kFar * scale) far.push_back(i);
  }
  if (far.empty()) return;
  std::stable_sort(far.begin(), far.end(), [&](auto a, auto b) {
    return std::abs(residuals[a]) > std::abs(residuals[b]);
  });
  std::vector<std::string> names;
  for (std::size_t k = 0; k < std::min(far.size(), kMostNamed); ++k) {
    const auto row = static_cast<std::size_t>(far[k]);
    names.push_back(runs.name.empty() ? "row " + std::to_string(row + 1)
                                      : runs.name[row]);
  }
  const double share =
      static_cast<double>(far.size()) / static_cast<double>(runs.size());
  findings.push_back(
      {"fit.outliers",
       share > 0.1 ? Severity::Warning : Severity::Note,
       std::to_string(far.size()) +
           (far.size() == 1 ? " run lies" : " runs lie") +
           " more than 6 residual scales off, largest: " + join_words(names),
       "look at them; a robust fit gives them little weight",
       {{"runs", static_cast<double>(far.size())},
        {"largest_residual", residuals[far.front()]}}});
}

void add_identifiability_finding(const Identifiability& found,
                                 std::vector<Finding>& findings) {
  if (found.status == IdentifiabilityStatus::Identified) return;
  const bool weak = found.status == IdentifiabilityStatus::Weak;
  std::string remedy;
  if (!found.suggested_runs.empty()) {
    std::vector<std::string> runs;
    for (const SuggestedRun& run : found.suggested_runs) {
      runs.push_back(describe(run));
    }
    remedy = "add " + std::string(runs.size() == 1 ? "a run" : "runs") +
             " of " + join_words(runs);
  }
  findings.push_back(
      {weak ? "fit.weak" : "fit.not-identified",
       Severity::Error,
       join_clauses(found.free_combinations) + "; " +
           join_clauses(found.reasons),
       remedy,
       {{"condition", std::max(found.condition, found.design_condition)},
        {"rank", static_cast<double>(found.rank)},
        {"coefficients", static_cast<double>(found.coefficients)}}});
}

void add_few_runs_finding(const FitResult& result,
                          std::vector<Finding>& findings) {
  constexpr std::int64_t kFew = 4;
  const std::int64_t spare =
      result.runs_used - result.identifiability.coefficients;
  if (spare <= 0 || spare >= kFew) return;
  findings.push_back(
      {"fit.few-runs",
       Severity::Warning,
       "runs beyond the number of coefficients: " + std::to_string(spare) +
           "; intervals from resampling are too narrow",
       "add runs",
       {{"spare_runs", static_cast<double>(spare)}}});
}

void start_result(const Runs& runs,
                  const FitOptions& options,
                  std::shared_ptr<const Form> form,
                  FitResult& result) {
  result.law.id = runs.source;
  result.law.form = form;
  result.law.provenance.title = "fit to " + runs.source;
  result.law.provenance.source = "form: " + std::string(form->source());
  result.law.provenance.note = std::to_string(runs.size()) + " runs used, " +
                               std::to_string(runs.dropped) + " left out";
  result.law.provenance.dataset = runs.source;
  result.law.range = range_of(runs, *form);
  result.options = options;
  result.source = runs.source;
  result.runs_used = runs.size();
  result.runs_dropped = runs.dropped;
  for (const Finding& finding : runs.findings) {
    // A form that reads the distinct tokens knows what a repeat is worth.
    const bool is_known = finding.code == "runs.repeated-data" &&
                          form->input_index(kUniqueTokens.name);
    if (!is_known) result.findings.push_back(finding);
  }
}

/// Rows that are checkpoints or amounts of data of one setup are one run where
/// larger runs are held out.
int count_runs(const Runs& runs) {
  std::vector<Eigen::Index> rows(static_cast<std::size_t>(runs.size()));
  std::iota(rows.begin(), rows.end(), 0);
  return run_numbers(runs, rows).count;
}

/// Those of them that differ in size or data.
int count_distinct(const Runs& runs) {
  return std::min(count_runs(runs), distinct_runs(runs));
}

/// "too few runs (16 that differ, of 88 rows) to hold the larger ones out".
std::string too_few_runs(const Runs& runs) {
  return "too few runs (" + std::to_string(count_distinct(runs)) +
         " that differ, of " + std::to_string(runs.size()) +
         (runs.size() == 1 ? " row" : " rows") +
         ") to hold the larger ones out";
}

void add_rows_finding(const Runs& runs, FitResult& result) {
  const int count = count_runs(runs);
  if (count == runs.size()) return;
  result.findings.push_back(
      {"fit.rows-of-runs",
       Severity::Note,
       std::to_string(runs.size()) + " rows are " + std::to_string(count) +
           (count == 1 ? " run" : " runs") +
           ": rows of one name (column name, run_id, run, model or id) and "
           "one size are one where larger runs are held out",
       "--column name=COLUMN takes another column for the name",
       {{"rows", static_cast<double>(runs.size())},
        {"runs", static_cast<double>(count)}}});
}

/// The form of `law = "auto"`, the additive one where none can be tested; of
/// compute alone the one form that reads it.
FitOptions choose_form(const Runs& runs,
                       const FitOptions& options,
                       FitResult& result) {
  FitOptions chosen = options;
  const bool is_open =
      options.law == kAutoLaw || options.law == FitOptions().law;
  if (is_open && !runs.has_sizes()) {
    chosen.law = kComputeLaw;
    return chosen;
  }
  if (options.law != kAutoLaw) return chosen;
  chosen.law = FitOptions().law;
  result.trials = try_forms(runs, options);
  if (!result.trials.empty() && result.trials.front().score) {
    chosen.law = result.trials.front().law;
    return chosen;
  }
  result.findings.push_back(
      {"fit.auto-untested",
       Severity::Warning,
       too_few_runs(runs) + ": no form was tested, and the " + chosen.law +
           " one is taken",
       "add smaller runs, or name the form",
       {{"runs", static_cast<double>(count_distinct(runs))}}});
  return chosen;
}

/// Where the intervals of the smaller runs miss the larger, those of all the
/// runs are no better founded, however well these determine the coefficients.
void add_missed_finding(const WideningTest& test, FitResult& result) {
  constexpr double kFewHold = 0.5;  // of as many as are to hold
  constexpr double kMuchWider = 3.0;
  if (!test.score || test.steps.empty()) return;
  const double wider = test.steps.back().factor;
  const double level = result.options.level;
  if (test.score->coverage >= kFewHold * level && wider <= kMuchWider) return;
  const auto percent = [](double share) {
    return format_number(100.0 * share, 2) + " %";
  };
  result.findings.push_back(
      {"fit.back-test-missed",
       Severity::Warning,
       "fits to the smaller runs are off by " +
           percent(test.score->mean_abs_error) + " on larger runs, " +
           format_number(100.0 * level, 3) + " % intervals hold " +
           percent(test.score->coverage),
       "isoflop backtest says what predicts these runs better",
       {{"mean_abs_error", test.score->mean_abs_error},
        {"coverage", test.score->coverage},
        {"widening", wider}}});
}

/// Tests the fit on its own larger runs, for intervals beyond all of them.
void add_widening(const Runs& runs,
                  const FitOptions& options,
                  FitResult& result) {
  const bool is_wanted =
      options.widening == WideningChoice::Backtest && options.bootstrap > 0;
  if (!is_wanted) return;
  const WideningTest test = widening_of(runs, options);
  result.law.widening = test.steps;
  add_missed_finding(test, result);
}

void add_widening_finding(const Runs& runs, FitResult& result) {
  if (result.options.widening == WideningChoice::None ||
      !result.law.widening.empty() || result.law.draws.rows() == 0) {
    return;
  }
  result.findings.push_back(
      {"fit.not-widened",
       Severity::Note,
       too_few_runs(runs) +
           ": intervals beyond the runs are those of refits, which know "
           "nothing of the error of the form",
       "add smaller runs; isoflop forecast allows for that error",
       {{"runs", static_cast<double>(count_distinct(runs))}}});
}

/// Says how far beyond the runs the budgets lie that optima are shown at. It is
/// about these, not the law: what is asked of the law is measured when asked.
void add_far_finding(FitResult& result) {
  const double largest = result.law.range.flops->high;
  double furthest = 0.0;
  int far = 0;
  for (const OptimumEstimate& row : result.optimum) {
    const double beyond = row.best.flops.value() / largest;
    furthest = std::max(furthest, beyond);
    far += beyond > kFarExtrapolation ? 1 : 0;
  }
  if (far == 0) return;
  result.findings.push_back(
      {"law.extrapolation",
       Severity::Note,
       "budgets shown of more than 100 times the compute of the largest run: " +
           std::to_string(far) + " of " +
           std::to_string(result.optimum.size()) + ", at most " +
           format_number(furthest, 2) + " times",
       "fit larger pilot runs, or ask about nearer budgets (--flops)",
       {{"flops_over_fitted", furthest}}});
}

}  // namespace

std::map<std::string, Interval> FitResult::named_intervals() const {
  std::map<std::string, Interval> named;
  for (std::size_t j = 0; j < intervals.size(); ++j) {
    named[std::string(law.form->coefficients()[j].name)] = intervals[j];
  }
  return named;
}

void fit_form(const Runs& runs, const FitOptions& options, FitResult& result) {
  const QuietSolver quiet;
  const Form& form = *result.law.form;
  std::vector<Eigen::Index> order;
  const FitProblem problem = make_problem(runs, options, form, order);
  const Starts starts(problem, options.threads);
  const Polished best =
      search(problem,
             options.search == StartSet::Classic ? classic_starts(form)
                                                 : starts.first(),
             !options.coefficient.empty(),
             options.threads,
             result.search);
  result.objective_value =
      reported_objective(problem, FitEvaluator(problem).residuals(best.theta));

  const Errors errors = estimate_errors(problem, best.theta);
  result.residual_scale = residual_scale(problem, best.theta, errors);

  Identifiability& found = result.identifiability;
  found = identify(runs, form, best.theta, result.residual_scale);
  Eigen::VectorXd theta = best.theta;
  if (!found.vanished.empty()) clear_vanished(form, problem.inputs, theta);
  result.law.coefficients = form.coefficients_from_theta(theta);
  add_doubt({runs, problem, order, starts, best, errors}, result);
  result.law.status = from_string<LawStatus>(to_string(found.status));
  add_identifiability_finding(found, result.findings);
  add_search_findings(result, best, result.findings);
  add_vanished_findings(found, result.findings);
  add_few_runs_finding(result, result.findings);
  Eigen::VectorXd residuals(runs.size());
  residuals(order) = log_residuals(problem, best.theta);
  add_outlier_finding(
      runs, residuals, robust_scale(problem, best.theta), result.findings);
}

FitResult fit(const Runs& runs, const FitOptions& asked) {
  validate(asked, "fit");
  require_doubt(asked);
  if (runs.size() == 0) throw std::invalid_argument("fit: there are no runs");
  const QuietSolver quiet;
  FitResult result;
  const FitOptions options = choose_form(runs, asked, result);
  start_result(runs, asked, form_of(runs, options), result);
  add_rows_finding(runs, result);
  add_widening(runs, options, result);
  fit_form(runs, options, result);
  add_widening_finding(runs, result);
  result.law.findings = result.findings;
  add_far_finding(result);
  return result;
}

}  // namespace isoflop
