// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/given_flags.h"
#include "isoflop/report/text.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string shape_words(ValleyShape shape) {
  switch (shape) {
    case ValleyShape::Minimum:
      return "";
    case ValleyShape::Edge:
      return "lowest at the edge";
    case ValleyShape::Maximum:
      return "a maximum";
    case ValleyShape::Flat:
      return "flat within the scatter";
    case ValleyShape::TooFew:
      return "less than three sizes";
    case ValleyShape::Spread:
      return "no one budget";
  }
  return "";
}

std::string exponent_line(const PowerLaw& params,
                          const std::optional<Interval>& interval,
                          double level) {
  std::string text = "N* = " + format_number(std::exp(params.log_factor), 3) +
                     " C^" + format_number(params.exponent, 4);
  if (interval) {
    text += "   exponent " + interval_text(*interval, 3) + " (" +
            percent(level) + ")";
  }
  return text + "\n";
}

std::string share(const std::optional<double>& bias) {
  return bias ? format_number(100.0 * *bias, 2) + " %" : "";
}

std::string valley_table(const std::vector<Valley>& valleys) {
  TextTable table("rrrrrl");
  table.add({"FLOP", "runs", "params", "tokens", "loss", ""});
  for (const Valley& valley : valleys) {
    const bool is_minimum = valley.shape == ValleyShape::Minimum;
    table.add({format_quantity(valley.flops),
               std::to_string(valley.runs),
               is_minimum ? format_quantity(*valley.best_params) : "",
               is_minimum ? format_quantity(*valley.best_tokens) : "",
               is_minimum ? format_number(valley.best_loss->value(), 4) : "",
               is_minimum
                   ? interval_text(valley.params_interval, ParamsTag::unit)
                   : shape_words(valley.shape)});
  }
  return table.str();
}

std::string estimate_table(const ValleyResult& result) {
  TextTable table("rrrrrrr");
  table.add({"FLOP", "params", "tokens", "D/N", "bias of D", "law: D", "D/N"});
  for (const ValleyEstimate& estimate : result.estimates) {
    const auto& law = estimate.law;
    table.add(
        {format_quantity(estimate.flops),
         format_quantity(estimate.params),
         format_quantity(estimate.tokens),
         format_number(estimate.tokens.value() / estimate.params.value(), 3),
         share(estimate.tokens_bias),
         law ? format_quantity(law->best.tokens) : "",
         law ? format_number(law->best.tokens_per_param(), 3) : ""});
  }
  return table.str();
}

}  // namespace

std::string to_text(const ValleyResult& result) {
  int minima = 0;
  for (const Valley& valley : result.valleys) {
    minima += valley.shape == ValleyShape::Minimum ? 1 : 0;
  }
  std::string text =
      std::to_string(minima) + " of " +
      counted(static_cast<int>(result.valleys.size()), "budget", "budgets") +
      " with a minimum, " + std::to_string(result.runs_used) + " runs of " +
      printable(result.source) + "\n\n";
  if (result.params) {
    text +=
        exponent_line(*result.params,
                      result.params->exponent_interval(result.options.level),
                      result.options.level) +
        "\n";
  }
  text += valley_table(result.valleys);
  if (!result.params) return text;
  text += "\n" + estimate_table(result);
  if (result.law) {
    text += wrap("bias: parabolas through the losses of the law " +
                     printable(std::string(result.law->form->name())) +
                     " on this design, without noise, against its optimum",
                 2);
  }
  return text + "\nNext: isoflop fit " + shell_word(result.source) +
         result.reading + "\n";
}

std::string to_text(const EnvelopeResult& result) {
  std::string text = std::to_string(result.curves) + " curves, " +
                     std::to_string(result.runs_used) + " rows of " +
                     printable(result.source) + "\n\n";
  if (result.params) {
    text +=
        exponent_line(
            *result.params, result.exponent_interval, result.options.level) +
        "\n";
  }
  TextTable parts("lrrrl");
  parts.add({"lowest", "params", "from FLOP", "to FLOP", ""});
  constexpr std::size_t kLongestName = 34;
  bool has_edge = false;
  for (const EnvelopePart& part : result.parts) {
    has_edge = has_edge || part.is_edge;
    parts.add({printable(part.name, kLongestName),
               format_quantity(part.params),
               format_quantity(Flops(part.flops.low)),
               format_quantity(Flops(part.flops.high)),
               part.is_edge ? "edge" : ""});
  }
  text += parts.str();
  if (has_edge) text += "  edge: no size beyond, not counted\n";
  if (!result.params) return text;
  TextTable table("rrrrr");
  table.add({"FLOP", "params", "interval", "tokens", "D/N"});
  for (const EnvelopeEstimate& estimate : result.estimates) {
    table.add(
        {format_quantity(estimate.flops),
         format_quantity(estimate.params),
         interval_text(estimate.params_interval, ParamsTag::unit),
         format_quantity(estimate.tokens),
         format_number(estimate.tokens.value() / estimate.params.value(), 3)});
  }
  return text + "\n" + table.str() + "\nNext: isoflop fit on the last rows\n";
}

