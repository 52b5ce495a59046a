// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/report/text.h"
#include "report/cost_parts.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

/// What sets the plan; of data that are used up, by how many passes.
std::string set_by(const Plan& plan) {
  const bool is_by_default =
      !plan.scenario.max_epochs &&
      plan.binding.find("data.unique_tokens") != std::string::npos;
  if (!is_by_default) return plan.binding;
  return plan.binding + " at " + format_number(Scenario::kUsefulEpochs, 2) +
         " passes, the default of data.max_epochs";
}

std::string run_table(const Plan& plan) {
  TextTable table("lrl");
  const std::string head =
      plan.loss_nats
          ? format_number(100 * plan.options.level, 3) + " % interval"
          : "";
  table.add({"", "plan", head});
  table.add({"params",
             format_quantity(plan.run.params),
             interval_text(plan.params, ParamsTag::unit)});
  if (plan.total_params) {
    table.add({"with all experts", format_quantity(*plan.total_params), ""});
  }
  table.add({"tokens",
             format_quantity(plan.run.tokens),
             interval_text(plan.tokens, TokensTag::unit)});
  table.add({"tokens/param",
             format_number(plan.run.tokens_per_param(), 3),
             interval_text(plan.tokens_per_param)});
  if (plan.epochs > 0) {
    table.add({"epochs", format_number(plan.epochs, 3), ""});
  }
  table.add({"loss, nats",
             format_number(plan.run.loss.value(), 4),
             interval_text(plan.loss_nats, 4)});
  table.add({"FLOP", format_quantity(plan.run.flops), ""});
  return table.str();
}

std::string alternatives_table(const Plan& plan) {
  TextTable table("rrrrrr");
  table.add({"size", "params", "tokens", "loss", "regret", "compute wasted"});
  for (const SizeAlternative& other : plan.alternatives) {
    table.add({"x " + format_number(other.size_factor, 2),
               format_quantity(other.params),
               format_quantity(other.tokens),
               format_number(other.loss.value(), 4),
               format_number(other.loss_regret_nats, 2),
               percent(other.compute_waste, 2)});
  }
  return table.str();
}

/// The verdict, in capitals.
std::string head_of(const Plan& plan) {
  switch (plan.verdict) {
    case PlanVerdict::Plan:
      return "PLAN   ";
    case PlanVerdict::DoNotTrain:
      return "DO NOT TRAIN   ";
    case PlanVerdict::Infeasible:
      return "INFEASIBLE   ";
    case PlanVerdict::NoPlan:
      return "NO PLAN   ";
  }
  return {};
}

/// What a plan for a loss makes least.
std::string minimised_text(const Plan& plan) {
  if (plan.minimised == "loss") return {};
  const bool lives = plan.scenario.minimise == Goal::LifetimeCost;
  return wrap(std::string("least ") +
                  (plan.minimised == "usd" ? "dollars" : "FLOP") + " of " +
                  (lives ? "training and serving" : "training"),
              2);
}

}  // namespace

std::string to_text(const Plan& plan) {
  if (!plan.is_answered) {
    std::string text = "NO PLAN\n";
    for (const Finding& finding : plan.findings) {
      text += wrap(printable(finding.message), 2);
    }
    return text;
  }
  std::string text = head_of(plan) + format_quantity(plan.run.params) +
                     (plan.total_params ? " active" : "") + " params on " +
                     format_quantity(plan.run.tokens) + " tokens, loss " +
                     format_number(plan.run.loss.value(), 4) + ",";
  const std::string under = " under " + printable(plan.law.id) + "\n";
  constexpr std::size_t kColumns = 80;
  if (text.size() + under.size() > kColumns + 1) text += "\n ";
  text += under;
  if (plan.verdict == PlanVerdict::DoNotTrain) {
    for (const Finding& finding : plan.findings) {
      if (finding.severity != Severity::Error) continue;
      text += wrap(printable(finding.message), 2);
      if (!finding.remedy.empty()) {
        text += wrap("-> " + printable(finding.remedy), 2);
      }
      break;
    }
  }
  if (!plan.missed.empty()) {
    text += wrap("misses " + join_words(plan.missed), 2);
  }
  text += "\n" + run_table(plan) + "\n" + wrap("set by: " + set_by(plan), 2) +
          minimised_text(plan) + flops_rule_text(plan.scenario, plan.cost);
  if (!plan.law.has_draws()) {
    text += wrap("no intervals: the law comes without draws", 2);
  }
  if (plan.widening > 1.0) {
    text +=
        wrap("the interval of the loss is " + widening_words(plan.widening), 2);
  }
  if (plan.flat_params) {
    text += wrap("within 0.1 % of this loss: " +
                     interval_text(plan.flat_params, ParamsTag::unit) +
                     " params at the same compute",
                 2);
  }
  if (plan.extrapolation && *plan.extrapolation > 1.0) {
    text += wrap("compute is " + format_number(*plan.extrapolation, 2) +
                     " times the largest run behind the law",
                 2);
  }
  text += synthetic_text(plan.synthetic, plan.run.flops) +
          sensitivity_text(plan) + risk_text(plan) +
          cost_over_draws_text(plan.cost_over_draws) +
          choices_text(plan.choices) + cost_text(plan.cost) +
          versus_text(plan.versus) + frontier_text(plan);
  return text + "\nOther sizes at the same compute\n" +
         alternatives_table(plan);
}

}  // namespace isoflop
