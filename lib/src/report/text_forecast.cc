// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/given_flags.h"
#include "isoflop/report/text.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string verdict_of(const Forecast& forecast) {
  switch (forecast.law.status) {
    case LawStatus::NotIdentified:
      return find(forecast.findings, "forecast.no-fall") != nullptr
                 ? "NO FALL   the losses do not fall with size and data\n"
                 : "NOT ENOUGH RUNS   do not predict from these\n";
    case LawStatus::Weak:
      return "WEAK   predict along the line of the runs only\n";
    default:
      if (find(forecast.findings, "runs.perplexity") != nullptr) {
        return kDoubtfulLosses;
      }
      if (find(forecast.findings, "forecast.prior-mismatch") != nullptr) {
        return "DOUBTFUL   the prior is about other losses than these\n";
      }
      return "FORECAST   larger runs can be predicted from these\n";
  }
}

std::string law_table(const Forecast& forecast) {
  const Law& law = forecast.law;
  const std::string level =
      format_number(100 * forecast.options.level, 3) + " % interval";
  TextTable table("lrrl");
  table.add({"", "value", law.has_draws() ? level : "", ""});
  for (int j = 0; j < law.form->coefficient_count(); ++j) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(j)];
    std::optional<Interval> interval;
    if (law.has_draws()) {
      interval = percentile_interval(law.draws.col(j), forecast.options.level);
    }
    table.add({std::string(info.name),
               format_number(law.coefficients[j], 4),
               interval_text(interval),
               std::string(info.meaning)});
  }
  return table.str();
}

std::string discrepancy_table(const Forecast& forecast) {
  const DiscrepancyScales& scales = forecast.scales();
  const DiscrepancyData& data = forecast.law.discrepancy->data();
  TextTable table("ll");
  table.add({"form", std::string(forecast.law.form->name())});
  if (scales.amplitude > 0.0) {
    table.add(
        {"departure",
         percent(scales.amplitude, 2) + " of the loss" +
             (scales.growth > 0.0 ? " at the largest runs, times (Cmax/C)^" +
                                        format_number(scales.growth, 2)
                                  : "")});
    table.add({"",
               "shared within a factor of " +
                   format_number(std::exp(scales.length), 2) +
                   " in size and data"});
  } else {
    table.add({"departure", "none: the law with its prior alone"});
  }
  if (data.parts.size() > 1) {
    table.add({"",
               "the likeliest of " + std::to_string(data.parts.size()) +
                   " choices averaged by evidence"});
  }
  if (scales.run_effect > 0.0) {
    table.add({"run effect",
               percent(scales.run_effect, 2) + " shared by the rows of a run"});
  }
  table.add({"noise", percent(scales.noise, 2) + " of the loss"});
  table.add({"drift",
             percent(forecast.options.drift, 2) +
                 " a decade beyond the largest run"});
  if (data.off_line > 0.0) {
    table.add(
        {"off the line", percent(data.off_line, 2) + " for each factor of e"});
  }
  table.add({"prior", printable(data.prior)});
  std::string off;
  for (const auto& [name, sds] : forecast.prior_deviations) {
    const double shown = std::round(10.0 * sds) / 10.0;
    off += (off.empty() ? "" : ", ") + name + (shown < 0.0 ? " " : " +") +
           format_number(shown == 0.0 ? 0.0 : shown, 3);
  }
  if (!off.empty()) table.add({"", off + " sd off it"});
  return table.str();
}

/// Losses at ten and a hundred times the largest compute, optimally divided,
/// where the runs tell how.
std::string ahead_table(const Forecast& forecast) {
  const Law& law = forecast.law;
  if (law.status != LawStatus::Identified) return {};
  TextTable table("rrrrr");
  table.add({"FLOP", "params", "tokens", "loss", "interval of a run"});
  for (const double factor : {1.0, 10.0, 100.0}) {
    try {
      const Optimum best = optimum(law, Flops(law.range.flops->high * factor));
      const LossForecast at = forecast.predict(best.params, best.tokens);
      table.add({format_quantity(best.flops),
                 format_quantity(best.params),
                 format_quantity(best.tokens),
                 format_number(at.loss().value(), 4),
                 interval_text(at.run_interval(forecast.options.level), 4)});
    } catch (const std::invalid_argument&) {
      return {};
    }
  }
  return "\n" + table.str();
}

/// At most this many rows are shown; JSON and CSV have all.
constexpr std::size_t kMostRows = 40;

bool has_run_intervals(const PredictionTable& table) {
  return std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
    return row.run.has_value();
  });
}

