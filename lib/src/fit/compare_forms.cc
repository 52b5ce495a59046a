// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "fit/likelihood.h"
#include "fit/problem.h"
#include "isoflop/base/printable.h"
#include "isoflop/base/progress.h"
#include "isoflop/base/random.h"
#include "isoflop/base/suggest.h"
#include "isoflop/fit/compare.h"
#include "isoflop/units/text.h"
#include "runs/subset.h"

namespace isoflop {
namespace {

/// Whether a form has the coefficients that a text speaks of: "alpha=0.1..1",
/// "beta=alpha".
bool has_coefficients_of(const Form& form, const std::string& text) {
  const auto& known = form.coefficients();
  const auto has = [&](std::string_view name) {
    return std::any_of(known.begin(), known.end(), [&](const auto& info) {
      return info.name == name;
    });
  };
  const std::size_t equals = text.find('=');
  // What cannot be read is left to the form to refuse.
  if (equals == std::string::npos) return true;
  const std::string_view right = std::string_view(text).substr(equals + 1);
  const bool is_name =
      !right.empty() && std::isalpha(static_cast<unsigned char>(right[0]));
  return has(std::string_view(text).substr(0, equals)) &&
         (!is_name || has(right));
}

/// The fits of all laws, each with what is said of its coefficients.
std::vector<FitOptions> fits_of(const Runs& runs,
                                const CompareOptions& options) {
  std::vector<FitOptions> fits;
  std::vector<std::shared_ptr<const Form>> forms;
  for (const std::string& law : options.law) {
    FitOptions& fit = fits.emplace_back();
    fit.law = law;
    forms.push_back(form_of(runs, fit));
    static_cast<ObjectiveOptions&>(fit) = options;
    fit.coefficient.clear();
    fit.fix.clear();
    fit.bootstrap = 0;
    fit.threads = options.threads;
  }
  const auto share_out = [&](std::vector<std::string> ObjectiveOptions::*texts,
                             const std::string& option) {
    for (const std::string& text : options.*texts) {
      bool is_known = false;
      for (std::size_t k = 0; k < fits.size(); ++k) {
        if (!has_coefficients_of(*forms[k], text)) continue;
        is_known = true;
        (fits[k].*texts).push_back(text);
      }
      if (is_known) continue;
      throw std::invalid_argument("compare: " + option + " is '" +
                                  printable(text) +
                                  "', but none of the forms has all the "
                                  "coefficients in it: " +
                                  join_words(options.law));
    }
  };
  share_out(&ObjectiveOptions::coefficient, "coefficient");
  share_out(&ObjectiveOptions::fix, "fix");
  return fits;
}

/// The fold of each row. Rows of the same size and data share one, and the
/// order of the rows does not matter.
std::vector<int> folds_of(const Runs& runs, int folds, std::uint64_t seed) {
  std::vector<std::pair<double, double>> inputs;
  const bool has_sizes = runs.has_sizes();
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    inputs.emplace_back(has_sizes ? runs.params[i] : runs.flops[i],
                        has_sizes ? runs.tokens[i] : 1.0);
  }
  std::vector<std::pair<double, double>> distinct = inputs;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (std::ssize(distinct) < folds) {
    throw std::invalid_argument(
        "compare: folds is " + std::to_string(folds) +
        ", but must be at most the number of distinct runs, " +
        std::to_string(distinct.size()));
  }
  std::vector<std::uint32_t> place(distinct.size());
  std::iota(place.begin(), place.end(), 0U);
  RandomStream random(seed, 0);
  for (std::uint32_t i = static_cast<std::uint32_t>(place.size()); i > 1; --i) {
    std::swap(place[i - 1], place[random.below(i)]);
  }
  std::vector<int> fold;
  for (const auto& input : inputs) {
    const auto at = std::lower_bound(distinct.begin(), distinct.end(), input) -
                    distinct.begin();
    fold.push_back(static_cast<int>(place[static_cast<std::size_t>(at)]) %
                   folds);
  }
  return fold;
}

/// Log residuals of every run, predicted without its fold; not finite where
/// there is no prediction.
Eigen::VectorXd held_out(const Runs& runs,
                         const std::vector<int>& fold,
                         const FitOptions& options,
                         int folds,
                         ProgressStage& stage) {
  Eigen::VectorXd residuals(runs.size());
  for (int k = 0; k < folds; ++k) {
    std::vector<Eigen::Index> kept, left_out;
    for (Eigen::Index i = 0; i < runs.size(); ++i) {
      (fold[static_cast<std::size_t>(i)] == k ? left_out : kept).push_back(i);
    }
    const FitResult trained = fit(subset(runs, kept), options);
    const Form& form = *trained.law.form;
    const Runs tested = subset(runs, left_out);
    Eigen::VectorXd predicted;
    form.evaluate_columns(
        form.theta_from_coefficients(trained.law.coefficients),
        inputs_of(tested, form),
        predicted,
        nullptr);
    residuals(left_out) =
        (tested.loss_nats.array().log() - predicted.array()).matrix();
    stage.step();
  }
  return residuals;
}

void add_criteria(const Runs& runs,
                  const CompareOptions& options,
                  FormScore& score) {
  const auto n = static_cast<double>(runs.size());
  score.log_likelihood = log_likelihood(options.objective,
                                        score.objective_value,
                                        options.huber_delta,
                                        options.cost_ratio,
                                        n);
  if (!score.log_likelihood) return;
  const double k = score.coefficients + 1.0;  // and the scale
  score.bic = k * std::log(n) - 2.0 * *score.log_likelihood;
  if (n > k + 1.0) {
    score.aicc = 2.0 * k - 2.0 * *score.log_likelihood +
                 2.0 * k * (k + 1.0) / (n - k - 1.0);
  }
}

/// exp(-half the distance to the least), of all that have the criterion.
void add_weights(std::vector<FormScore>& forms,
                 std::optional<double> FormScore::*criterion,
                 std::optional<double> FormScore::*weight) {
  double least = std::numeric_limits<double>::infinity();
  for (const FormScore& form : forms) {
    if (form.*criterion) least = std::min(least, *(form.*criterion));
  }
  double total = 0.0;
  for (const FormScore& form : forms) {
    if (form.*criterion) total += std::exp(0.5 * (least - *(form.*criterion)));
  }
  for (FormScore& form : forms) {
    if (!(form.*criterion)) continue;
    form.*weight = std::exp(0.5 * (least - *(form.*criterion))) / total;
  }
}

/// Each form against the one with the least error, run by run.
void add_excess(const std::vector<Eigen::VectorXd>& residuals,
                double level,
                std::vector<FormScore>& forms) {
  std::size_t best = forms.size();
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (!forms[i].cv_error) continue;
    if (best == forms.size() || *forms[i].cv_error < *forms[best].cv_error) {
      best = i;
    }
  }
  if (best == forms.size()) return;
  forms[best].is_close = true;
  const auto n = static_cast<double>(residuals[best].size());
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (i == best || !forms[i].cv_error) continue;
    const Eigen::ArrayXd gap =
        residuals[i].array().abs() - residuals[best].array().abs();
    const double sd =
        std::sqrt((gap - gap.mean()).square().sum() / (n - 1.0) / n);
    const double half = student_quantile(0.5 * (1.0 + level), n - 1.0) * sd;
    forms[i].cv_excess = Interval{gap.mean() - half, gap.mean() + half};
    forms[i].is_close = forms[i].cv_excess->low <= 0.0;
  }
}

}  // namespace

