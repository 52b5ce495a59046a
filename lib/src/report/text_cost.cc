// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "report/cost_parts.h"

#include "isoflop/base/printable.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string range_text(const Range<Share>& mfu) {
  const std::string low = format_quantity(mfu.low);
  return mfu.is_exact() ? low : low + " .. " + format_quantity(mfu.high);
}

/// A time on the clock in the unit that people would say.
std::string time_text(Seconds time) {
  constexpr double kMinute = 60.0;
  const double seconds = time.value();
  if (seconds < 2 * kMinute) return format_number(seconds, 3) + " s";
  if (seconds < 2 * kSecondsPerHour)
    return format_number(seconds / kMinute, 3) + " min";
  if (seconds < 4 * kSecondsPerDay) {
    return format_number(hours_of(time), 3) + " h";
  }
  return format_number(days_of(time).value(), 3) + " days";
}

std::string training_table(const TrainingCost& cost) {
  TextTable table("lrl");
  table.add({"training",
             "plan",
             cost.mfu.is_exact() ? "" : "over MFU " + range_text(cost.mfu)});
  const auto row = [&](const char* name,
                       double amount,
                       const std::optional<Interval>& span,
                       const Unit& unit) {
    table.add({name, format_quantity(amount, unit), interval_text(span, unit)});
  };
  row("device-hours",
      cost.device_hours.value(),
      cost.device_hours_interval,
      DeviceHoursTag::unit);
  if (cost.days) {
    row("days", cost.days->value(), cost.days_interval, DaysTag::unit);
  }
  if (cost.usd) row("USD", cost.usd->value(), cost.usd_interval, UsdTag::unit);
  if (cost.energy) {
    row("energy", cost.energy->value(), cost.energy_interval, JoulesTag::unit);
  }
  return table.str();
}

std::string training_text(const TrainingCost& cost) {
  std::string on = "on ";
  if (cost.devices) on += std::to_string(*cost.devices) + " ";
  on += printable(cost.accelerator) + ", " +
        std::string(to_string(cost.precision)) + " at an MFU of " +
        format_quantity(cost.mfu.middle());
  if (cost.usd_per_hour) {
    on += ", " + format_number(cost.usd_per_hour->value(), 3) +
          " USD an hour each";
  }
  std::string text = "\n" + training_table(cost) + "\n" + wrap(on, 2);
  if (cost.reliability) {
    const Reliability& found = *cost.reliability;
    text += wrap(
        format_quantity(found.goodput) +
            " of the time trains: " + format_number(cost.interruptions, 3) +
            " interruptions, one in " + time_text(found.between_failures) +
            "; checkpoint every " + time_text(found.checkpoint_interval),
        2);
  }
  if (cost.sharding && cost.memory && cost.device_memory) {
    text += wrap("memory: " + format_quantity(cost.memory->total()) + " of " +
                     format_quantity(*cost.device_memory) + " under " +
                     cost.sharding->text() +
                     (cost.recomputes ? ", recomputing activations" : ""),
                 2);
  }
  return text;
}

std::string serving_text(const ServingCost& cost) {
  if (!cost.decode) return "\n" + wrap("serving: not on these devices", 2);
  const Decode& speed = *cost.decode;
  std::string text = "serving on " + std::to_string(speed.devices) + " " +
                     printable(cost.accelerator) + ": at most " +
                     format_quantity(speed.per_user) +
                     " tokens/s for each of " + format_number(speed.users, 4) +
                     (speed.users == 1.0 ? " user" : " users") + ", bound by " +
                     (speed.computes ? "arithmetic" : "memory traffic");
  if (cost.usd_per_million_tokens) {
    text += "; at least " + format_quantity(*cost.usd_per_million_tokens) +
            " USD a million tokens";
  }
  if (cost.usd) text += ", " + format_quantity(*cost.usd) + " USD for all";
  return "\n" + wrap(text, 2);
}

std::string device_text(const DeviceCost& cost) {
  if (!cost.decode) {
    return wrap("on one " + printable(cost.accelerator) + ": does not fit", 2);
  }
  return wrap("on one " + printable(cost.accelerator) + ": at most " +
                  format_quantity(cost.decode->per_user) + " tokens/s, " +
                  format_quantity(cost.decode->memory) + " of memory",
              2);
}

}  // namespace

