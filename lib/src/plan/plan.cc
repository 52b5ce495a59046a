// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <variant>

#include "base/root.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/predict.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/plan/lifetime.h"
#include "isoflop/units/text.h"
#include "plan/choice.h"
#include "plan/cluster.h"
#include "plan/decision.h"
#include "plan/downstream.h"
#include "plan/mixture.h"
#include "plan/synthetic.h"

namespace isoflop {
namespace {

const double kLog6 = std::log(6.0);

/// Budget at which an optimal quantity, rising with the budget, has a value.
template <class F>
std::optional<double> log_flops_where(F&& log_quantity, double wanted) {
  constexpr double kLowest = 5.0;    // ln 150 FLOP
  constexpr double kHighest = 92.0;  // ln 1e40 FLOP
  const auto gap = [&](double log_flops) {
    return log_quantity(log_flops) - wanted;
  };
  // Some laws have no optimum at the smallest and the largest budgets.
  double from = kLowest;
  double to = kHighest;
  while (from < kHighest && !std::isfinite(gap(from))) from += 1.0;
  while (to > from && !std::isfinite(gap(to))) to -= 1.0;
  const double low = gap(from);
  const double high = gap(to);
  if (!(low <= 0.0 && high >= 0.0)) return std::nullopt;
  return bracketed_root(gap, from, to, low, high);
}

SizeAlternative alternative(const Law& law,
                            const Optimum& run,
                            double size_factor) {
  SizeAlternative other;
  other.size_factor = size_factor;
  other.params = run.params * size_factor;
  other.tokens = run.tokens / size_factor;
  // Regret is the law's: it is what the size is chosen by. Of a forecast the
  // loss of the run is another, by as much as at its neighbours.
  other.loss = run.loss / law.loss(run.params, run.tokens) *
               law.loss(other.params, other.tokens);
  other.loss_regret_nats = (other.loss - run.loss).value();
  const Eigen::VectorXd theta =
      law.form->theta_from_coefficients(law.coefficients);
  other.compute_waste =
      std::expm1(std::log(run.flops.value()) -
                 log_flops_for_same_loss(*law.form,
                                         theta.data(),
                                         std::log(other.params.value()),
                                         std::log(other.tokens.value())));
  return other;
}

/// Sizes around the run, at its compute, whose loss is within 0.1 % of its.
std::optional<Interval> flat_range(const Law& law, const Optimum& run) {
  constexpr double kFlat = 1e-3;
  const Nats at_run = law.loss(run.params, run.tokens);
  const auto excess = [&](double log_factor) {
    const double factor = std::exp(log_factor);
    return law.loss(run.params * factor, run.tokens / factor) / at_run - 1.0 -
           kFlat;
  };
  Interval range;
  for (const double side : {-1.0, 1.0}) {
    double far = 0.1;
    while (excess(side * far) < 0.0 && far < 30.0) far *= 2.0;
    if (far >= 30.0) return std::nullopt;
    const double low = std::min(0.0, side * far);
    const double high = std::max(0.0, side * far);
    const double at =
        bracketed_root(excess, low, high, excess(low), excess(high));
    if (std::isnan(at)) return std::nullopt;
    (side < 0 ? range.low : range.high) = run.params.value() * std::exp(at);
  }
  return range;
}

/// The doubt in a law: an error unless its code is accepted, then a note.
std::optional<Finding> doubt_of(const Law& law, const PlanOptions& options) {
  const std::vector<std::string> known = {"fit.weak", "fit.not-identified"};
  std::optional<Finding> doubt = law_doubt(law);
  for (const std::string& accepted : options.accept) {
    if (std::find(known.begin(), known.end(), accepted) == known.end()) {
      throw std::invalid_argument("plan: accept: unknown code '" + accepted +
                                  "'" + did_you_mean(accepted, known));
    }
    if (doubt && doubt->code == accepted) doubt->severity = Severity::Note;
  }
  return doubt;
}

/// Data that bind: more tokens than useful passes give, or a size that only
/// their lack makes right.
std::optional<Finding> data_wall(const Plan& plan,
                                 const Law& given,
                                 Tokens most) {
  const Optimum& run = plan.run;
  if (run.tokens > most * (1.0 + 1e-12)) {
    return Finding{"plan.data-wall",
                   Severity::Warning,
                   format_quantity(run.tokens) + " tokens are " +
                       format_number(plan.epochs, 3) +
                       " passes over the unique ones",
                   "train on at most " + format_quantity(most),
                   {{"epochs", plan.epochs}}};
  }
  if (plan.binding != "data.unique_tokens") return std::nullopt;
  // Against new tokens, not against more passes.
  const Law fresh = with_unique_tokens(given, std::nullopt, "plan");
  const Optimum best = optimum(fresh, run.flops);
  Optimum worth = run;
  worth.tokens =
      tokens_for_loss(fresh, run.params, run.loss).value_or(run.tokens);
  const double waste = alternative(fresh, worth, 1.0).compute_waste;
  std::string remedy = "with " + format_quantity(best.tokens) +
                       " tokens this compute gives loss " +
                       format_number(best.loss.value(), 4);
  // Passes are capped: a law that weighs them takes more, and a smaller model.
  if (!is_mixture(plan.scenario) &&
      plan.law.form->name() != "data_constrained") {
    const Law weighs =
        bind_scenario(published_law("muennighoff2023"), plan.scenario, "plan");
    const Optimum repeated = optimum(weighs, run.flops);
    remedy += "; " + weighs.id + ", which weighs repeats, takes " +
              format_quantity(repeated.params) + " params on " +
              format_quantity(repeated.tokens) + " tokens";
  }
  return Finding{
      "plan.data-wall",
      Severity::Warning,
      "the unique tokens hold the plan at " + format_quantity(run.tokens) +
          " tokens: the same loss would need " +
          format_number(100.0 / (1.0 + waste), 3) +
          " % of the compute on more data",
      std::move(remedy),
      {{"compute_waste", waste}, {"tokens_optimal", best.tokens.value()}}};
}

/// The plan by the law's point.
struct Point {
  Plan plan;
  bool is_free = false;  ///< size and data were chosen by the law
  Tokens most_tokens;
  std::optional<Nats> target_loss;  ///< given, or that of the target_error
};

Point point_of(const Law& given,
               const Scenario& original,
               std::string_view owner) {
  require_exact(original, owner);
  const Scenario asked = with_target_loss(original, given);
  require_goal(asked, owner);
  require_supply(asked, owner);
  const auto budget = compute_budget(asked, owner);
  const Scenario scenario =
      with_open_epochs(with_compute_budget(asked, owner), given);
  Point point;
  Plan& plan = point.plan;
  plan.law = bind_scenario(given, scenario, owner);
  plan.form = given.form;
  plan.scenario = original;
  const auto chosen = choose_supplied(given, scenario);
  const Supplied* supplied = std::get_if<Supplied>(&chosen);
  if (supplied == nullptr) {
    plan.findings.push_back(std::get<Finding>(chosen));
    return point;
  }
  const Choice* choice = &supplied->choice;
  point.most_tokens = most_tokens(supplied->scenario);
  plan.synthetic = supplied->synthetic;
  if (plan.synthetic) {
    plan.law = bind_scenario(given, supplied->scenario, owner);
  }
  if (scenario.target_loss) point.target_loss = scenario.target_loss->middle();
  plan.is_answered = true;
  point.is_free = choice->is_free;
  plan.run = choice->run;
  if (plan.law.is_forecast()) {
    plan.run.loss =
        plan.law.discrepancy->at(plan.run.params, plan.run.tokens).loss();
  }
  plan.binding = choice->binding;
  constexpr std::string_view kFlopsKey = "budget.flops";
  if (const auto at = plan.binding.find(kFlopsKey);
      budget && at != std::string::npos) {
    plan.binding.replace(at, kFlopsKey.size(), budget->key);
  }
  if (const auto& unique = supplied->scenario.unique_tokens) {
    plan.epochs = plan.run.tokens / unique->middle();
  }
  if (is_mixture(asked)) {
    plan.total_params = total_params(asked, plan.run.params);
  }
  plan.cost = run_cost(asked,
                       plan.run.params,
                       plan.run.tokens,
                       owner,
                       plan.synthetic ? plan.synthetic->flops : Flops(0.0));
  price_synthetic(asked, plan.synthetic);
  return point;
}

/// Where the optimum lies over the law's draws, as far as the data reach.
void add_intervals(const OptimumEstimate& around, Tokens most, Plan& plan) {
  if (!around.tokens) return;
  const double cap = most.value();
  const double product = plan.run.flops.value() / 6.0;
  const Interval tokens{std::min(around.tokens->low, cap),
                        std::min(around.tokens->high, cap)};
  // The data alone decide: there is no spread to show.
  if (tokens.low == tokens.high) return;
  plan.tokens = tokens;
  plan.params = {product / tokens.high, product / tokens.low};
  plan.tokens_per_param = {tokens.low * tokens.low / product,
                           tokens.high * tokens.high / product};
}

/// What the law predicts of the run, and what its reader must know.
Prediction prediction_of(const Law& given, const Plan& plan) {
  PredictInputs inputs;
  inputs.params = plan.run.params;
  inputs.tokens = plan.run.tokens;
  if (const auto error_law = error_law_of(plan.scenario, given)) {
    inputs.downstream = plan.scenario.error_law.value_or(error_law->id);
    inputs.allow_unverified = plan.scenario.allow_unverified;
  }
  return predict(plan.law, inputs, {plan.options.level});
}

}  // namespace

std::optional<Optimum> optimum_for_params(const Law& law, Params params) {
  const auto form = bind_inputs(law.form, {}, "plan");
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  const auto log_flops = log_flops_where(
      [&](double at) { return optimal_log_params(*form, theta.data(), at); },
      std::log(params.value()));
  if (!log_flops) return std::nullopt;
  return run_of(law, params, tokens_for(Flops(std::exp(*log_flops)), params));
}

std::optional<Optimum> optimum_for_tokens(const Law& law, Tokens tokens) {
  const auto form = bind_inputs(law.form, {}, "plan");
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  const auto log_flops = log_flops_where(
      [&](double at) {
        return at - kLog6 - optimal_log_params(*form, theta.data(), at);
      },
      std::log(tokens.value()));
  if (!log_flops) return std::nullopt;
  return run_of(law, params_for(Flops(std::exp(*log_flops)), tokens), tokens);
}

Optimum planned_run(const Law& law, const Scenario& scenario) {
  return planned_supply(law, scenario).choice.run;
}

Plan plan_point(const Law& law, const Scenario& scenario) {
  return point_of(law, scenario, "plan").plan;
}

Plan plan(const Law& given, const Scenario& asked, const PlanOptions& options) {
  validate(asked, "plan");
  validate(options, "plan");
  const std::optional<Finding> doubt = doubt_of(given, options);
  if (doubt && doubt->severity == Severity::Error) {
    Plan refused;
    refused.law = given;
    refused.scenario = asked;
    refused.options = options;
    refused.findings.push_back(*doubt);
    return refused;
  }
  Point point = point_of(given, asked, "plan");
  Plan& result = point.plan;
  result.options = options;
  if (doubt) result.findings.push_back(*doubt);
  if (!result.is_answered) return result;
  const Law& law = result.law;
  const Tokens most = point.most_tokens;
  if (point.is_free && law.has_draws()) {
    add_intervals(
        optimum_estimate(law, result.run.flops, options.level), most, result);
  }
  const Prediction prediction = prediction_of(given, result);
  result.downstream = prediction.downstream;
  if (law.is_forecast()) result.run.loss = Nats(prediction.value);
  result.loss_nats = prediction.interval;
  result.extrapolation = prediction.extrapolation;
  for (const Finding& finding : prediction.findings) {
    if (!doubt || finding.code != doubt->code) {
      result.findings.push_back(finding);
    }
  }
  // Of a mixture the experts are known: only the bound law leaves them out.
  for (Finding& note : law_notes(is_mixture(asked) ? law : given)) {
    result.findings.push_back(std::move(note));
  }
  for (const double factor : {0.25, 0.5, 2.0, 4.0}) {
    if (result.run.tokens / factor > most) continue;
    result.alternatives.push_back(alternative(law, result.run, factor));
  }
  result.flat_params = flat_range(law, result.run);
  if (result.flat_params) {
    const double least = params_for(result.run.flops, most).value();
    result.flat_params->low = std::max(result.flat_params->low, least);
    if (result.flat_params->low >= result.flat_params->high) {
      result.flat_params.reset();
    }
  }
  if (auto wall = data_wall(result, given, most)) {
    result.findings.push_back(*std::move(wall));
  }
  add_decision(given, point.target_loss, result);
  for (const Finding& finding : result.cost.findings) {
    result.findings.push_back(finding);
  }
  const Flops beside = result.synthetic ? result.synthetic->flops : Flops(0.0);
  result.versus = compare_accelerators(
      asked, result.run.flops + beside, options.versus, "plan");
  return std::move(result);
}

}  // namespace isoflop
