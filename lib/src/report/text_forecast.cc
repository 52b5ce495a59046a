// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "isoflop/report/text.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string verdict_of(const Forecast& forecast) {
  switch (forecast.law.status) {
    case LawStatus::NotIdentified:
      return "NOT ENOUGH RUNS   do not predict from these\n";
    case LawStatus::Weak:
      return "WEAK   predict along the line of the runs only\n";
    default:
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
  TextTable table("ll");
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
  if (scales.run_effect > 0.0) {
    table.add({"run effect",
               percent(scales.run_effect, 2) + " shared by the rows of a run"});
  }
  table.add({"noise", percent(scales.noise, 2) + " of the loss"});
  table.add({"drift",
             percent(forecast.options.drift, 2) +
                 " a decade beyond the largest run"});
  table.add({"prior", printable(forecast.law.discrepancy->data().prior)});
  return table.str();
}

/// Losses at ten and a hundred times the largest compute, optimally divided.
std::string ahead_table(const Forecast& forecast) {
  const Law& law = forecast.law;
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

std::string rows_table(const PredictionTable& table) {
  const bool has_names =
      std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
        return !row.name.empty();
      });
  const bool has_losses = table.rows.front().observed.has_value();
  TextTable out(has_names ? "lrrrlrr" : "rrrlrr");
  std::vector<std::string> head = {"params",
                                   "tokens",
                                   "loss",
                                   table.is_forecast ? "a run" : "the law",
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

std::string method_words(const std::string& name) {
  if (name == "forecast") return "forecast";
  if (name == "prior") return "coupled, prior";
  if (name == "additive") return "additive, plain";
  return name.size() > 18 ? name.substr(0, 16) + ".." : name;
}

std::string cell(const std::optional<BacktestScore>& score) {
  return score ? percent(score->mean_abs_error, 2) : "";
}

std::string scores_table(const Backtest& test) {
  TextTable table("lrrrrrrrr");
  table.add({"", "error", "bias", "holds", "width", "x3", "x10", "x30", "far"});
  for (const BacktestMethod& method : test.methods) {
    std::vector<std::string> row = {printable(method_words(method.name))};
    if (const auto& all = method.overall) {
      row.insert(
          row.end(),
          {percent(all->mean_abs_error, 2),
           (all->mean_error > 0 ? "+" : "") + percent(all->mean_error, 2),
           percent(all->coverage, 2),
           percent(all->width, 2)});
    } else {
      row.insert(row.end(), 4, "");
    }
    for (const auto& score : method.by_distance) row.push_back(cell(score));
    table.add(std::move(row));
  }
  return table.str();
}

}  // namespace

std::string to_text(const Forecast& forecast) {
  std::string text = "ln L = ln(" + std::string(forecast.law.form->formula()) +
                     ") + departure, on " + std::to_string(forecast.rows_used) +
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
         "--tokens D\n";
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
  text += rows_table(table) + "\n";
  text += wrap(
      table.is_forecast
          ? "a run: " + percent(table.options.level) +
                " interval of one new run; beyond: FLOP over the largest run "
                "learned from"
          : "the law: " + percent(table.options.level) +
                " of the law's draws, not the scatter of a run; beyond: FLOP "
                "over the law's largest run",
      2);
  return text;
}

std::string to_text(const Backtest& test) {
  std::string text = "Back-test on " + std::to_string(test.rows) +
                     (test.rows == 1 ? " run of " : " runs of ") +
                     printable(test.source) + "\n\n";
  if (test.trusted.empty()) return text + "NO TEST   too few runs\n";
  text += "TRUST " + printable(method_words(test.trusted)) + "\n\n" +
          scores_table(test) + "\n";
  std::string splits;
  for (const BacktestSplit& split : test.splits) {
    splits += (splits.empty() ? "" : "; ") + std::string("C <= Cmax/") +
              format_number(split.factor, 3) + ": " +
              std::to_string(split.training) + " to predict " +
              std::to_string(split.held_out);
  }
  text += wrap("learned from " + splits, 2);
  text += wrap(
      "error: mean of |predicted / observed - 1|; holds: losses inside " +
          percent(test.options.level) +
          " intervals of a run; x3, x10, x30, far: error by how far beyond the "
          "largest run learned from",
      2);
  return text + "\nNext: isoflop " +
         (test.trusted == "forecast" || test.trusted == "prior" ? "forecast "
                                                                : "fit ") +
         printable(test.source) + "\n";
}

}  // namespace isoflop
