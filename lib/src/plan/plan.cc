// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "base/root.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/predict.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

const double kLog6 = std::log(6.0);

template <class Q>
std::optional<Q> exact(const std::optional<Range<Q>>& range,
                       std::string_view name) {
  if (!range) return std::nullopt;
  if (!range->is_exact()) {
    throw std::invalid_argument("plan: " + std::string(name) +
                                " is a range, but must be one value; "
                                "`check` takes ranges");
  }
  return range->low;
}

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

Optimum run_of(const Law& law, Params params, Tokens tokens) {
  return {
      train_flops(params, tokens), params, tokens, law.loss(params, tokens)};
}

struct Choice {
  Optimum run;
  std::string binding;
  bool is_free = false;  ///< size and data were chosen by the law
};

/// Most tokens that the unique ones give; infinite when not limited.
Tokens most_tokens(const Scenario& scenario) {
  const auto unique = exact(scenario.unique_tokens, "unique_tokens");
  return unique ? *unique * scenario.useful_epochs()
                : Tokens(std::numeric_limits<double>::infinity());
}

/// The scenario with the passes that the law leaves open: one that weighs
/// repeats decides on them itself, unless there is a bound.
Scenario with_open_epochs(Scenario scenario, const Law& law) {
  if (!scenario.max_epochs && law.form->input_index(kUniqueTokens.name)) {
    scenario.max_epochs = std::numeric_limits<double>::infinity();
  }
  return scenario;
}

/// Caps the data of a choice at what the unique tokens give.
Choice within_data(const Law& law, const Scenario& scenario, Choice choice) {
  const Tokens most = most_tokens(scenario);
  if (choice.run.tokens <= most) return choice;
  // The whole budget goes into size, which lowers the loss further.
  const Params params =
      choice.is_free ? params_for(choice.run.flops, most) : choice.run.params;
  return {run_of(law, params, most), "data.unique_tokens", choice.is_free};
}

/// Caps the size that the law chose at what serving allows; the rest of the
/// budget goes into data as far as they reach.
Choice within_serving(const Law& law, const Scenario& scenario, Choice choice) {
  const auto most = size_budget(scenario, "plan");
  if (!most || choice.run.params <= most->params) return choice;
  const Tokens paid = tokens_for(choice.run.flops, most->params);
  const Tokens tokens = std::min(paid, most_tokens(scenario));
  return {run_of(law, most->params, tokens),
          tokens < paid ? most->key + ", data.unique_tokens" : most->key};
}

Optimum require_optimum(const std::optional<Optimum>& found) {
  if (!found) {
    throw std::invalid_argument(
        "plan: no budget from 150 to 1e40 FLOP makes this optimal under the "
        "law");
  }
  return *found;
}

Choice choose(const Law& law, const Scenario& scenario) {
  const auto flops = exact(scenario.flops, "flops");
  const auto params = exact(scenario.params, "params");
  const auto tokens = exact(scenario.tokens, "tokens");
  if (params && tokens) {
    const Optimum run = run_of(law, *params, *tokens);
    if (flops && std::abs(run.flops / *flops - 1.0) > 0.01) {
      throw std::invalid_argument(
          "plan: flops is " + format_quantity(*flops) + ", but 6 x " +
          format_quantity(*params) + " params x " + format_quantity(*tokens) +
          " tokens is " + format_quantity(run.flops) + "; give two of three");
    }
    return {run, "model.params, data.tokens"};
  }
  if (flops && params) {
    return within_data(law,
                       scenario,
                       {run_of(law, *params, tokens_for(*flops, *params)),
                        "budget.flops, model.params"});
  }
  if (flops && tokens) {
    return {run_of(law, params_for(*flops, *tokens), *tokens),
            "budget.flops, data.tokens"};
  }
  if (flops) {
    const Choice best{optimum(law, *flops), "budget.flops", true};
    return within_serving(law, scenario, within_data(law, scenario, best));
  }
  if (params) {
    return within_data(
        law,
        scenario,
        {require_optimum(optimum_for_params(law, *params)), "model.params"});
  }
  if (tokens) {
    return {require_optimum(optimum_for_tokens(law, *tokens)), "data.tokens"};
  }
  throw std::invalid_argument(
      "plan: nothing is given; needs flops, params or tokens, or another "
      "budget and an accelerator");
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
std::optional<Finding> data_wall(const Plan& plan, Tokens most) {
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
  const Optimum best = optimum(plan.law, run.flops);
  const double waste = alternative(plan.law, run, 1.0).compute_waste;
  return Finding{
      "plan.data-wall",
      Severity::Warning,
      "the unique tokens hold the plan at " + format_quantity(run.tokens) +
          " tokens: the same loss would need " +
          format_number(100.0 / (1.0 + waste), 3) +
          " % of the compute on more data",
      "with " + format_quantity(best.tokens) +
          " tokens this compute gives loss " +
          format_number(best.loss.value(), 4),
      {{"compute_waste", waste}, {"tokens_optimal", best.tokens.value()}}};
}

/// What the run costs where the scenario asks for it.
void add_cost(Plan& plan) {
  const Optimum& run = plan.run;
  plan.cost = run_cost(plan.scenario, run.params, run.tokens, "plan");
  for (const Finding& finding : plan.cost.findings) {
    plan.findings.push_back(finding);
  }
  plan.versus = compare_accelerators(
      plan.scenario, run.flops, plan.options.versus, "plan");
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
  Scenario middle = with_open_epochs(scenario, law);
  if (middle.unique_tokens) {
    middle.unique_tokens = middle.unique_tokens->middle();
  }
  middle = with_compute_budget(middle, "plan");
  return choose(bind_scenario(law, middle, "plan"), middle).run;
}

Plan plan(const Law& given, const Scenario& asked, const PlanOptions& options) {
  validate(asked, "plan");
  validate(options, "plan");
  const auto budget = compute_budget(asked, "plan");
  const Scenario scenario =
      with_open_epochs(with_compute_budget(asked, "plan"), given);
  const Law law = bind_scenario(given, scenario, "plan");
  Plan result;
  result.law = law;
  result.scenario = asked;
  result.options = options;
  const std::optional<Finding> doubt = doubt_of(law, options);
  if (doubt) result.findings.push_back(*doubt);
  if (doubt && doubt->severity == Severity::Error) return result;
  const Choice choice = choose(law, scenario);
  result.is_answered = true;
  result.run = choice.run;
  result.binding = choice.binding;
  constexpr std::string_view kFlopsKey = "budget.flops";
  if (const auto at = result.binding.find(kFlopsKey);
      budget && at != std::string::npos) {
    result.binding.replace(at, kFlopsKey.size(), budget->key);
  }
  if (const auto unique = exact(scenario.unique_tokens, "unique_tokens")) {
    result.epochs = result.run.tokens / *unique;
  }
  const Tokens most = most_tokens(scenario);
  if (choice.is_free && law.has_draws()) {
    add_intervals(
        optimum_estimate(law, result.run.flops, options.level), most, result);
  }
  const Prediction prediction =
      predict(law, result.run.params, result.run.tokens, {options.level});
  if (law.is_forecast()) result.run.loss = Nats(prediction.value);
  result.loss_nats = prediction.interval;
  result.extrapolation = prediction.extrapolation;
  for (const Finding& finding : prediction.findings) {
    if (!doubt || finding.code != doubt->code) {
      result.findings.push_back(finding);
    }
  }
  for (Finding& note : law_notes(given)) {
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
  if (auto wall = data_wall(result, most)) {
    result.findings.push_back(*std::move(wall));
  }
  add_cost(result);
  return result;
}

}  // namespace isoflop