std::string flops_rule_text(const Scenario& scenario, const RunCost& cost) {
  const auto& rule = scenario.flops_rule;
  if (!rule || rule->kind == FlopsRule::Kind::SixN) return {};
  const std::string by = rule->kind == FlopsRule::Kind::Shape    ? "the shape"
                         : rule->kind == FlopsRule::Kind::Factor ? "its factor"
                                                                 : "typical";
  return wrap("FLOP by flops_rule, " + by + ": " +
                  format_number(cost.flops_over_6nd, 4) + " times 6 N D",
              2);
}

std::string cost_text(const RunCost& cost) {
  std::string text;
  if (cost.training) text += training_text(*cost.training);
  if (cost.serving) text += serving_text(*cost.serving);
  if (cost.device) {
    text += (cost.serving ? "" : "\n") + device_text(*cost.device);
  }
  if (cost.lifetime_usd) {
    text += wrap("training and serving together: " +
                     format_quantity(*cost.lifetime_usd) + " USD",
                 2);
  }
  return text;
}

std::string versus_text(const std::vector<AcceleratorAlternative>& versus) {
  if (versus.empty()) return {};
  TextTable table("lrrrr");
  table.add({"instead on", "device-hours", "USD/h", "USD", "cheaper below"});
  const auto or_dash = [](const auto& value) {
    return value ? format_quantity(*value) : std::string("-");
  };
  for (const AcceleratorAlternative& other : versus) {
    const bool is_usual = other.precision == Precision::Bf16;
    table.add(
        {printable(other.accelerator) +
             (is_usual ? "" : ":" + std::string(to_string(other.precision))),
         format_quantity(other.device_hours),
         or_dash(other.usd_per_hour),
         or_dash(other.usd),
         other.break_even_usd_per_hour
             ? format_quantity(*other.break_even_usd_per_hour) + " USD/h"
             : "-"});
  }
  return "\n" + table.str();
}

namespace {

constexpr double kNothing = 5e-7;

/// "-0.0061 nats"
std::string change_text(double nats) {
  return (nats > 0 ? "+" : "") + format_number(nats, 2) + " nats";
}

std::string power_text(double factor, double slope) {
  return (slope > 0 ? "+" : "") + percent(std::pow(factor, slope) - 1.0, 2);
}

template <class Q>
std::string dash_or(const std::optional<Q>& value) {
  return value ? format_quantity(*value) : "-";
}

}  // namespace

std::string sensitivity_text(const Plan& plan) {
  const bool for_loss = plan.loss_chance || plan.scenario.target_loss ||
                        plan.scenario.target_error;
  std::vector<std::pair<double, std::string>> effects;
  std::string goal;
  for (const Sensitivity& entry : plan.sensitivity) {
    const std::string key = entry.key.substr(entry.key.rfind('.') + 1);
    if (!entry.problem.empty()) {
      effects.emplace_back(HUGE_VAL, key + " no plan");
      continue;
    }
    if (entry.key.starts_with("goal.")) {
      goal = "; 1 % more " + key + " " +
             power_text(entry.factor, entry.flops_elasticity) + " FLOP";
      continue;
    }
    const double size =
        std::abs(for_loss ? entry.flops_elasticity : entry.loss_nats);
    if (!(size > kNothing)) continue;
    effects.emplace_back(
        size,
        key + " " +
            (for_loss
                 ? power_text(entry.factor, entry.flops_elasticity) + " FLOP"
                 : change_text(entry.loss_nats)));
  }
  if (effects.empty()) {
    return goal.empty() ? goal : wrap(goal.substr(2), 2);
  }
  std::stable_sort(effects.begin(), effects.end(), [](auto& a, auto& b) {
    return a.first > b.first;
  });
  std::string text;
  for (const auto& [size, effect] : effects) {
    text += (text.empty() ? "" : ", ") + effect;
  }
  return wrap("10 % more of: " + text + goal, 2);
}

