// SPDX-License-Identifier: Apache-2.0
#include "plan/choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/run_cost.h"
#include "isoflop/units/text.h"
#include "plan/cluster.h"

namespace isoflop {
namespace {

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

/// The run that reaches a loss, cheapest in training or in its life.
std::optional<Choice> choose_for_loss(const Law& law,
                                      const Scenario& scenario) {
  const Nats loss = *scenario.target_loss;
  if (const auto params = given(scenario.params)) {
    const auto tokens = tokens_for_loss(law, *params, loss);
    if (!tokens) return std::nullopt;
    return Choice{run_of(law, *params, *tokens), "goal.loss, model.params"};
  }
  if (const auto tokens = given(scenario.tokens)) {
    const auto params = params_for_loss(law, *tokens, loss);
    if (!params) return std::nullopt;
    return Choice{run_of(law, *params, *tokens), "goal.loss, data.tokens"};
  }
  LossRunBounds bounds;
  bounds.most_tokens = most_tokens(scenario);
  if (const auto most = size_budget(scenario, "plan")) {
    bounds.most_params = most->params;
  }
  const bool lives = scenario.minimise == Goal::LifetimeCost;
  const auto run =
      cheapest_lifetime(law,
                        loss,
                        lives ? scenario.serving_tokens->middle() : Tokens(0.0),
                        bounds);
  if (!run) return std::nullopt;
  return Choice{*run, "goal.loss"};
}

}  // namespace

Optimum run_of(const Law& law, Params params, Tokens tokens) {
  return {
      train_flops(params, tokens), params, tokens, law.loss(params, tokens)};
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

void require_goal(const Scenario& scenario, std::string_view owner) {
  const bool for_loss = scenario.minimise && *scenario.minimise != Goal::Loss;
  if (for_loss && !scenario.target_loss) {
    fail(owner,
         "minimise " + std::string(to_string(*scenario.minimise)) +
             " needs target_loss, the loss to reach");
  }
  if (!scenario.target_loss) return;
  if (scenario.minimise == Goal::Loss) {
    fail(owner, "minimise loss contradicts target_loss; leave one out");
  }
  if (scenario.params && scenario.tokens) {
    fail(owner,
         "params and tokens set the loss, and so does target_loss; leave one "
         "open");
  }
  if (scenario.minimise == Goal::LifetimeCost && !scenario.serving_tokens) {
    fail(owner, "minimise lifetime_cost needs serving_tokens");
  }
}

std::optional<Choice> choose(const Law& law, const Scenario& scenario) {
  if (scenario.target_loss) return choose_for_loss(law, scenario);
  const auto flops = given(scenario.flops);
  const auto params = given(scenario.params);
  const auto tokens = given(scenario.tokens);
  if (params && tokens) {
    const Optimum run = run_of(law, *params, *tokens);
    if (flops && std::abs(run.flops / *flops - 1.0) > 0.01) {
      throw std::invalid_argument(
          "plan: flops is " + format_quantity(*flops) + ", but 6 x " +
          format_quantity(*params) + " params x " + format_quantity(*tokens) +
          " tokens is " + format_quantity(run.flops) + "; give two of three");
    }
    return Choice{run, "model.params, data.tokens"};
  }
  if (flops && params) {
    return within_data(law,
                       scenario,
                       {run_of(law, *params, tokens_for(*flops, *params)),
                        "budget.flops, model.params"});
  }
  if (flops && tokens) {
    return Choice{run_of(law, params_for(*flops, *tokens), *tokens),
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
    return Choice{require_optimum(optimum_for_tokens(law, *tokens)),
                  "data.tokens"};
  }
  throw std::invalid_argument(
      "plan: nothing is given; needs flops, params or tokens, or another "
      "budget and an accelerator");
}

}  // namespace isoflop
