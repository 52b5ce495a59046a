// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/identifiability.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fit/design.h"
#include "fit/design_shape.h"
#include "fit/suggest_runs.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

int count_distinct(const WeightedInputs& runs) {
  constexpr double kNegligible = 1e-6;
  // Equal rows are neighbours: they are in canonical order.
  int count = 0;
  Eigen::Index last = -1;
  for (Eigen::Index i = 0; i < runs.inputs.rows(); ++i) {
    if (runs.weight[i] < kNegligible) continue;
    if (last < 0 || runs.inputs.row(i) != runs.inputs.row(last)) ++count;
    last = i;
  }
  return count;
}

std::string name_of(const Form& form, int coefficient) {
  return std::string(
      form.coefficients()[static_cast<std::size_t>(coefficient)].name);
}

/// Coefficients that dominate the direction the runs say least about.
std::string weakest_direction(const Form& form, const Design& design) {
  const Eigen::VectorXd direction =
      design.right.col(design.right.cols() - 1).cwiseAbs();
  std::vector<std::string> names;
  for (std::size_t k = 0; k < design.columns.size(); ++k) {
    if (direction[static_cast<Eigen::Index>(k)] > 0.4 * direction.maxCoeff()) {
      names.push_back(name_of(form, design.columns[k]));
    }
  }
  return join_words(names);
}

/// @param spread   of the decision at `scatter`
/// @param scatter  of log residuals, as much as the runs do not rule out
/// @param residual_scale  as they show it
std::string wide_reason(const Identifiability& result,
                        const Spread& spread,
                        double scatter,
                        double residual_scale) {
  const double scale = std::max(residual_scale, kLeastScale);
  const double loss =
      100.0 * std::min(kNormalQuantile * spread.sd_log_loss, 1.0);
  const std::string words =
      format_number(loss, 2) + " % (90 %" +
      (scatter > 1.1 * scale
           ? ", at a scatter of " + format_number(100.0 * scatter, 2) +
                 " %, which so few " +
                 (residual_scale < kLeastScale ? "real runs" : "runs") +
                 " do not rule out)"
           : ")");
  if (!result.sd_log_params) {
    return "these runs leave the loss of the largest of them open by " + words;
  }
  const double factor = std::exp(kNormalQuantile * spread.sd_log_params);
  return "at " + format_quantity(result.target, 2) +
         " FLOP, ten times the largest budget, these runs leave the optimal "
         "size open by a factor of " +
         (factor < 1e3 ? format_number(factor, 2) : "1000 or more") +
         " either way and the loss by " + words;
}

/// The gates, hardest first; each that fails adds its reason.
IdentifiabilityStatus apply_gates(const Form& form,
                                  const Eigen::VectorXd& theta,
                                  std::int64_t runs,
                                  bool is_line,
                                  double residual_scale,
                                  Identifiability& result) {
  constexpr double kHighestCondition = 1e4;
  auto& reasons = result.reasons;
  const int p = result.coefficients;
  const std::string needed = std::to_string(p) + " coefficients";
  if (result.distinct_runs < p) {
    reasons.push_back(std::to_string(result.distinct_runs) +
                      (result.distinct_runs == 1 ? " distinct run for "
                                                 : " distinct runs for ") +
                      needed);
    return IdentifiabilityStatus::NotIdentified;
  }
  if (result.rank < p) {
    reasons.push_back("the runs determine " + std::to_string(result.rank) +
                      " of " + needed);
    return IdentifiabilityStatus::NotIdentified;
  }
  const double worst = std::max(result.condition, result.design_condition);
  if (worst > kHighestCondition) {
    reasons.push_back("condition number " + format_number(worst, 2) +
                      " of the runs' Jacobian, above 1e4");
  }
  if (is_line) reasons.push_back("the runs lie along one line of N and D");
  if (runs <= p) reasons.push_back("no more runs than coefficients");
  for (const int j : free_coefficients(form)) {
    const auto& info = form.coefficients()[static_cast<std::size_t>(j)];
    if (theta[j] <= to_scale(info.low, info.scale) ||
        theta[j] >= to_scale(info.high, info.scale)) {
      reasons.push_back(name_of(form, j) + " ends at its bound " +
                        format_number(from_scale(theta[j], info.scale), 3));
    }
  }
  for (const std::string& name : result.vanished) {
    reasons.push_back(name + " ends at zero");
  }
  if (!result.sd_log_loss) {
    reasons.push_back(
        "the fit has no optimal size at ten times the largest "
        "budget");
  } else {
    const double scale = std::max(residual_scale, kLeastScale);
    const double scatter = widest_scatter(residual_scale, runs, p);
    const Spread spread{scatter / scale * *result.sd_log_loss,
                        scatter / scale * result.sd_log_params.value_or(0.0)};
    if (is_wide(spread)) {
      reasons.push_back(wide_reason(result, spread, scatter, residual_scale));
    }
  }
  return reasons.empty() ? IdentifiabilityStatus::Identified
                         : IdentifiabilityStatus::Weak;
}