std::string rows_table(const PredictionTable& table) {
  const bool has_names =
      std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
        return !row.name.empty();
      });
  const bool has_losses = table.rows.front().observed.has_value();
  TextTable out(has_names ? "lrrrlrr" : "rrrlrr");
  std::vector<std::string> head = {
      "params",
      "tokens",
      "loss",
      has_run_intervals(table) ? "a run" : "the law",
      "beyond"};
  if (has_names) head.insert(head.begin(), "name");
  head.emplace_back(has_losses ? "observed" : "");
  out.add(head);
  for (std::size_t k = 0; k < std::min(table.rows.size(), kMostRows); ++k) {
    const PredictedRun& row = table.rows[k];
    std::vector<std::string> cells = {
        format_quantity(row.params),
        format_quantity(row.tokens),
        format_number(row.loss.value(), 4),
        interval_text(row.run ? row.run : row.curve, 4),
        row.extrapolation ? "x" + format_number(*row.extrapolation, 2) : "",
        row.observed ? format_number(*row.observed, 4) : ""};
    if (has_names) {
      constexpr std::size_t kRoom = 16;
      std::string name = printable(row.name);
      if (name.size() > kRoom) name = name.substr(0, kRoom - 2) + "..";
      cells.insert(cells.begin(), std::move(name));
    }
    out.add(std::move(cells));
  }
  std::string text = out.str();
  if (table.rows.size() > kMostRows) {
    text += "  ... and " + std::to_string(table.rows.size() - kMostRows) +
            " more (--format csv has all)\n";
  }
  return text;
}

std::string shortened(const std::string& name, std::size_t most) {
  return printable(name.size() > most ? name.substr(0, most - 2) + ".." : name);
}

std::string method_words(const Backtest& test, const std::string& name) {
  if (name == "prior") return test.options.form + ", prior";
  if (name == "additive") return "additive, plain";
  const BacktestMethod& method = *test.method(name);
  if (method.objective == Objective::Huber) return shortened(name, 18);
  const std::string objective(to_string(method.objective));
  return shortened(method.law, 16 - objective.size()) + ", " + objective;
}

std::vector<std::string> score_cells(const BacktestScore& score) {
  return {std::to_string(score.runs),
          small_percent(score.mean_abs_error),
          signed_percent(score.mean_error),
          percent(score.coverage, 2),
          small_percent(score.width)};
}

/// "x3", "x10", and "beyond" for the last.
std::string distance_word(std::size_t bin) {
  if (!std::isfinite(kBacktestDistances[bin])) return "beyond";
  return "to x" + format_number(kBacktestDistances[bin], 3);
}

std::string scores_table(const Backtest& test) {
  TextTable table("llrrrrr");
  table.add({"", "C/Cmax", "runs", "error", "bias", "holds", "width"});
  for (const BacktestMethod& method : test.methods) {
    const std::string name = method_words(test, method.name);
    if (!method.overall) {
      table.add({name, "no answer on every split"});
      continue;
    }
    std::vector<std::string> row = score_cells(*method.overall);
    row.insert(row.begin(), {name, "all"});
    table.add(std::move(row));
    for (std::size_t k = 0; k < method.by_distance.size(); ++k) {
      if (!method.by_distance[k]) continue;
      row = score_cells(*method.by_distance[k]);
      row.insert(row.begin(), {"", distance_word(k)});
      table.add(std::move(row));
    }
  }
  return table.str();
}

/// What to trust, how well it did, and where.
std::string headline_of(const Backtest& test) {
  if (test.trusted.empty()) {
    return "TRUST NOTHING   all the runs together tell nothing of larger "
           "ones\n";
  }
  if (find(test.findings, "runs.perplexity") != nullptr) return kDoubtfulLosses;
  const bool is_short =
      test.trusted == "forecast" &&
      find(test.findings, "backtest.intervals-short") != nullptr;
  const BacktestScore& score = *test.method(test.trusted)->overall;
  // A tenth more or less loss is a factor of ten in compute or so.
  constexpr double kFarOff = 0.05;
  std::string text =
      (score.mean_abs_error > kFarOff ? "LEAST WRONG " : "TRUST ") +
      method_words(test, test.trusted) +
      (is_short ? ", not its intervals" : "") + "   off by " +
      small_percent(score.mean_abs_error) + " on larger runs\n  " +
      percent(test.options.level) + " intervals hold " +
      percent(score.coverage, 2) + " of them\n";
  if (test.status == LawStatus::Weak) {
    text +=
        "  along the line of the runs only: size and data do not vary "
        "apart\n";
  }
  return text;
}

/// Options of a forecast that differ from the defaults, as flags.
std::string forecast_flags(const std::map<std::string, std::string>& options) {
  std::string flags;
  for (const OptionInfo& info : option_infos<ForecastOptions>()) {
    const auto at = options.find(info.name);
    if (at == options.end() || at->second == info.default_text) continue;
    std::string name = info.name;
    std::replace(name.begin(), name.end(), '_', '-');
    flags += " --" + name + " " + printable(at->second);
  }
  return flags;
}

/// The command that gives what is to be trusted.
std::string next_command(const Backtest& test) {
  const std::string source = shell_word(test.source) + test.reading;
  if (test.trusted == "forecast" || test.trusted == "prior") {
    ForecastOptions options = test.options;
    if (test.trusted == "prior") options.discrepancy = DiscrepancyChoice::None;
    return "forecast " + source + given_flags(options);
  }
  const BacktestMethod& method = *test.method(test.trusted);
  std::string command = "fit " + source;
  if (method.law != "additive") {
    command += " --law " + shell_word(method.law);
  }
  if (method.objective != Objective::Huber) {
    command += " --objective " + std::string(to_string(method.objective));
  }
  return command;
}

}  // namespace

