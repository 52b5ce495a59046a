// SPDX-License-Identifier: Apache-2.0
#include "plan/loss_choice.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "isoflop/plan/lifetime.h"
#include "isoflop/units/text.h"
#include "plan/draws.h"
#include "plan/life_cost.h"
#include "plan/loss_runs.h"
#include "plan/mixture.h"
#include "units/threshold_text.h"

namespace isoflop {
namespace {

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
      text = corner.tokens_key + " of " + format_at_least(*tokens);
      finding.values.push_back({"tokens_needed", tokens->value()});
    }
  }
  if (std::isfinite(corner.bounds.most_params.value())) {
    if (const auto params =
            params_for_loss(judged.log_loss, most_tokens, loss)) {
      text += (text.empty() ? "" : " or ") + corner.params_key +
              (corner.params_key == "model.params" ? " of " : " that allow ") +
              format_at_least(*params);
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
  const auto [wanted, nearest] =
      format_apart(loss.value(), (never ? end : least).value());
  Finding finding{
      "plan.unreachable-loss",
      Severity::Error,
      never ? "a loss of " + wanted + " is not above " + nearest +
                  ", where the law ends at any size and data"
            : "no run within the bounds on size, data and serving reaches a "
              "loss of " +
                  wanted + ": the least is " + nearest,
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

}  // namespace

LossRunBounds loss_bounds(const Scenario& scenario) {
  return corner_of(scenario, size_budget(scenario, "plan")).bounds;
}

std::variant<Choice, Finding> choose_for_loss(
    const Law& given_law,
    const Scenario& scenario,
    const std::optional<SizeBudget>& most) {
  constexpr Search kOverDraws{40, 1e-6};
  constexpr int kAbout = 500;
  const TrainingCompute compute(scenario);
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
    return Choice{run_of(law, compute, *params, *tokens),
                  "goal.loss, model.params"};
  }
  if (const auto tokens = given(scenario.tokens)) {
    const auto params = params_for_loss(log_loss, *tokens, loss);
    if (!params) return missed();
    return Choice{run_of(law, compute, *params, *tokens),
                  "goal.loss, data.tokens"};
  }
  const LifeCost cost(scenario, "plan");
  Search search = judged.draws ? kOverDraws : Search();
  if (cost.has_steps()) search.cells_about = kAbout;
  const auto run =
      cheapest_run(log_loss, loss, cost.function(), corner.bounds, search);
  if (!run) return missed();
  return Choice{run_of(law, compute, run->first, run->second),
                "goal.loss",
                false,
                cost.is_usd()};
}

}  // namespace isoflop