/// Whether a refit answers as the fit does.
bool is_near(const Decision& decision,
             const Decision::Answer& fit,
             const Decision::Answer& refit) {
  return decision.divides_budget()
             ? std::abs(refit.log_params - fit.log_params) <= kWidestLogParams
             : std::abs(refit.log_loss - fit.log_loss) <= kWidestLogLoss;
}

/// What refits to resampled runs add: a term that ends at zero in a tail of
/// them, an answer that wanders, or refits that fail are not determined,
/// wherever the fit itself ended.
void ask_refits(const Form& form,
                const Decision& decision,
                const Eigen::VectorXd& theta,
                const Refits& refits,
                std::vector<std::string>& doubtful,
                Identifiability& result) {
  constexpr double kMostFailed = 0.1;
  const auto count = static_cast<double>(refits.theta.rows());
  const double tail = 0.5 * (1.0 - refits.level);
  const std::size_t reasons_before = result.reasons.size();
  if (refits.failed > kMostFailed * (count + refits.failed)) {
    result.reasons.push_back(
        format_number(100.0 * refits.failed / (count + refits.failed), 2) +
        " % of the refits to resampled runs fail");
  }
  for (int j = 0; j < form.coefficient_count(); ++j) {
    const std::string name = name_of(form, j);
    const auto zeros = static_cast<double>(
        (refits.theta.col(j).array() == -kInfinity).count());
    const bool is_known =
        std::find(result.vanished.begin(), result.vanished.end(), name) !=
        result.vanished.end();
    if (is_known || zeros == 0.0 || zeros < tail * count) continue;
    result.reasons.push_back("in " + format_number(100.0 * zeros / count, 2) +
                             " % of the refits " + name + " ends at zero");
    doubtful.push_back(name);
  }
  if (!refits.open_profiles.empty()) {
    result.reasons.push_back("the profile does not close: " +
                             join_words(refits.open_profiles));
  }
  const auto middle = decision.at(theta);
  double beyond = 0.0;
  for (Eigen::Index i = 0; i < refits.theta.rows(); ++i) {
    const auto at = decision.at(refits.theta.row(i));
    beyond += middle && at && is_near(decision, *middle, *at) ? 0 : 1;
  }
  if (beyond > 2.0 * tail * count) {
    result.reasons.push_back(
        (decision.divides_budget()
             ? "at " + format_quantity(result.target, 2) +
                   " FLOP, ten times the largest budget, the optimal size is "
                   "off by more than a factor of 3 in "
             : "the loss of the largest run is off by more than 8 % in ") +
        format_number(100.0 * beyond / count, 2) + " % of the refits");
  }
  if (result.reasons.size() > reasons_before &&
      result.status == IdentifiabilityStatus::Identified) {
    result.status = IdentifiabilityStatus::Weak;
  }
}

/// The direction in which a design does not vary, for a form of size and data.
std::optional<Shape> shape_of(const Form& form, const Eigen::MatrixXd& inputs) {
  const auto size = form.input_index(kParams.name);
  const auto data = form.input_index(kTokens.name);
  if (!size || !data) return std::nullopt;
  const std::vector<int> both = {*size, *data};
  auto shape = describe_shape(inputs(Eigen::all, both));
  // Its words are about the terms of the additive form.
  if (shape && form.name() != "additive") {
    shape->inseparable.clear();
    shape->still_known = "the loss inside the range of the runs";
  }
  return shape;
}

/// A design away from the fit.
struct Apart {
  Eigen::VectorXd theta;
  Design design;
};