FormComparison compare_forms(const Runs& runs, const CompareOptions& options) {
  validate(options, "compare");
  if (runs.size() == 0) {
    throw std::invalid_argument("compare: there are no runs");
  }
  FormComparison result;
  result.options = options;
  if (result.options.law.empty()) {
    result.options.law = {"additive", "additive_tied", "coupled", "kaplan"};
    if (!runs.has_sizes()) result.options.law = {std::string(kComputeLaw)};
  }
  result.source = runs.source;
  result.runs_used = runs.size();
  result.runs_dropped = runs.dropped;
  result.findings = runs.findings;
  const std::vector<int> fold = folds_of(runs, options.folds, options.seed);
  std::vector<Eigen::VectorXd> residuals;
  const std::vector<FitOptions> fits = fits_of(runs, result.options);
  ProgressStage stage("fits", std::ssize(fits) * (options.folds + 1));
  for (const FitOptions& chosen : fits) {
    const FitResult whole = fit(runs, chosen);
    stage.step();
    FormScore score;
    score.law = chosen.law;
    score.formula = whole.law.form->formula();
    score.coefficients =
        static_cast<int>(free_coefficients(*whole.law.form).size());
    score.status = whole.identifiability.status;
    score.objective_value = whole.objective_value;
    residuals.push_back(held_out(runs, fold, chosen, options.folds, stage));
    const Eigen::VectorXd& rest = residuals.back();
    if (rest.allFinite()) {
      score.cv_error =
          std::sqrt(rest.squaredNorm() / static_cast<double>(rest.size()));
      score.cv_median = quantile(rest.cwiseAbs(), 0.5);
    }
    add_criteria(runs, options, score);
    result.forms.push_back(score);
  }
  add_excess(residuals, options.level, result.forms);
  add_weights(result.forms, &FormScore::aicc, &FormScore::aicc_weight);
  add_weights(result.forms, &FormScore::bic, &FormScore::bic_weight);
  std::stable_sort(result.forms.begin(),
                   result.forms.end(),
                   [](const FormScore& a, const FormScore& b) {
                     if (!a.cv_error) return false;
                     return !b.cv_error || *a.cv_error < *b.cv_error;
                   });
  if (result.forms.front().status == IdentifiabilityStatus::NotIdentified) {
    result.findings.push_back(
        {"compare.best-not-identified",
         Severity::Warning,
         "the form that predicts best, " + result.forms.front().law +
             ", is not determined by the runs",
         "isoflop fit --law says why; do not extrapolate with it",
         {}});
  }
  return result;
}

}  // namespace isoflop
