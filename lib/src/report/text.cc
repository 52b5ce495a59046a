// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/text.h"

#include <algorithm>
#include <stdexcept>

#include "report/table.h"
#include "report/words.h"

namespace isoflop {

std::string to_text(const Finding& finding) {
  std::string text = std::string(to_string(finding.severity)) + "[" +
                     finding.code + "]: " + printable(finding.message);
  if (!finding.remedy.empty()) text += "; " + printable(finding.remedy);
  return text + "\n";
}

namespace {

/// A number of a variable as tables show it.
std::string amount(std::string_view variable, double value) {
  if (variable == kParams.name || variable == kActiveParams.name ||
      variable == kNonEmbeddingParams.name) {
    return format_quantity(Params(value));
  }
  if (variable == kTokens.name || variable == kUniqueTokens.name ||
      variable == kBatchTokens.name) {
    return format_quantity(Tokens(value));
  }
  if (variable == kFlops.name) return format_quantity(Flops(value));
  return format_number(value, variable == kLoss.name ? 4 : 3);
}

std::string unit_of(const Prediction& prediction) {
  if (prediction.answers_loss()) return " " + prediction.unit;
  return "  (" +
         (prediction.unit.empty() ? prediction.meaning
                                  : printable(prediction.unit)) +
         ")";
}

/// "70B params on 1.4T tokens, unique_tokens 25B"
std::string run_text(const InputValues& inputs) {
  const auto size = inputs.find(kParams.name);
  const auto data = inputs.find(kTokens.name);
  const bool has_both = size != inputs.end() && data != inputs.end();
  std::string text;
  if (has_both) {
    text = format_quantity(Params(size->second)) + " params on " +
           format_quantity(Tokens(data->second)) + " tokens";
  }
  for (const auto& [name, value] : inputs) {
    if (!std::isfinite(value) ||
        (has_both && (name == kParams.name || name == kTokens.name))) {
      continue;
    }
    text += (text.empty() ? "" : ", ") + name + " " + amount(name, value);
  }
  return text.empty() ? "a run" : text;
}

}  // namespace

std::string to_text(const Prediction& prediction) {
  TextTable table("ll");
  table.add(
      {prediction.output,
       amount(prediction.output, prediction.value) + unit_of(prediction)});
  if (prediction.interval) {
    table.add({"interval",
               amount(prediction.output, prediction.interval->low) + " .. " +
                   amount(prediction.output, prediction.interval->high) +
                   "  (" + percent(prediction.options.level) +
                   (prediction.forecast ? " for the mean of such runs)"
                                        : " of the law's draws)")});
  } else {
    table.add({"interval",
               prediction.draws_without > 0
                   ? "none: too many draws have no answer here"
                   : "none: the law comes without draws"});
  }
  if (prediction.run_interval) {
    table.add(
        {"a run",
         amount(prediction.output, prediction.run_interval->low) + " .. " +
             amount(prediction.output, prediction.run_interval->high) + "  (" +
             percent(prediction.options.level) + " for one new run)"});
  }
  if (prediction.widening > 1.0) {
    table.add({"", "both " + widening_words(prediction.widening)});
  }
  if (prediction.allocation) {
    const Allocation& run = *prediction.allocation;
    table.add(
        {"run",
         (run.params ? format_quantity(*run.params) + " params on " : "") +
             format_quantity(*run.tokens) + " tokens"});
  }
  if (prediction.downstream) {
    const DownstreamPrediction& error = *prediction.downstream;
    table.add({"error rate",
               percent(error.error_rate) + "  (" + printable(error.law) + ")"});
    if (error.interval) {
      table.add({"interval",
                 percent(error.interval->low) + " .. " +
                     percent(error.interval->high)});
    }
  }
  if (prediction.flops) {
    table.add({"compute", format_quantity(*prediction.flops) + " FLOP"});
  }
  if (prediction.extrapolation) {
    table.add({"",
               format_number(*prediction.extrapolation, 2) +
                   " times the law's largest run"});
  }
  return run_text(prediction.inputs) + " under " + printable(prediction.law) +
         (prediction.forecast ? " (forecast)" : "") + "\n\n" + table.str() +
         (prediction.forecast
              ? "\n" + tested_text(prediction.tested,
                                   prediction.law,
                                   prediction.law_options,
                                   prediction.extrapolation.value_or(0.0))
              : "");
}

std::string to_text(const std::vector<RuleInfo>& codes) {
  std::size_t width = 0;
  for (const RuleInfo& code : codes) width = std::max(width, code.code.size());
  std::string text;
  for (const RuleInfo& code : codes) {
    // The code stands in the margin of its wrapped summary.
    std::string summary = wrap(code.summary, static_cast<int>(width) + 4);
    summary.replace(2, code.code.size(), code.code);
    text += summary;
  }
  return text + "\nNext: isoflop explain " + std::string(codes.front().code) +
         "\n";
}

std::string to_text(const RuleInfo& code) {
  return std::string(code.code) + "\n  " + std::string(code.summary) + "\n" +
         std::string(code.explanation);
}

std::string to_text(const std::vector<Scenario>& scenarios) {
  std::string text;
  for (const Scenario& scenario : scenarios) {
    text += "  " + printable(scenario.name) + "\n" +
            wrap(printable(scenario.about), 4);
  }
  return text + "\nNext: isoflop check " + printable(scenarios.front().name) +
         "\n";
}

}  // namespace isoflop