/// What is free, what is known all the same and what would mend it.
/// @param doubtful  terms that end at zero, in the fit or in refits
void explain(const Form& form,
             const Decision& decision,
             const std::vector<std::string>& doubtful,
             const Apart& apart,
             const WeightedInputs& design,
             double residual_scale,
             Identifiability& result) {
  const std::string weakest = weakest_direction(form, apart.design);
  if (const auto shape = shape_of(form, design.inputs)) {
    result.free_combinations.push_back(
        (shape->inseparable.empty() ? weakest : shape->inseparable) +
        " cannot be separated: " + shape->sentence);
    result.still_known = shape->still_known;
  } else {
    result.free_combinations.push_back(
        doubtful.empty()
            ? weakest + " cannot be separated well by these runs"
            : join_words(doubtful) + " cannot be told from zero by these runs");
    result.still_known = "the loss inside the range of the runs";
  }
  Suggestion found =
      suggest_runs(form, decision, apart.theta, design, residual_scale);
  result.suggested_runs = std::move(found.runs);
  result.suggests_fewest = found.is_smallest;
}

/// What is typical of the named form that a formula writes out, so that the
/// verdict does not hang on how a law is called.
std::optional<Eigen::VectorXd> typical_of_twin(const Form& formula) {
  const auto forms = all_forms();
  const auto twin =
      std::find_if(forms.begin(), forms.end(), [&](const auto& f) {
        return f->formula() == formula.formula() &&
               f->coefficient_count() == formula.coefficient_count();
      });
  if (twin == forms.end()) return std::nullopt;
  Eigen::VectorXd theta = nominal_theta(formula);
  const Eigen::VectorXd typical = nominal_theta(**twin);
  for (int i = 0; i < formula.coefficient_count(); ++i) {
    for (int k = 0; k < formula.coefficient_count(); ++k) {
      if (name_of(**twin, k) == name_of(formula, i)) theta[i] = typical[k];
    }
  }
  return theta;
}

/// Where a design is judged apart from the fit. Nobody knows what is typical of
/// a formula that is none of the named forms: what it was fitted to has to
/// serve.
Eigen::VectorXd typical_theta(const Form& form,
                              const Eigen::VectorXd& theta,
                              bool is_whole) {
  const bool is_formula = form.name() == form.formula();
  if (!is_formula) return nominal_theta(form);
  if (auto typical = typical_of_twin(form)) return *typical;
  return is_whole ? theta : nominal_theta(form);
}

/// Rank, condition and spread of the decision, at the fit and at typical
/// values. Terms that ended at zero have no say at the fit.
Apart measure(const Form& form,
              const Decision& decision,
              const Eigen::VectorXd& theta,
              const WeightedInputs& design,
              double scale,
              Identifiability& result) {
  const std::vector<int> free = free_coefficients(form);
  std::vector<int> present = free;
  for (const int j : vanished_terms(form, theta, design.inputs)) {
    if (std::erase(present, j) > 0) {
      result.vanished.push_back(name_of(form, j));
    }
  }
  const Eigen::VectorXd typical =
      typical_theta(form, theta, result.vanished.empty());
  const Design nominal = judge(form, typical, design, free);
  const Design fitted = judge(form, theta, design, present);
  const int absent = static_cast<int>(result.vanished.size());
  result.coefficients = static_cast<int>(free.size());
  result.rank = std::min(nominal.rank, fitted.rank + absent);
  result.design_condition = nominal.condition;
  result.condition = fitted.condition;
  if (result.rank < result.coefficients) return {typical, nominal};
  const auto here = spread_of(decision, theta, fitted, scale);
  const auto there = spread_of(decision, typical, nominal, scale);
  if (here && there) {
    result.sd_log_loss = std::max(here->sd_log_loss, there->sd_log_loss);
    if (decision.divides_budget()) {
      result.sd_log_params =
          std::max(here->sd_log_params, there->sd_log_params);
    }
  }
  return {typical, nominal};
}

}  // namespace

Identifiability identify(const Runs& runs,
                         const Form& form,
                         const Eigen::VectorXd& theta,
                         double residual_scale,
                         const Refits* refits) {
  const double scale = std::max(residual_scale, kLeastScale);
  const WeightedInputs design = sorted_inputs_of(runs, form);
  const Decision decision(form, design.inputs, design.budget);
  Identifiability result;
  result.distinct_runs = count_distinct(design);
  result.target = Flops(std::exp(decision.log_target()));
  const Apart apart = measure(form, decision, theta, design, scale, result);
  result.status = apply_gates(form,
                              theta,
                              runs.size(),
                              shape_of(form, design.inputs).has_value(),
                              residual_scale,
                              result);
  std::vector<std::string> doubtful = result.vanished;
  if (refits != nullptr) {
    ask_refits(form, decision, theta, *refits, doubtful, result);
  }
  if (result.status != IdentifiabilityStatus::Identified) {
    explain(form, decision, doubtful, apart, design, residual_scale, result);
  }
  return result;
}

}  // namespace isoflop
