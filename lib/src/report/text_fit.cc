// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/given_flags.h"
#include "isoflop/base/suggest.h"
#include "isoflop/report/text.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string upper_words(std::string text) {
  for (char& c : text) {
    c = c == '_'
            ? ' '
            : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return text;
}

std::string verdict_line(const FitResult& fit) {
  const Identifiability& found = fit.identifiability;
  std::string text = upper_words(std::string(to_string(found.status))) + "   ";
  if (fit.is_identified()) {
    if (find(fit.findings, "runs.perplexity")) return kDoubtfulLosses;
    return text + "the runs determine all " +
           std::to_string(found.coefficients) + " coefficients (condition " +
           format_number(found.condition, 2) + ")" +
           (fit.bootstrap.replicates > 0 ? "" : ", no refits") + "\n";
  }
  return text + "do not plan on this law\n";
}

std::string doubt_block(const Identifiability& found) {
  std::string text;
  for (const std::string& words : found.free_combinations) {
    text += wrap(words, 2);
  }
  text += wrap("because: " + join_clauses(found.reasons), 2);
  if (!found.still_known.empty()) {
    text += wrap("still known: " + found.still_known, 2);
  }
  if (!found.suggested_runs.empty()) {
    std::vector<std::string> runs;
    for (const SuggestedRun& run : found.suggested_runs) {
      runs.push_back(describe(run));
    }
    text += wrap(std::string(runs.size() == 1 ? "this run" : "these runs") +
                     " would mend it: " + join_words(runs) +
                     (found.suggests_fewest ? "" : " (fewer may do)"),
                 2);
  }
  return text;
}

/// An interval whose end may be open: "1.7 .. open", or both: "open".
std::string open_text(const Interval& interval) {
  const auto end = [](double value) {
    return std::isinf(value) ? "open" : format_number(value, 3);
  };
  if (std::isinf(interval.low) && std::isinf(interval.high)) return "open";
  return end(interval.low) + " .. " + end(interval.high);
}

std::string coefficient_table(const FitResult& fit) {
  TextTable table("lrrl");
  const std::string head =
      fit.intervals.empty()
          ? ""
          : format_number(100 * fit.options.level, 3) + " % interval";
  table.add({"", "value", head, ""});
  for (int j = 0; j < fit.law.form->coefficient_count(); ++j) {
    const auto at = static_cast<std::size_t>(j);
    const auto& info = fit.law.form->coefficients()[at];
    table.add({std::string(info.name),
               format_number(fit.law.coefficients[j], 4),
               fit.intervals.empty() ? "" : open_text(fit.intervals[at]),
               std::string(info.meaning)});
  }
  return table.str();
}

/// Rows of a weak law that say nothing are left out.
bool says_something(const OptimumEstimate& row) {
  constexpr double kHopeless = 1e6;
  const auto& ratio = row.tokens_per_param;
  return !ratio || ratio->high < kHopeless * ratio->low;
}

std::string optimum_table(const FitResult& fit) {
  if (std::none_of(fit.optimum.begin(), fit.optimum.end(), says_something)) {
    return {};
  }
  TextTable table("rrrrrrrr");
  table.add({"FLOP",
             "C/Cmax",
             "params",
             "tokens",
             "D/N",
             "interval",
             "loss",
             "interval"});
  for (const OptimumEstimate& row : fit.optimum) {
    if (!says_something(row)) continue;
    table.add(
        {format_quantity(row.best.flops),
         format_number(row.best.flops.value() / fit.law.range.flops->high, 2),
         format_quantity(row.best.params),
         format_quantity(row.best.tokens),
         format_number(row.best.tokens_per_param(), 3),
         interval_text(row.tokens_per_param, 2),
         format_number(row.best.loss.value(), 4),
         interval_text(row.loss_nats)});
  }
  return "\n" + table.str();
}

/// How the intervals were made, what the residuals show, which runs weigh.
void add_doubt_lines(const FitResult& fit, TextTable& table) {
  if (fit.bootstrap.replicates > 0) {
    table.add({"refits",
               counted(fit.bootstrap.replicates, "refit", "refits") + " (" +
                   std::string(to_string(fit.bootstrap.kind)) +
                   " bootstrap), " + std::to_string(fit.bootstrap.failed) +
                   " failed"});
  }
  if (!fit.intervals.empty()) {
    table.add({"intervals",
               fit.options.interval == IntervalMethod::Profile
                   ? "profiles of the objective"
               : fit.options.interval == IntervalMethod::Bca
                   ? "percentiles of the refits, corrected (BCa)"
                   : "percentiles of the refits"});
  }
  std::string wider;
  for (const Widening& step : fit.law.widening) {
    wider += (wider.empty() ? "x" : ", x") + format_number(step.factor, 2) +
             " at " + format_number(step.distance, 2);
  }
  if (!wider.empty()) {
    table.add({"beyond",
               "intervals of losses widened by a back-test, at times Cmax:"});
    table.add({"", wider});
  }
  if (const auto& found = fit.residual_checks.lack_of_fit) {
    table.add({"lack of fit",
               "p = " + format_number(found->p_value, 1) + "; " +
                   counted(found->repeats, "repeat", "repeats") +
                   " of runs differ by " + percent(found->pure_sd, 2)});
  }
  if (!fit.influence) return;
  const RunInfluence* most = nullptr;
  for (const RunInfluence& run : fit.influence->runs) {
    if (!run.shift_log_loss) continue;
    if (most == nullptr ||
        std::abs(*run.shift_log_loss) > std::abs(*most->shift_log_loss)) {
      most = &run;
    }
  }
  if (most == nullptr) return;
  const std::string shift =
      format_number(100.0 * *most->shift_log_loss, 2) + " % of the loss" +
      (most->shift_log_params
           ? " and " + format_number(100.0 * *most->shift_log_params, 2) +
                 " % of the size"
           : "");
  table.add({"most weight",
             (most->name.empty() ? "row " + std::to_string(most->row + 1)
                                 : printable(most->name, 24)) +
                 "; without it"});
  table.add({"", shift});
  table.add(
      {"",
       (fit.identifiability.target.value() > 0.0
            ? "at " + format_quantity(fit.identifiability.target, 2) + " FLOP; "
            : "at the last step; ") +
           "leverage " + format_number(most->leverage, 2)});
}

