// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "isoflop/base/suggest.h"
#include "isoflop/report/text.h"
#include "plan/mixture.h"
#include "plan/size_verdict.h"
#include "report/check_parts.h"
#include "report/cost_parts.h"
#include "report/table.h"
#include "report/words.h"
#include "units/threshold_text.h"

namespace isoflop {

std::string_view verdict_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::Clean:
      return "CLEAN";
    case Verdict::Noted:
      return "CLEAN, WITH NOTES";
    case Verdict::Questionable:
      return "QUESTIONABLE";
    case Verdict::DoNotTrain:
      return "DO NOT TRAIN";
    case Verdict::NoVerdict:
      return "NO VERDICT";
  }
  return "";
}

/// "error  CODE", or "accepted  CODE: why".
static std::string heading(const Finding& finding,
                           const std::vector<Accepted>& accepted) {
  for (const Accepted& entry : accepted) {
    if (entry.code != finding.code) continue;
    constexpr std::string_view kMark = "  accepted  ";
    const std::string what =
        finding.code +
        (entry.reason.empty() ? "" : ": " + printable(entry.reason));
    return std::string(kMark) +
           wrap(what, int(kMark.size())).substr(kMark.size());
  }
  return "  " + std::string(to_string(finding.severity)) + "  " + finding.code +
         "\n";
}

std::string findings_block(const std::vector<Finding>& findings,
                           const std::vector<Accepted>& accepted) {
  std::string text;
  for (const Finding& finding : findings) {
    text +=
        "\n" + heading(finding, accepted) + wrap(printable(finding.message), 4);
    if (!finding.remedy.empty()) {
      text += wrap("-> " + printable(finding.remedy), 4);
    }
  }
  return text;
}

std::string see_codes(const std::vector<Finding>& findings) {
  std::string codes;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::Note) continue;
    codes += (codes.empty() ? "" : ", ") + finding.code;
  }
  return codes.empty() ? codes : wrap("see " + codes, 2);
}

