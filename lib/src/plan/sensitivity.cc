// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "isoflop/plan/plan.h"
#include "plan/choice.h"
#include "plan/cluster.h"
#include "plan/mixture.h"
#include "plan/neighbours.h"

namespace isoflop {
namespace {

/// A tenth more; a loss or an error that is wanted takes a hundredth.
constexpr double kTenthMore = 1.1;
constexpr double kGoalStep = 1.01;

/// The number of an option that has one.
template <class T>
std::optional<double> number_of(const T&) {
  return std::nullopt;
}
template <class Q>
std::optional<double> number_of(const std::optional<Range<Q>>& value) {
  if (!value) return std::nullopt;
  return Range<Q>::number_of(value->middle());
}

/// More of it, within the range of the option.
template <class T>
void scale(T&, double, const Bounds&) {}
template <class Q>
void scale(std::optional<Range<Q>>& value, double step, const Bounds& bounds) {
  const double high = Range<Q>::number_of(value->high);
  const double most = std::min(step, bounds.high / high);
  if constexpr (std::is_integral_v<Q>) {
    const double more = std::max(std::round(high * most), high + 1.0);
    value = Range<Q>(static_cast<Q>(std::min(more, bounds.high)));
  } else {
    value = Range<Q>(value->low * most, value->high * most);
  }
}

/// The scenario with the numbers that it takes as they are known.
Scenario with_known_numbers(Scenario scenario, const Law& law) {
  if (scenario.unique_tokens && !scenario.max_epochs &&
      !law.form->input_index(kUniqueTokens.name)) {
    scenario.max_epochs = Range(Scenario::kUsefulEpochs);
  }
  if (const auto cluster = cluster_of(scenario, "plan")) {
    scenario.mfu = cluster->utilisation.mfu;
    if (cluster->price) scenario.usd_per_hour = *cluster->price;
  }
  if (scenario.serving_accelerator) {
    const auto server = server_of(scenario, "plan");
    if (server && server->price) scenario.serving_usd_per_hour = *server->price;
  }
  return scenario;
}

Plan planned(const Law& law, const Scenario& scenario) {
  Plan made = plan_point(law, scenario);
  if (!made.is_answered) {
    throw std::invalid_argument(made.findings.front().message);
  }
  return made;
}

std::optional<Usd> usd_of(const Plan& plan) {
  return plan.cost.training ? plan.cost.training->usd : std::nullopt;
}

void compare(const Plan& before, const Plan& after, Sensitivity& result) {
  const double step = std::log(result.factor);
  const auto elasticity = [&](double from, double to) {
    return std::log(to / from) / step;
  };
  const Optimum& from = before.run;
  const Optimum& to = after.run;
  result.loss_nats = (to.loss - from.loss).value();
  result.params_elasticity = elasticity(from.params.value(), to.params.value());
  result.tokens_elasticity = elasticity(from.tokens.value(), to.tokens.value());
  result.loss_elasticity = elasticity(from.loss.value(), to.loss.value());
  result.flops_elasticity = elasticity(from.flops.value(), to.flops.value());
  const auto usd = usd_of(before);
  const auto usd_after = usd_of(after);
  if (usd && usd_after) {
    result.usd_elasticity = elasticity(usd->value(), usd_after->value());
  }
}

FrontierPoint point_of(double factor, const Optimum& run, const RunCost& cost) {
  FrontierPoint point;
  point.factor = factor;
  point.run = run;
  if (cost.training) {
    point.device_hours = cost.training->device_hours;
    point.days = cost.training->days;
    point.usd = cost.training->usd;
  }
  if (cost.serving) {
    if (cost.serving->decode) {
      point.tokens_per_second = cost.serving->decode->per_user;
    }
    point.usd_per_million_tokens = cost.serving->usd_per_million_tokens;
  } else if (cost.device && cost.device->decode) {
    point.tokens_per_second = cost.device->decode->per_user;
  }
  point.lifetime_usd = cost.lifetime_usd;
  return point;
}

/// The law by its point: copies of draws cost more than a plan.
Law bare(const Law& law) {
  Law point = law;
  point.draws.resize(0, point.draws.cols());
  return point;
}

}  // namespace

std::vector<Sensitivity> sensitivities(const Law& given,
                                       const Scenario& asked) {
  const Law law = bare(given);
  Scenario scenario = with_known_numbers(asked, law);
  scenario.risk.reset();
  const Plan before = plan_point(law, scenario);
  if (!before.is_answered) return {};
  std::vector<Sensitivity> results;
  const auto fields = Scenario::fields();
  const auto visit = [&](const auto& field) {
    const std::optional<double> value = number_of(scenario.*(field.member));
    if (!value) return;
    Scenario changed = scenario;
    const double step = field.key.starts_with("goal.") ? kGoalStep : kTenthMore;
    scale(changed.*(field.member), step, field.bounds);
    Sensitivity result;
    result.key = std::string(field.key);
    result.value = *value;
    result.factor = *number_of(changed.*(field.member)) / *value;
    if (!(result.factor > 1.0)) return;
    try {
      compare(before, planned(law, changed), result);
    } catch (const std::invalid_argument& error) {
      // Of size, data and compute all given, none can move alone.
      if (given_size(scenario) && scenario.tokens && scenario.flops &&
          (field.key == "budget.flops" || field.key == "model.params" ||
           field.key == "model.active_params" || field.key == "data.tokens")) {
        return;
      }
      result.problem = error.what();
    }
    results.push_back(std::move(result));
  };
  std::apply([&](const auto&... field) { (visit(field), ...); }, fields);
  return results;
}

std::vector<FrontierPoint> training_frontier(const Law& given,
                                             const Scenario& asked,
                                             const Optimum& run,
                                             std::optional<int> devices) {
  const Law law = bare(given);
  Scenario scenario = without_goal(asked);
  scenario.risk.reset();
  scenario.params.reset();
  scenario.active_params.reset();
  scenario.tokens.reset();
  scenario.usd.reset();
  scenario.energy.reset();
  if (scenario.accelerator && devices) {
    scenario.count = *devices;
    scenario.days.reset();
  }
  std::vector<FrontierPoint> points;
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0}) {
    scenario.flops = run.flops * factor;
    const Plan made = plan_point(law, scenario);
    if (!made.is_answered) continue;
    points.push_back(point_of(factor, made.run, made.cost));
  }
  return points;
}

std::vector<FrontierPoint> serving_frontier(const Law& law,
                                            const Scenario& scenario,
                                            const Optimum& run) {
  std::vector<FrontierPoint> points;
  if (!server_of(scenario, "plan") && !scenario.device) return points;
  const Tokens most = most_tokens(with_open_epochs(scenario, law));
  const TrainingCompute compute(scenario);
  for (const double factor : {0.125, 0.25, 0.5, 1.0}) {
    const SizeAlternative other = alternative(law, compute, run, factor);
    const Params params = other.params;
    const Tokens tokens = std::min(other.tokens, most);
    Optimum smaller = run_of(law, compute, params, tokens);
    smaller.loss = run.loss / law.loss(run.params, run.tokens) * smaller.loss;
    points.push_back(
        point_of(factor, smaller, run_cost(scenario, params, tokens, "plan")));
  }
  return points;
}

}  // namespace isoflop