std::string tested_text(const std::optional<TestedReach>& tested,
                        const std::string& law,
                        const std::map<std::string, std::string>& options,
                        double asked) {
  if (!tested) {
    return wrap("not tested here: isoflop backtest " + shell_word(law) +
                    forecast_flags(options) +
                    " tells how it does on these runs",
                2);
  }
  if (tested->runs == 0) {
    return wrap(
        "not tested: too few runs to learn from some and predict the larger",
        2);
  }
  return wrap(
      "tested up to " + format_number(tested->distance, 2) +
          " times the compute learned from: " + std::to_string(tested->inside) +
          " of " + counted(tested->runs, "larger run", "larger runs") +
          " inside " + percent(tested->level) + " intervals" +
          (asked > tested->distance ? "; what is asked lies beyond that" : ""),
      2);
}

std::string to_text(const Forecast& forecast) {
  std::string text =
      "ln L = ln(" + std::string(forecast.law.form->formula()) +
      (forecast.scales().amplitude > 0.0 ? ") + departure, on " : "), on ") +
      std::to_string(forecast.rows_used) +
      (forecast.rows_used == 1 ? " row" : " rows") + " (" +
      counted(forecast.runs, "run", "runs") + ") of " +
      printable(forecast.source);
  if (forecast.rows_dropped > 0) {
    text += ", " + std::to_string(forecast.rows_dropped) + " left out";
  }
  text = wrap(text, 0) + "\n" + verdict_of(forecast);
  if (forecast.law.status == LawStatus::NotIdentified) return text;
  return text + "\n" + law_table(forecast) + ahead_table(forecast) + "\n" +
         discrepancy_table(forecast) +
         "\nNext: -o law.json, then isoflop predict --law law.json --params N "
         "--tokens D\n" +
         wrap("isoflop fit " + shell_word(forecast.source) +
                  " fits a law alone, to choose its form and to test it; its "
                  "optimum is another",
              6);
}

std::string to_text(const PredictionTable& table) {
  const auto count = static_cast<int>(table.rows.size());
  std::string text =
      counted(count, "run", "runs") + " of " + printable(table.source) +
      " under " + printable(table.law) +
      (table.is_forecast ? " (forecast)" : " (law alone)") + "\n\n";
  if (table.score) {
    text += wrap("off by " + percent(table.score->mean_abs_error, 2) +
                     " on average, bias " +
                     (table.score->mean_error > 0 ? "+" : "") +
                     percent(table.score->mean_error, 2) +
                     (table.score->coverage
                          ? "; " + percent(*table.score->coverage, 3) +
                                " of the losses inside their interval"
                          : ""),
                 2) +
            "\n";
  }
  double widest = 1.0;
  double farthest = 0.0;
  for (const PredictedRun& row : table.rows) {
    widest = std::max(widest, row.widening);
    farthest = std::max(farthest, row.extrapolation.value_or(0.0));
  }
  const bool is_widened = widest > 1.0;
  text += rows_table(table) + "\n";
  const std::string widening = is_widened
                                   ? ", up to " + format_number(widest, 2) +
                                         " times as wide by the law's back-test"
                                   : "";
  const std::string level = percent(table.options.level);
  text += wrap(has_run_intervals(table)
                   ? "a run: " + level + " interval of one new run" + widening +
                         "; beyond: FLOP over the largest run learned from"
                   : "the law: " + level +
                         " of the law's draws, not the scatter of a run" +
                         widening + "; beyond: FLOP over the law's largest run",
               2);
  if (table.is_forecast) {
    text += tested_text(table.tested, table.law, table.law_options, farthest);
  }
  return text;
}

std::string to_text(const Backtest& test) {
  std::string text = "Back-test on " + std::to_string(test.rows) +
                     (test.rows == 1 ? " run of " : " runs of ") +
                     printable(test.source) + "\n\n";
  if (test.splits.empty()) return text + "NO TEST   too few runs\n";
  text += headline_of(test) + "\n" + scores_table(test) + "\n";
  std::string splits;
  for (const BacktestSplit& split : test.splits) {
    splits += (splits.empty() ? "" : "; ") + std::string("C <= Cmax/") +
              format_number(split.factor, 3) + ": " +
              std::to_string(split.training) + " to predict " +
              std::to_string(split.held_out);
  }
  text += wrap("learned from " + splits, 2);
  text += wrap(
      "all: splits count alike, whatever they hold out; C/Cmax: compute of a "
      "run over the largest learned from; error: mean of "
      "|predicted / observed - 1|; holds: losses inside " +
          percent(test.options.level) + " intervals of a run",
      2);
  if (test.trusted.empty()) return text;
  return text + "\nNext: isoflop " + next_command(test) + "\n";
}

}  // namespace isoflop
