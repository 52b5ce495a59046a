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
#include "plan/cluster.h"
#include "plan/draws.h"
#include "plan/loss_runs.h"
#include "plan/mixture.h"
#include "plan/valley.h"

namespace isoflop {
namespace {

/// A search may end at a bound but for rounding: then the bound binds.
constexpr double kInside = 1.0 - 1e-12;

bool has_risk(const Scenario& scenario) {
  return scenario.risk && !scenario.risk->is_point();
}

/// Caps the data of a choice at what the unique tokens give.
Choice within_data(const Law& law, const Scenario& scenario, Choice choice) {
  const Tokens most = most_tokens(scenario);
  if (choice.run.tokens <= most * kInside) return choice;
  // The whole budget goes into size, which lowers the loss further.
  const Params params =
      choice.is_free ? params_for(choice.run.flops, most) : choice.run.params;
  return {run_of(law, params, most), "data.unique_tokens", choice.is_free};
}

/// Caps the size that the law chose at what the bounds on it allow; the rest
/// of the budget goes into data as far as they reach.
Choice within_size(const Law& law,
                   const Scenario& scenario,
                   const std::optional<SizeBudget>& most,
                   Choice choice) {
  if (!most || choice.run.params <= most->params * kInside) return choice;
  const Tokens paid = tokens_for(choice.run.flops, most->params);
  const Tokens tokens = std::min(paid, most_tokens(scenario));
  return {run_of(law, most->params, tokens),
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
  const double log_product = std::log(flops.value() / 6.0);
  const auto hull = draws.optimal_log_params(std::log(flops.value()));
  if (!hull) fail("plan", "risk: the law's draws have no optimal size");
  // Each draw is best at its own size and worse on either side of it.
  const double least = log_product - std::log(most_tokens(scenario).value());
  const double high = most ? std::log(most->params.value()) : hull->high;
  return lowest(
      [&](double log_params) {
        return draws.measure(
            *scenario.risk, log_params, log_product - log_params);
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
  if (has_risk(scenario)) {
    const Params params(
        std::exp(log_params_of_least_risk(law, scenario, flops, most)));
    best.run = run_of(law, params, tokens_for(flops, params));
    best.run.flops = flops;
  } else {
    best.run = optimum(law, flops);
  }
  return within_size(
      law, scenario, most, within_data(law, scenario, std::move(best)));
}

Optimum require_optimum(const std::optional<Optimum>& found) {
  if (!found) {
    throw std::invalid_argument(
        "plan: no budget from 150 to 1e40 FLOP makes this optimal under the "
        "law");
  }
  return *found;
}

/// Bounds on the size and data of a run for a loss, and their keys.
struct Corner {
  LossRunBounds bounds;
  std::string params_key;
  std::string tokens_key;
};

Corner corner_of(const Scenario& scenario,
                 const std::optional<SizeBudget>& most) {
  Corner corner;
  corner.bounds.most_tokens = most_tokens(scenario);
  corner.tokens_key = "data.unique_tokens";
  if (const auto params = given_size(scenario)) {
    corner.bounds.most_params = *params;
    corner.params_key = "model.params";
  } else if (most) {
    corner.bounds.most_params = most->params;
    corner.params_key = most->key;
  }
  if (const auto tokens = given(scenario.tokens)) {
    corner.bounds.most_tokens = *tokens;
    corner.tokens_key = "data.tokens";
  }
  return corner;
}

/// The loss by which a scenario judges runs under a law; keeps the draws.
struct Judged {
  Law law;
  std::optional<DrawLosses> draws;
  LogLoss log_loss;

  Judged(const Law& given, const Scenario& scenario)
      : law(bind_scenario(given, scenario, "plan")) {
    if (has_risk(scenario)) draws.emplace(law);
    log_loss =
        draws ? log_loss_of(law, *draws, *scenario.risk) : log_loss_of(law);
  }
  Judged(const Judged&) = delete;
  Judged& operator=(const Judged&) = delete;

  double at(Params params, Tokens tokens) const {
    return std::exp(
        log_loss(std::log(params.value()), std::log(tokens.value())));
  }
};

/// Distinct tokens with which a size reaches the loss, passes as they are.
std::optional<Tokens> unique_for_loss(const Law& given,
                                      Scenario scenario,
                                      Params params) {
  constexpr int kSteps = 50;
  double low = std::log(scenario.unique_tokens->middle().value());
  double high = std::log(1e20);
  const auto reaches = [&](double log_unique) {
    scenario.unique_tokens = Tokens(std::exp(log_unique));
    const Tokens most =
        std::min(most_tokens(scenario), Tokens(std::exp(high) * 1e10));
    return Judged(given, scenario).at(params, most) <=
           scenario.target_loss->middle().value();
  };
  if (!reaches(high)) return std::nullopt;
  for (int step = 0; step < kSteps; ++step) {
    const double middle = 0.5 * (low + high);
    (reaches(middle) ? high : low) = middle;
  }
  return Tokens(std::exp(high));
}

/// Says what would have to give way for the loss, one bound at a time.
void add_relaxed(const Law& given,
                 const Judged& judged,
                 const Scenario& scenario,
                 const Corner& corner,
                 Params most_params,
                 Tokens most_tokens,
                 Finding& finding) {
  const Nats loss = scenario.target_loss->middle();
  std::string text;
  if (std::isfinite(corner.bounds.most_tokens.value())) {
    const bool is_unique = corner.tokens_key == "data.unique_tokens";
    const auto tokens =
        is_unique ? unique_for_loss(given, scenario, most_params)
                  : tokens_for_loss(judged.log_loss, most_params, loss);
    if (tokens) {
      text = corner.tokens_key + " of " + format_quantity(*tokens);
      finding.values.push_back({"tokens_needed", tokens->value()});
    }
  }
  if (std::isfinite(corner.bounds.most_params.value())) {
    if (const auto params =
            params_for_loss(judged.log_loss, most_tokens, loss)) {
      text += (text.empty() ? "" : " or ") + corner.params_key +
              (corner.params_key == "model.params" ? " of " : " that allow ") +
              format_quantity(*params);
      finding.values.push_back({"params_needed", params->value()});
    }
  }
  finding.remedy = text.empty() ? "relax the bounds on size and data together"
                                : text + " would do";
}

Finding unreachable(const Law& given,
                    const Judged& judged,
                    const Scenario& scenario,
                    const Corner& corner) {
  const Law& law = judged.law;
  constexpr double kEndless = 1e40;
  const Nats loss = scenario.target_loss->middle();
  const Params params = std::min(corner.bounds.most_params, Params(kEndless));
  const Tokens tokens = std::min(corner.bounds.most_tokens, Tokens(kEndless));
  Scenario endless = scenario;
  endless.unique_tokens.reset();
  const Nats end = irreducible_loss(bind_scenario(given, endless, "plan"));
  const Nats least(judged.at(params, tokens));
  const bool never = loss <= end;
  Finding finding{
      "plan.unreachable-loss",
      Severity::Error,
      never ? "a loss of " + format_number(loss.value(), 4) + " is not above " +
                  format_number(end.value(), 4) +
                  ", where the law ends at any size and data"
            : "no run within the bounds on size, data and serving reaches a "
              "loss of " +
                  format_number(loss.value(), 4) + ": the least is " +
                  format_number(least.value(), 4),
      "aim higher, or use another law",
      {{"target_loss", loss.value()},
       {"irreducible_loss", end.value()},
       {"least_loss", least.value()}}};
  if (!never) {
    add_relaxed(given, judged, scenario, corner, params, tokens, finding);
  }
  if (law.has_draws()) {
    const double chance =
        chance_of_loss(law, DrawLosses(law), loss, params, tokens);
    finding.message += "; it can be reached in " +
                       format_number(100 * chance, 3) + " % of the law's draws";
    finding.values.push_back({"probability", chance});
  }
  return finding;
}

/// The run that reaches a loss, cheapest in training or in its life.
std::variant<Choice, Finding> choose_for_loss(
    const Law& given_law,
    const Scenario& scenario,
    const std::optional<SizeBudget>& most) {
  constexpr Search kOverDraws{40, 1e-6};
  const Nats loss = scenario.target_loss->middle();
  const Judged judged(given_law, scenario);
  const Law& law = judged.law;
  const LogLoss& log_loss = judged.log_loss;
  const Corner corner = corner_of(scenario, most);
  const auto missed = [&] {
    return unreachable(given_law, judged, scenario, corner);
  };
  if (const auto params = given_size(scenario)) {
    const auto tokens = tokens_for_loss(log_loss, *params, loss);
    if (!tokens || *tokens > corner.bounds.most_tokens) return missed();
    return Choice{run_of(law, *params, *tokens), "goal.loss, model.params"};
  }
  if (const auto tokens = given(scenario.tokens)) {
    const auto params = params_for_loss(log_loss, *tokens, loss);
    if (!params) return missed();
    return Choice{run_of(law, *params, *tokens), "goal.loss, data.tokens"};
  }
  const bool lives = scenario.minimise == Goal::LifetimeCost;
  const auto run =
      cheapest_run(log_loss,
                   loss,
                   lives ? scenario.serving_tokens->middle() : Tokens(0.0),
                   corner.bounds,
                   judged.draws ? kOverDraws : Search());
  if (!run) return missed();
  return Choice{run_of(law, run->first, run->second), "goal.loss"};
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
  const bool has_budget =
      scenario.flops || scenario.usd || scenario.days || scenario.energy;
  if (!has_budget || scenario.tokens || scenario.target_loss) {
    fail(owner,
         "generator_params needs a budget, and neither tokens nor a loss to "
         "reach");
  }
}

void require_goal(const Scenario& scenario, std::string_view owner) {
  const auto size = scenario.active_params && is_mixture(scenario)
                        ? *scenario.active_params
                        : scenario.params.value_or(Range<Params>());
  if (scenario.max_params && size.high > scenario.max_params->low) {
    fail(owner,
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
    fail(owner, "minimise loss contradicts target_loss; leave one out");
  }
  if (given_size(scenario) && scenario.tokens) {
    fail(owner,
         "params and tokens set the loss, and so does target_loss; leave one "
         "open");
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
  if (flops) return choose_free(law, scenario, *flops, most);
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
