// SPDX-License-Identifier: Apache-2.0
#include "plan/choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/run_cost.h"
#include "isoflop/units/text.h"
#include "laws/no_optimum.h"
#include "plan/cluster.h"
#include "plan/contradiction.h"
#include "plan/draws.h"
#include "plan/loss_choice.h"
#include "plan/mixture.h"
#include "plan/valley.h"

namespace isoflop {
namespace {

/// A search may end at a bound but for rounding: then the bound binds.
constexpr double kInside = 1.0 - 1e-12;

/// Caps the data of a choice at what the unique tokens give.
Choice within_data(const Law& law, const Scenario& scenario, Choice choice) {
  const Tokens most = most_tokens(scenario);
  if (choice.run.tokens <= most * kInside) return choice;
  // The whole budget goes into size, which lowers the loss further.
  const TrainingCompute compute(scenario);
  const Params params = choice.is_free ? compute.params(choice.run.flops, most)
                                       : choice.run.params;
  return {
      run_of(law, compute, params, most), "data.unique_tokens", choice.is_free};
}

/// Caps the size that the law chose at what the bounds on it allow; the rest
/// of the budget goes into data as far as they reach.
Choice within_size(const Law& law,
                   const Scenario& scenario,
                   const std::optional<SizeBudget>& most,
                   Choice choice) {
  if (!most || choice.run.params <= most->params * kInside) return choice;
  const TrainingCompute compute(scenario);
  const Tokens paid = compute.tokens(choice.run.flops, most->params);
  const Tokens tokens = std::min(paid, most_tokens(scenario));
  return {run_of(law, compute, most->params, tokens),
          tokens < paid ? most->key + ", data.unique_tokens" : most->key};
}

/// ln N of least risk at a budget, between what data and serving allow.
double log_params_of_least_risk(const Law& law,
                                const Scenario& scenario,
                                Flops flops,
                                const std::optional<SizeBudget>& most) {
  constexpr int kCells = 16;
  constexpr double kWidth = 1e-6;
  const DrawLosses draws(law);
  const TrainingCompute compute(scenario);
  const double log_flops = std::log(flops.value());
  const auto hull =
      DrawLosses(compute.shaped(law)).optimal_log_params(log_flops);
  if (!hull) fail("plan", "risk: the law's draws have no optimal size");
  // Each draw is best at its own size and worse on either side of it.
  const Tokens data = most_tokens(scenario);
  const double least = std::isfinite(data.value())
                           ? std::log(compute.params(flops, data).value())
                           : -std::numeric_limits<double>::infinity();
  const double high = most ? std::log(most->params.value()) : hull->high;
  return lowest(
      [&](double log_params) {
        return draws.measure(*scenario.risk,
                             log_params,
                             compute.log_tokens(log_flops, log_params));
      },
      std::min(std::max(hull->low, least), high),
      std::max(std::min(hull->high, high), std::min(least, high)),
      kCells,
      kWidth);
}

/// Size and data at a budget: optimal, or of least risk.
Choice choose_free(const Law& law,
                   const Scenario& scenario,
                   Flops flops,
                   const std::optional<SizeBudget>& most) {
  Choice best{{}, "budget.flops", true};
  const TrainingCompute compute(scenario);
  if (has_risk(scenario)) {
    const Params params(
        std::exp(log_params_of_least_risk(law, scenario, flops, most)));
    best.run = run_of(law, compute, params, compute.tokens(flops, params));
    best.run.flops = flops;
  } else {
    best.run = compute.best(law, flops);
  }
  return within_size(
      law, scenario, most, within_data(law, scenario, std::move(best)));
}

/// The run in which a size, or data, is optimal.
template <class Q>
Optimum optimal_at(const Law& law, const TrainingCompute& compute, Q given) {
  if (auto found = compute.best_for(law, given)) return *found;
  throw NoOptimum(
      "plan",
      "no budget from 150 to 1e40 FLOP makes this optimal under the law");
}

/// Demands that not even the smallest model meets.
Finding unservable(const Scenario& scenario, const SizeBudget& most) {
  constexpr Params kSmallest{1e6};
  const RunCost cost = run_cost(scenario, kSmallest, Tokens(1.0), "plan");
  for (const Finding& finding : cost.findings) {
    if (finding.severity != Severity::Error ||
        !(finding.code == "plan.too-slow" ||
          finding.code == "plan.too-expensive")) {
      continue;
    }
    Finding error = finding;
    error.message = "no model meets " + most.key + ": " + finding.message;
    error.remedy = "relax " + most.key + ", or serve on another accelerator";
    return error;
  }
  fail("plan", "no model meets " + most.key);
}

}  // namespace

Optimum run_of(const Law& law,
               const TrainingCompute& compute,
               Params params,
               Tokens tokens) {
  return {
      compute.flops(params, tokens), params, tokens, law.loss(params, tokens)};
}

bool has_risk(const Scenario& scenario) {
  return scenario.risk && !scenario.risk->is_point();
}

Tokens most_tokens(const Scenario& scenario) {
  const auto unique = given(scenario.unique_tokens);
  return unique ? *unique * scenario.useful_epochs()
                : Tokens(std::numeric_limits<double>::infinity());
}

Scenario with_open_epochs(Scenario scenario, const Law& law) {
  if (!scenario.max_epochs && law.form->input_index(kUniqueTokens.name)) {
    scenario.max_epochs = Range(std::numeric_limits<double>::infinity());
  }
  return scenario;
}

Scenario without_goal(Scenario scenario) {
  scenario.minimise.reset();
  scenario.target_loss.reset();
  scenario.target_error.reset();
  // What is served weighs on a life's FLOP without a device to serve on.
  if (!scenario.accelerator && !scenario.serving_accelerator) {
    scenario.serving_tokens.reset();
  }
  return scenario;
}

void require_generator(const Scenario& scenario, std::string_view owner) {
  if (!scenario.generator_params) {
    if (scenario.acceptance || scenario.verifier_params) {
      fail(owner, "acceptance and verifier_params need generator_params");
    }
  } else if (!scenario.unique_tokens) {
    fail(owner, "generator_params needs unique_tokens");
  }
}

void require_supply(const Scenario& scenario, std::string_view owner) {
  require_generator(scenario, owner);
  if (!scenario.generator_params) return;
  if (scenario.target_loss && !scenario.tokens) return;
  const bool has_budget =
      scenario.flops || scenario.usd || scenario.days || scenario.energy;
  if (!has_budget || scenario.tokens) {
    fail(owner,
         "generator_params needs a budget or a loss to reach, and no tokens");
  }
}

void require_goal(const Scenario& scenario, std::string_view owner) {
  const auto size = scenario.active_params && is_mixture(scenario)
                        ? *scenario.active_params
                        : scenario.params.value_or(Range<Params>());
  if (scenario.max_params && size.high > scenario.max_params->low) {
    const bool is_active = scenario.active_params && is_mixture(scenario);
    fail_on_keys(scenario,
                 owner,
                 {is_active ? "model.active_params" : "model.params",
                  "model.max_params"},
                 "the size is given as " + format_quantity(size.high) +
                     " params, above max_params");
  }
  require_generator(scenario, owner);
  const bool for_loss = scenario.minimise && *scenario.minimise != Goal::Loss;
  if (for_loss && !scenario.target_loss) {
    fail(owner,
         "minimise " + std::string(to_string(*scenario.minimise)) +
             " needs target_loss, the loss to reach");
  }
  if (!scenario.target_loss) return;
  if (scenario.minimise == Goal::Loss) {
    fail_on_keys(scenario,
                 owner,
                 {"goal.minimise", "goal.loss"},
                 "minimise loss contradicts target_loss; leave one out");
  }
  if (given_size(scenario) && scenario.tokens) {
    fail_on_keys(scenario,
                 owner,
                 {"model.params", "data.tokens", "goal.loss"},
                 "params and tokens set the loss, and so does target_loss; "
                 "leave one open");
  }
  if (scenario.minimise == Goal::LifetimeCost && !scenario.serving_tokens) {
    fail(owner, "minimise lifetime_cost needs serving_tokens");
  }
}

std::variant<Choice, Finding> choose(const Law& given_law,
                                     const Scenario& scenario) {
  const Law law = bind_scenario(given_law, scenario, "plan");
  if (has_risk(scenario) && !law.has_draws()) {
    fail("plan",
         "risk " + to_string(*scenario.risk) + " needs a law with draws, and " +
             law.id + " has none; besiroglu2024 and fitted laws have");
  }
  const bool is_open =
      scenario.target_loss ||
      (scenario.flops && !given_size(scenario) && !scenario.tokens);
  const auto most =
      is_open ? size_budget(scenario, "plan") : std::optional<SizeBudget>();
  if (most && !(most->params.value() > 0.0)) return unservable(scenario, *most);
  if (scenario.target_loss) {
    return choose_for_loss(given_law, scenario, most);
  }
  const auto flops = given(scenario.flops);
  const auto params = given_size(scenario);
  const auto tokens = given(scenario.tokens);
  const TrainingCompute compute(scenario);
  if (params && tokens) {
    const Optimum run = run_of(law, compute, *params, *tokens);
    if (flops && std::abs(run.flops / *flops - 1.0) > 0.01) {
      fail_on_keys(scenario,
                   "plan",
                   {"budget.flops", "model.params", "data.tokens"},
                   "flops is " + format_quantity(*flops) + ", but " +
                       (compute.is_six_n() ? "6 x " : "training ") +
                       format_quantity(*params) + " params x " +
                       format_quantity(*tokens) + " tokens is " +
                       format_quantity(run.flops) + "; give two of three");
    }
    return Choice{run, "model.params, data.tokens"};
  }
  if (flops && params) {
    return within_data(
        law,
        scenario,
        {run_of(law, compute, *params, compute.tokens(*flops, *params)),
         "budget.flops, model.params"});
  }
  if (flops && tokens) {
    return Choice{
        run_of(law, compute, compute.params(*flops, *tokens), *tokens),
        "budget.flops, data.tokens"};
  }
  if (flops) return choose_free(law, scenario, *flops, most);
  if (params) {
    return within_data(
        law, scenario, {optimal_at(law, compute, *params), "model.params"});
  }
  if (tokens) {
    return Choice{optimal_at(law, compute, *tokens), "data.tokens"};
  }
  throw std::invalid_argument(
      "plan: nothing is given; needs flops, params or tokens, or another "
      "budget and an accelerator");
}

}  // namespace isoflop