std::string synthetic_text(const std::optional<SyntheticSupply>& known,
                           Flops training) {
  if (!known) return {};
  const SyntheticSupply& supply = *known;
  std::string price =
      format_number(supply.flops_per_token.value(), 3) + " FLOP for each kept";
  if (supply.usd_per_million_tokens) {
    price += ", at least " + format_quantity(*supply.usd_per_million_tokens) +
             " USD a million";
  }
  if (!(supply.tokens.value() > 0.0)) {
    return wrap("synthetic tokens do not pay: " + price, 2);
  }
  const double all = (supply.flops + training).value();
  const std::string without =
      supply.loss_without ? "without them the loss is " +
                                format_number(supply.loss_without->value(), 4)
      : supply.flops_without
          ? "without them training takes " +
                format_quantity(*supply.flops_without) + " FLOP"
          : "without them no run has this loss";
  return wrap(format_quantity(supply.tokens) +
                  " synthetic tokens, taken to be as good as new ones, for " +
                  percent(supply.flops.value() / all) + " of the compute (" +
                  price + "); " + without,
              2);
}

std::string risk_text(const Plan& plan) {
  std::string text;
  if (plan.downstream) {
    text += wrap(
        "downstream error " + percent(plan.downstream->error_rate) +
            (plan.downstream->interval
                 ? " (" + percent(plan.downstream->interval->low) + " .. " +
                       percent(plan.downstream->interval->high) + ")"
                 : "") +
            " by " + printable(plan.downstream->law),
        2);
  }
  if (plan.loss_chance) {
    text += wrap("this run reaches the loss in " + percent(*plan.loss_chance) +
                     " of the law's draws",
                 2);
  }
  if (!plan.risk) return text;
  const RiskView& view = *plan.risk;
  const bool is_by_point =
      !plan.scenario.risk || plan.scenario.risk->is_point();
  const std::string name = view.risk.kind == Risk::Kind::Mean
                               ? "mean loss over the draws"
                               : to_string(view.risk) + " of the loss";
  const Optimum& own = is_by_point ? view.by_point : view.by_risk;
  const Optimum& other = is_by_point ? view.by_risk : view.by_point;
  std::string line = name + " " + format_number(own.loss.value(), 4);
  constexpr double kSame = 1e-6;
  if (std::abs(other.params / own.params - 1.0) > kSame) {
    line += std::string("; planned by ") + (is_by_point ? "it" : "the point") +
            ", " + format_quantity(other.params) + " params on " +
            format_quantity(other.tokens) + " tokens, " +
            format_number(std::abs(view.regret_nats), 2) + " nats " +
            (is_by_point ? "less" : "more");
  }
  text += wrap(line, 2);
  return text;
}

std::string frontier_text(const Plan& plan) {
  const bool has_time = plan.cost.training.has_value();
  TextTable table(has_time ? "rrrrrrr" : "rrrr");
  std::vector<std::string> head = {"compute", "params", "tokens", "loss"};
  if (has_time) head.insert(head.end(), {"device-hours", "days", "USD"});
  table.add(head);
  for (const FrontierPoint& point : plan.frontier) {
    std::vector<std::string> row = {"x " + format_number(point.factor, 3),
                                    format_quantity(point.run.params),
                                    format_quantity(point.run.tokens),
                                    format_number(point.run.loss.value(), 4)};
    if (has_time) {
      row.insert(row.end(),
                 {dash_or(point.device_hours),
                  dash_or(point.days),
                  dash_or(point.usd)});
    }
    table.add(row);
  }
  std::string text = "\nLeast loss for less and more compute\n" + table.str();
  if (plan.serving_frontier.empty()) return text;
  TextTable served("rrrrrr");
  served.add({"size", "params", "tokens", "loss", "tokens/s", "USD/M tokens"});
  for (const FrontierPoint& point : plan.serving_frontier) {
    served.add({"x " + format_number(point.factor, 3),
                format_quantity(point.run.params),
                format_quantity(point.run.tokens),
                format_number(point.run.loss.value(), 4),
                dash_or(point.tokens_per_second),
                dash_or(point.usd_per_million_tokens)});
  }
  return text + "\nSmaller models at this compute, and their serving\n" +
         served.str();
}

}  // namespace isoflop