/// What rounding alone leaves has no digits worth reading.
std::string gap_text(double gap) {
  constexpr double kRounding = 1e-15;
  return gap < kRounding ? "below 1e-15" : format_number(gap, 1);
}

/// How the forms that were tried predicted the larger runs.
std::string trials_table(const FitResult& fit) {
  if (fit.trials.empty()) return {};
  TextTable table("lrrl");
  table.add({"form", "error", "bias", ""});
  for (const FormTrial& trial : fit.trials) {
    const bool is_first = &trial == &fit.trials.front();
    if (trial.score) {
      table.add({trial.law,
                 small_percent(trial.score->mean_abs_error),
                 signed_percent(trial.score->mean_error),
                 is_first                 ? "taken"
                 : !trial.problem.empty() ? trial.problem
                 : trial.is_close         ? "as good"
                                          : ""});
    } else {
      table.add({trial.law, "", "", trial.problem});
    }
  }
  return table.str() +
         wrap(
             "error: of the larger runs, predicted from the smaller; of the "
             "forms no worse than the least by a standard error one that the "
             "runs determine is taken, that of most varying columns, of "
             "fewest coefficients",
             2) +
         "\n";
}

std::string search_lines(const FitResult& fit) {
  TextTable table("ll");
  std::string objective = format_number(fit.objective_value, 8) + "  (" +
                          std::string(to_string(fit.options.objective));
  if (fit.options.objective == Objective::Huber) {
    objective += " " + format_number(fit.options.huber_delta, 3);
  }
  if (fit.options.cost_ratio != 1.0) {
    objective += ", too low times " + format_number(fit.options.cost_ratio, 3);
  }
  objective +=
      fit.options.residual == Residual::LogLoss ? " on log loss)" : " on loss)";
  table.add({"objective", objective});
  const FitSearch& search = fit.search;
  table.add({"search",
             counted(search.starts, "start", "starts") + ", " +
                 counted(search.distinct_optima, "optimum", "distinct optima") +
                 ", relative gap " + gap_text(search.relative_gap)});
  table.add({"",
             std::string(search.is_confirmed ? "confirmed" : "not confirmed") +
                 " from another start by another algorithm"});
  if (search.reached < search.starts) {
    table.add({"",
               std::to_string(search.reached) + " of the starts came to it" +
                   (search.optima.size() < 2 || search.optima.front() <= 0.0
                        ? ""
                        : "; the next optimum is " +
                              format_number(
                                  search.optima[1] / search.optima.front(), 3) +
                              " times as high")});
  }
  table.add(
      {"residuals", percent(fit.residual_scale, 2) + " of the loss (robust)"});
  add_doubt_lines(fit, table);
  return table.str();
}

}  // namespace

std::string to_text(const FitResult& fit) {
  std::string text = "L = " + std::string(fit.law.form->formula()) + " on " +
                     std::to_string(fit.runs_used);
  if (const Finding* rows = find(fit.findings, "fit.rows-of-runs")) {
    const auto runs = static_cast<int>(rows->values.back().value);
    text += " rows (" + counted(runs, "run", "runs") + ") of ";
  } else {
    text += fit.law.form->input_index(kStep.name) ? " points of "
            : fit.runs_used == 1                  ? " run of "
                                                  : " runs of ";
  }
  text += printable(fit.source);
  if (fit.runs_dropped > 0) {
    text += " (" + std::to_string(fit.runs_dropped) + " left out)";
  }
  text = wrap(text, 0) + "\n" + trials_table(fit) + verdict_line(fit);
  if (const Finding* missed = find(fit.findings, "fit.back-test-missed")) {
    text += wrap("back-test: " + missed->message + "; see isoflop backtest", 2);
  }
  if (!fit.is_identified()) text += doubt_block(fit.identifiability);
  if (fit.law.status == LawStatus::NotIdentified) return text;
  text += "\n" + coefficient_table(fit);
  text += optimum_table(fit);
  text += "\n" + search_lines(fit);
  const Form& form = *fit.law.form;
  if (form.input_index(kParams.name) && form.input_index(kTokens.name)) {
    text += "\n" +
            wrap("Next: isoflop forecast " + shell_word(fit.source) +
                     " for the loss of larger runs: it learns how these runs "
                     "depart from a law too, so that its optimum is another",
                 0);
  }
  return text;
}

}  // namespace isoflop
