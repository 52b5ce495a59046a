// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <variant>

#include "isoflop/base/suggest.h"
#include "isoflop/laws/predict.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/plan/lifetime.h"
#include "isoflop/units/text.h"
#include "laws/no_optimum.h"
#include "plan/choice.h"
#include "plan/choices.h"
#include "plan/cluster.h"
#include "plan/decision.h"
#include "plan/downstream.h"
#include "plan/mixture.h"
#include "plan/neighbours.h"
#include "plan/size_verdict.h"
#include "plan/synthetic.h"

namespace isoflop {
namespace {

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

/// Data that bind: a size that only their lack makes right.
std::optional<Finding> data_wall(const Plan& plan, const Law& given) {
  if (plan.binding != "data.unique_tokens") return std::nullopt;
  const Optimum& run = plan.run;
  const TrainingCompute compute(plan.scenario);
  // Against new tokens, not against more passes.
  const Law fresh = with_unique_tokens(
      law_of_model(given, plan.scenario, "plan"), std::nullopt, "plan");
  const Optimum best = compute.best(fresh, run.flops);
  Optimum worth = run;
  worth.tokens =
      tokens_for_loss(fresh, run.params, run.loss).value_or(run.tokens);
  const double waste = alternative(fresh, compute, worth, 1.0).compute_waste;
  std::string remedy = "with " + format_quantity(best.tokens) +
                       " tokens this compute gives loss " +
                       format_number(best.loss.value(), 4);
  // Passes are capped: a law that weighs them takes more, and a smaller model.
  if (!is_mixture(plan.scenario) &&
      plan.law.form->name() != "data_constrained") {
    const Law weighs =
        bind_scenario(published_law("muennighoff2023"), plan.scenario, "plan");
    const Optimum repeated = compute.best(weighs, run.flops);
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
  Scenario wanted;  ///< with the loss of a target_error, passes as they are
};

/// Codes of the bounds that a run may miss.
bool is_bound(const std::string& code) {
  constexpr std::string_view kBounds[] = {"plan.unreachable-loss",
                                          "plan.over-budget",
                                          "plan.not-on-time",
                                          "plan.does-not-fit",
                                          "plan.too-slow",
                                          "plan.too-expensive"};
  return std::find(std::begin(kBounds), std::end(kBounds), code) !=
         std::end(kBounds);
}

/// What the errors among the findings, those of the cost beside, make of it.
void judge(Plan& plan) {
  plan.verdict = plan.is_answered ? PlanVerdict::Plan : PlanVerdict::NoPlan;
  plan.missed.clear();
  if (!plan.is_answered) return;
  bool fails = false;
  for (const std::vector<Finding>* found :
       {&plan.findings, &plan.cost.findings}) {
    for (const Finding& finding : *found) {
      if (finding.severity != Severity::Error) continue;
      fails = true;
      if (!is_bound(finding.code)) continue;
      if (std::find(plan.missed.begin(), plan.missed.end(), finding.code) ==
          plan.missed.end()) {
        plan.missed.push_back(finding.code);
      }
    }
  }
  if (fails) plan.verdict = PlanVerdict::DoNotTrain;
  if (!plan.missed.empty()) plan.verdict = PlanVerdict::Infeasible;
}

/// What `check` would hold against the size and the data of a plan.
void add_size_findings(const Law& given,
                       const Supplied& supplied,
                       const Scenario& asked,
                       Plan& plan) {
  const bool is_best = supplied.choice.is_free && !asked.risk;
  // What is best on new tokens has nothing to be held against.
  if (is_best && !asked.unique_tokens) return;
  Scenario data = asked;
  data.unique_tokens = supplied.scenario.unique_tokens;
  plan.findings = size_findings(given, data, plan.run);
}

Point point_of(const Law& given,
               const Scenario& original,
               std::string_view owner) {
  require_exact(original, owner);
  Settled choice_of_keys = settled(given, original, owner);
  const Scenario asked = with_target_loss(choice_of_keys.scenario, given);
  require_goal(asked, owner);
  require_supply(asked, owner);
  const auto budget = compute_budget(asked, owner);
  const Scenario scenario =
      with_open_epochs(with_compute_budget(asked, owner), given);
  Point point;
  Plan& plan = point.plan;
  plan.law = bind_scenario(given, scenario, owner);
  plan.form = given.form;
  plan.scenario = choice_of_keys.scenario;
  plan.choices = std::move(choice_of_keys.choices);
  point.wanted = scenario;
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
  plan.minimised = !scenario.target_loss ? "loss"
                   : choice->is_usd      ? "usd"
                                         : "flops";
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
  add_size_findings(given, *supplied, asked, plan);
  judge(plan);
  return point;
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

/// Loss and error that the law predicts, and what is to be known of it.
void add_prediction(const Law& given,
                    const std::optional<Finding>& doubt,
                    Plan& plan) {
  const Prediction prediction = prediction_of(given, plan);
  plan.downstream = prediction.downstream;
  if (plan.law.is_forecast()) plan.run.loss = Nats(prediction.value);
  plan.loss_nats = prediction.interval;
  plan.widening = prediction.widening;
  plan.extrapolation = prediction.extrapolation;
  for (const Finding& finding : prediction.findings) {
    if (!doubt || finding.code != doubt->code) {
      plan.findings.push_back(finding);
    }
  }
  // Of a mixture the experts are known: only the bound law leaves them out.
  const bool mixes = is_mixture(plan.scenario);
  for (Finding& note : law_notes(mixes ? plan.law : given)) {
    plan.findings.push_back(std::move(note));
  }
}

/// The largest size that the scenario's bounds let pass; of a size that is
/// given none is asked for.
Params most_params(const Plan& plan) {
  constexpr Params kAny{std::numeric_limits<double>::infinity()};
  if (given_size(plan.scenario)) return kAny;
  const auto most = size_budget(plan.scenario, "plan");
  return most ? std::max(most->params, plan.run.params) : kAny;
}

/// Where the optimum lies over the draws, and what lies beside the run.
void add_surroundings(const Law& given, Point& point) {
  Plan& plan = point.plan;
  const Law& law = plan.law;
  const Tokens most = point.most_tokens;
  const Params largest = most_params(plan);
  const TrainingCompute compute(plan.scenario);
  if (point.is_free && law.has_draws()) {
    add_intervals(optimum_estimate(
                      compute.shaped(law), plan.run.flops, plan.options.level),
                  compute,
                  most,
                  plan);
  }
  for (const double factor : {0.25, 0.5, 2.0, 4.0}) {
    SizeAlternative other = alternative(law, compute, plan.run, factor);
    if (other.tokens <= most && other.params <= largest) {
      plan.alternatives.push_back(other);
    }
  }
  plan.flat_params = flat_range(law, compute, plan.run);
  if (plan.flat_params) {
    const double least = std::isfinite(most.value())
                             ? compute.params(plan.run.flops, most).value()
                             : 0.0;
    plan.flat_params->low = std::max(plan.flat_params->low, least);
    plan.flat_params->high = std::min(plan.flat_params->high, largest.value());
    if (plan.flat_params->low >= plan.flat_params->high) {
      plan.flat_params.reset();
    }
  }
  if (auto wall = data_wall(plan, given)) {
    plan.findings.push_back(*std::move(wall));
  }
}

}  // namespace

std::optional<Optimum> optimum_for_params(const Law& law, Params params) {
  return TrainingCompute().best_for(law, params);
}

std::optional<Optimum> optimum_for_tokens(const Law& law, Tokens tokens) {
  return TrainingCompute().best_for(law, tokens);
}

Optimum planned_run(const Law& law, const Scenario& scenario) {
  return planned_supply(law, scenario).choice.run;
}

Plan plan_point(const Law& law, const Scenario& scenario) {
  return point_of(law, scenario, "plan").plan;
}

namespace {

/// No plan, and what the law's own findings say of that.
Plan refused_by(const Law& given,
                const Scenario& asked,
                const PlanOptions& options,
                const std::optional<Finding>& doubt) {
  Plan refused;
  refused.law = given;
  refused.scenario = asked;
  refused.options = options;
  refused.findings = law_warnings(given);
  if (doubt) refused.findings.push_back(*doubt);
  return refused;
}

Plan answer_to(const Law& given,
               const Scenario& asked,
               const PlanOptions& options,
               const std::optional<Finding>& doubt) {
  Point point = point_of(given, asked, "plan");
  Plan& result = point.plan;
  result.options = options;
  if (doubt) result.findings.push_back(*doubt);
  if (!result.is_answered) return result;
  add_prediction(given, doubt, result);
  add_surroundings(given, point);
  add_decision(given, point.wanted, result);
  for (const Finding& finding : result.cost.findings) {
    result.findings.push_back(finding);
  }
  const Flops beside = result.synthetic ? result.synthetic->flops : Flops(0.0);
  result.versus = compare_accelerators(
      result.scenario, result.run.flops + beside, options.versus, "plan");
  judge(result);
  return std::move(result);
}

}  // namespace

Plan plan(const Law& given, const Scenario& asked, const PlanOptions& options) {
  validate(asked, "plan");
  validate(options, "plan");
  // Whatever else is doubtful: says why there is nothing to plan with.
  if (!answers_size_and_data(*given.form)) bind_inputs(given.form, {}, "plan");
  const std::optional<Finding> doubt = doubt_of(given, options);
  if (doubt && doubt->severity == Severity::Error) {
    return refused_by(given, asked, options, doubt);
  }
  try {
    return answer_to(given, asked, options, doubt);
  } catch (const NoOptimum& none) {
    Plan refused = refused_by(given, asked, options, doubt);
    refused.findings.push_back(none.finding());
    return refused;
  }
}

}  // namespace isoflop
