// SPDX-License-Identifier: Apache-2.0
// What a plan chose of values that are offered, and what its loss may cost.
#include <cmath>

#include "isoflop/base/printable.h"
#include "report/cost_parts.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

/// The key without its table.
std::string short_key(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

std::vector<std::string> row_of(const ChoiceEntry& entry) {
  std::vector<std::string> row;
  for (const std::string& value : entry.values) row.push_back(printable(value));
  if (!entry.problem.empty()) {
    row.insert(row.end(), {"-", "-", "-", "-", "no plan"});
    return row;
  }
  row.insert(row.end(),
             {format_quantity(entry.run.params),
              format_quantity(entry.run.tokens),
              format_number(entry.run.loss.value(), 4),
              entry.usd ? format_quantity(*entry.usd) : "-",
              entry.misses.empty() ? "" : entry.misses.front()});
  return row;
}

std::string beats_text(const Choices& choices) {
  const ChoiceEntry& best = choices.entries.front();
  std::string text = "chosen: ";
  for (std::size_t k = 0; k < choices.keys.size(); ++k) {
    text += (k == 0 ? "" : ", ") + short_key(choices.keys[k]) + " " +
            printable(best.values[k]);
  }
  if (!choices.beats_by) return text;
  const double next = choices.entries[1].measure;
  if (choices.measure == "loss_nats") {
    return text + "; the next best has " +
           format_number(next - best.measure, 2) + " nats more";
  }
  return text + "; the next best takes " + percent(*choices.beats_by, 2) +
         " more " + (choices.measure == "usd" ? "USD" : "FLOP");
}

/// An amount, or that there is none.
std::string amount_text(double amount, const Unit& unit) {
  return std::isfinite(amount) ? format_quantity(amount, unit) : "no bound";
}

std::string span_text(const Interval& span, const Unit& unit) {
  return amount_text(span.low, unit) + " .. " + amount_text(span.high, unit);
}

Json number_json(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json span_json(const Interval& span) {
  return Json::array({number_json(span.low), number_json(span.high)});
}

}  // namespace

std::string choices_text(const std::optional<Choices>& choices) {
  if (!choices) return {};
  constexpr std::size_t kMostShown = 8;
  TextTable table(std::string(choices->keys.size(), 'l') + "rrrrl");
  std::vector<std::string> head;
  for (const std::string& key : choices->keys) head.push_back(short_key(key));
  head.insert(head.end(), {"params", "tokens", "loss", "USD", "misses"});
  table.add(head);
  for (std::size_t i = 0; i < choices->entries.size() && i < kMostShown; ++i) {
    table.add(row_of(choices->entries[i]));
  }
  return "\n" + wrap(beats_text(*choices), 2) + table.str();
}

Json choices_json(const std::optional<Choices>& choices) {
  if (!choices) return nullptr;
  Json entries = Json::array();
  for (const ChoiceEntry& entry : choices->entries) {
    const bool is_planned = entry.problem.empty();
    const auto or_null = [&](double value) {
      return is_planned ? Json(value) : Json(nullptr);
    };
    entries.push_back(
        {{"values", entry.values},
         {"problem", is_planned ? Json(nullptr) : Json(entry.problem)},
         {"params", or_null(entry.run.params.value())},
         {"tokens", or_null(entry.run.tokens.value())},
         {"flops", or_null(entry.run.flops.value())},
         {"loss_nats", or_null(entry.run.loss.value())},
         {"measure", or_null(entry.measure)},
         {"usd", json_of(entry.usd)},
         {"misses", entry.misses}});
  }
  return {{"keys", choices->keys},
          {"measure", choices->measure},
          {"entries", std::move(entries)},
          {"beats_by", json_of(choices->beats_by)}};
}

std::string cost_over_draws_text(const std::optional<CostOverDraws>& cost) {
  if (!cost) return {};
  const std::string of = cost->risk.is_point() ? "half the law's draws"
                         : cost->risk.kind == Risk::Kind::Mean
                             ? "the mean of the law's draws"
                             : to_string(cost->risk) + " of the law's draws";
  std::string text =
      "over the draws this loss takes " +
      span_text(cost->flops, FlopsTag::unit) + " FLOP" +
      (cost->usd ? ", " + span_text(*cost->usd, UsdTag::unit) + " USD" : "") +
      "; by " + of + " " +
      (cost->usd_at_risk
           ? amount_text(cost->usd_at_risk->value(), UsdTag::unit) + " USD"
           : amount_text(cost->flops_at_risk.value(), FlopsTag::unit) +
                 " FLOP");
  if (cost->unreached > 0.0) {
    text += "; no run reaches it in " + percent(cost->unreached) + " of them";
  }
  return wrap(text, 2);
}

Json cost_over_draws_json(const std::optional<CostOverDraws>& cost) {
  if (!cost) return nullptr;
  return {{"unreached", cost->unreached},
          {"flops", span_json(cost->flops)},
          {"usd", cost->usd ? span_json(*cost->usd) : Json(nullptr)},
          {"risk", to_string(cost->risk)},
          {"flops_at_risk", number_json(cost->flops_at_risk.value())},
          {"usd_at_risk",
           cost->usd_at_risk ? number_json(cost->usd_at_risk->value())
                             : Json(nullptr)}};
}

}  // namespace isoflop