namespace {

template <class Tag>
std::string range_text(const Range<Quantity<Tag>>& range) {
  if (range.is_exact()) return format_quantity(range.low);
  return format_quantity(range.low) + " .. " + format_quantity(range.high);
}

/// The verdict where the law has none, and what was asked.
std::string head_without_verdict(const Check& check) {
  std::vector<std::string> given;
  const auto add = [&](const auto& range, const char* unit) {
    if (range) given.push_back(range_text(*range) + unit);
  };
  add(check.scenario.params, " params");
  add(check.scenario.tokens, " tokens");
  add(check.scenario.flops, " FLOP");
  const std::string asked = join_clauses(given);
  return std::string(verdict_words(check.verdict)) +
         (asked.empty() ? "" : "   " + asked) + "\n" +
         wrap("the law '" + printable(check.law.id) +
                  "' does not say which size is best",
              2) +
         see_codes(check.findings);
}

/// The verdict, the plan and the number behind it, in two or three lines.
std::string head(const Check& check) {
  std::string what = range_text(check.params);
  if (is_mixture(check.scenario)) {
    what += " of " +
            format_quantity(total_params(check.scenario, check.run.params));
  }
  what += " params on " + range_text(check.tokens) + " tokens";
  if (!check.scenario.name.empty()) {
    what = printable(check.scenario.name) + ": " + what;
  }
  const Waste& waste = check.waste;
  std::string why;
  if (check.decided_by) {
    why = "too many parameters in " + percent(*waste.probability, 2) +
          " of what is possible (" + percent(*waste.probability_error, 2) +
          " by much)";
    if (*waste.probability >= check.options.remote) {
      why += "; decided by " + check.decided_by->quantity + ", " +
             percent(check.decided_by->variance_share, 2) + " of the variance";
    }
    if (check.decided_by->threshold) {
      why += ": " + percent(check.options.waste_error) + " is wasted " +
             check.decided_by->turns;
    }
  } else {
    why = size_words(check.run.flops,
                     check.best.flops,
                     waste.params_over_optimal,
                     waste.compute_factor);
  }
  why += "; " + agreement(check) + " flag " +
         (check.decided_by ? "its middle" : "it");
  std::string unknown;
  for (const std::string& fact : check.scenario.unknown) {
    unknown += wrap("not known: " + printable(fact), 2);
  }
  return std::string(verdict_words(check.verdict)) + "   " + what + "\n" +
         wrap(why, 2) + see_codes(check.findings) + unknown;
}

/// Samples that have no say; "" where all have.
std::string left_out_line(const SampleCount& samples) {
  std::vector<std::string> why;
  const auto add = [&](int count, const char* reason) {
    if (count > 0) why.push_back(std::to_string(count) + reason);
  };
  add(samples.without_run, " in which no run keeps what is wanted");
  add(samples.without_optimum, " in which the law has no optimal size");
  return why.empty() ? ""
                     : wrap("of " + std::to_string(samples.drawn) +
                                " samples are left out: " + join_clauses(why),
                            2);
}

std::string numbers_table(const Check& check) {
  const Waste& waste = check.waste;
  const std::string where = check.decided_by ? "middle of the ranges" : "plan";
  TextTable table("lrr");
  const bool is_worn = check.best.flops != check.run.flops;
  table.add(
      {"", where, is_worn ? "optimum, new tokens" : "optimum, same FLOP"});
  table.add({"params",
             format_quantity(check.run.params),
             format_quantity(check.best.params)});
  table.add({"tokens",
             format_quantity(check.run.tokens),
             format_quantity(check.best.tokens)});
  table.add({"loss, nats",
             format_number(check.run.loss.value(), 4),
             format_number(check.best.loss.value(), 4)});
  table.add({"FLOP",
             format_quantity(check.run.flops),
             is_worn ? format_quantity(check.best.flops) : ""});
  table.add({"compute wasted",
             std::isfinite(waste.compute_factor) ? percent(waste.compute_factor)
                                                 : "not known",
             ""});
  std::string text = table.str();
  if (check.loss_nats) {
    const std::string widening = widening_words(check.loss_widening);
    text += wrap((check.law.is_forecast() ? "loss forecast: " : "loss: ") +
                     interval_text(check.loss_nats, 4) + " (" +
                     percent(check.options.level) +
                     (widening.empty() ? "" : ", " + widening) + ")",
                 2);
  }
  if (waste.compute_factor_interval) {
    text += wrap((check.decided_by ? "wasted over draws and ranges: "
                                   : "wasted over the law's draws: ") +
                     percent(waste.compute_factor_interval->low, 2) + " .. " +
                     percent(waste.compute_factor_interval->high, 2),
                 2);
  }
  if (waste.probability && !check.decided_by) {
    text += wrap("share of the law's draws with too many parameters: " +
                     percent(*waste.probability, 2) + " at " +
                     percent(check.options.waste_warning) + " waste, " +
                     percent(*waste.probability_error, 2) + " at " +
                     percent(check.options.waste_error),
                 2);
  }
  return text + left_out_line(check.samples);
}

std::string needs_lines(const Check& check) {
  std::string text;
  if (check.needs.tokens && check.needs.params_supported) {
    text = wrap(
        "this size is optimal on " +
            format_quantity(*check.needs.tokens, TokensTag::unit) +
            " distinct tokens; these tokens for " +
            format_quantity(*check.needs.params_supported, ParamsTag::unit) +
            " params",
        2);
  }
  if (const auto& unique = check.needs.unique_tokens_threshold) {
    const double epochs = check.scenario.useful_epochs();
    text +=
        wrap("at " + format_quantity(check.run.flops) + " FLOP a plan of " +
                 format_number(epochs, 3) + " epochs wastes " +
                 percent(check.options.waste_error) + " on size below " +
                 format_at_least(*unique, TokensTag::unit) + " unique tokens",
             2);
  }
  if (const auto& repeats = check.repeats; repeats && repeats->epochs > 1.0) {
    text += wrap(format_number(repeats->epochs, 3) +
                     " passes over the unique tokens are worth " +
                     format_quantity(repeats->tokens_worth, TokensTag::unit) +
                     " new ones; at the end a repeat is worth " +
                     percent(repeats->last_value, 2) + " of a new token",
                 2);
  }
  if (const auto& recall = check.recall) {
    const double share = recall->share_of_training;
    text +=
        wrap(share < 1.0 ? "all it has seen fits its memory for the first " +
                               percent(share, 2) +
                               " of training: gains until then may be recall"
                         : std::string("all it will see fits its memory: gains "
                                       "may be recall throughout training"),
             2);
  }
  return text;
}

/// How far apart the laws without a vote are.
std::string others_line(const std::vector<LawVerdict>& others) {
  if (others.empty()) return "";
  const auto at = [](const LawVerdict& verdict) {
    return percent(verdict.compute_factor) + " (" + verdict.law + ", " +
           format_number(verdict.params_over_optimal, 3) + " N*)";
  };
  return wrap(std::to_string(others.size()) +
                  " laws without a vote find from " + at(others.front()) +
                  " to " + at(others.back()) + " wasted",
              2);
}

std::string laws_table(const Check& check) {
  if (check.by_law.empty()) {
    return wrap("no published law answers for this model", 2);
  }
  TextTable table("lrrrl");
  table.add({"law", "optimal params", "N/N*", "wasted", ""});
  for (const LawVerdict& verdict : check.by_law) {
    table.add({verdict.law,
               format_quantity(verdict.params_optimal, ParamsTag::unit),
               format_number(verdict.params_over_optimal, 3),
               percent(verdict.compute_factor),
               verdict.flagged ? "overparameterised" : ""});
  }
  std::string text = table.str();
  if (is_mixture(check.scenario)) {
    text += wrap(
        "optimal params: those that work on a token. Laws of dense models have "
        "no say on a mixture, and clark2022-* read no tokens",
        2);
  } else if (find(check.findings, "law.other-architecture") != nullptr) {
    text += wrap("all of dense models of that size", 2);
  }
  return text + others_line(check.without_vote);
}

std::string unknown_block(const Check& check) {
  std::string text;
  if (!check.scenario.about.empty()) {
    text += wrap(printable(check.scenario.about), 2);
  }
  for (const auto& [key, source] : check.scenario.sources) {
    text += wrap(printable(key) + ": " + printable(source), 2);
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string to_text(const Check& check) {
  if (check.verdict == Verdict::NoVerdict) {
    return head_without_verdict(check) +
           findings_block(check.findings, check.accepted) +
           unknown_block(check);
  }
  return head(check) + findings_block(check.findings, check.accepted) + "\n" +
         numbers_table(check) + flops_rule_text(check.scenario, check.cost) +
         "\n" + needs_lines(check) +
         synthetic_text(check.synthetic, check.run.flops) +
         cost_text(check.cost) + "\n" + laws_table(check) +
         unknown_block(check);
}

}  // namespace isoflop