std::string to_text(const FormComparison& result) {
  std::vector<std::string> close;
  for (const FormScore& form : result.forms) {
    if (form.is_close) close.push_back(printable(form.law));
  }
  std::string text;
  if (close.empty()) {
    text = "no form predicts every run that is held out\n";
  } else {
    text = printable(result.forms.front().law) + " predicts best";
    if (close.size() > 1) {
      close.erase(close.begin());
      text += ", within the scatter also " + join_words(close);
    }
    text = wrap(text, 0);
  }
  text += "  " + std::to_string(result.runs_used) + " runs of " +
          printable(result.source) + "\n\n";
  TextTable table("lrrrrrl");
  table.add({"form", "free", "CV error", "excess", "AICc", "weight", ""});
  double least = std::numeric_limits<double>::infinity();
  for (const FormScore& form : result.forms) {
    if (form.aicc) least = std::min(least, *form.aicc);
  }
  for (const FormScore& form : result.forms) {
    table.add({printable(form.law),
               std::to_string(form.coefficients),
               form.cv_error ? percent(*form.cv_error) : "",
               form.cv_excess
                   ? interval_text(Interval{100.0 * form.cv_excess->low,
                                            100.0 * form.cv_excess->high},
                                   2) +
                         " %"
                   : "",
               form.aicc ? "+" + format_number(*form.aicc - least, 3) : "",
               form.aicc_weight ? format_number(*form.aicc_weight, 2) : "",
               form.status == IdentifiabilityStatus::Identified
                   ? ""
                   : std::string(to_string(form.status))});
  }
  text += table.str();
  return text + "\n" +
         wrap("CV error: root mean square of log losses held out in " +
                  std::to_string(result.options.folds) +
                  " parts; excess: mean |error| over the best form's, " +
                  percent(result.options.level) + " interval",
              2);
}

namespace {

/// Where a side never reaches the loss of the other there is no factor.
bool is_known(const Gain& gain) {
  return gain.gain > 0.0 && std::isfinite(gain.gain);
}

}  // namespace

std::string to_text(const RunsComparison& result) {
  const std::string first = printable(result.first.source);
  const std::string second = printable(result.second.source);
  if (result.gains.empty()) {
    return "no gain can be said: " +
           std::string(result.first.is_identified() ? second : first) +
           " does not determine the law " +
           printable(result.options.law.front()) + "\n";
  }
  const Gain& gain = result.gains.front();
  std::string text;
  if (is_known(gain)) {
    text = "The first needs " + format_number(gain.gain, 3) +
           " times the compute of the second";
    if (gain.interval) text += " (" + interval_text(gain.interval) + ")";
  } else {
    const bool is_first = gain.gain > 1.0;
    text = std::string(
               "The gain is not known: by these fits no compute brings "
               "the ") +
           (is_first ? "first" : "second") + "\nto the loss of the " +
           (is_first ? "second" : "first") + " at " +
           format_quantity(gain.flops) + " FLOP";
  }
  TextTable sides("lrl");
  sides.add({"first", std::to_string(result.first.runs_used), first});
  sides.add({"second", std::to_string(result.second.runs_used), second});
  text += "\n\n" + sides.str() + "\n";
  TextTable table("rrrrrl");
  table.add({"FLOP", "gain", "interval", "loss, first", "second", ""});
  for (const Gain& row : result.gains) {
    table.add({format_quantity(row.flops),
               is_known(row) ? format_number(row.gain, 3) : "not known",
               interval_text(row.interval),
               format_number(row.first_loss.value(), 4),
               format_number(row.second_loss.value(), 4),
               row.is_beyond ? "beyond the runs" : ""});
  }
  return text + table.str() + "\n" +
         wrap(
             "gain: compute of the first for the loss that the second reaches "
             "at a budget, each at its optimum; " +
                 percent(result.options.level) +
                 " of the refits of both. Losses must be of one tokenizer and "
                 "one text",
             2);
}

}  // namespace isoflop
