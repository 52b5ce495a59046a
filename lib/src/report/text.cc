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
  return prediction.answers_loss() ? " nats per token"
                                   : "  (" + prediction.meaning + ")";
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
                   " of the law's draws)"});
  } else {
    table.add({"interval", "none: the law comes without draws"});
  }
  if (prediction.allocation) {
    const Allocation& run = *prediction.allocation;
    table.add({"run",
               format_quantity(run.params) + " params on " +
                   format_quantity(run.tokens) + " tokens (C = 6 N D)"});
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
         "\n\n" + table.str();
}

std::string to_text(const Law& law) {
  std::string text = printable(law.id) +
                     "   L = " + std::string(law.form->formula()) + "   (" +
                     law.status + ")\n" +
                     wrap(printable(law.provenance.title), 2) + "\n";
  const auto& errors = law.provenance.standard_errors;
  TextTable table(errors.empty() ? "lrl" : "lrrl");
  for (int j = 0; j < law.form->coefficient_count(); ++j) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(j)];
    std::vector<std::string> row = {std::string(info.name),
                                    format_exact(law.coefficients[j])};
    if (!errors.empty()) {
      const auto at = errors.find(row.front());
      row.push_back(at == errors.end() ? "" : "+- " + format_exact(at->second));
    }
    row.emplace_back(info.meaning);
    table.add(std::move(row));
  }
  text += table.str() + "\n";
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      text += wrap(std::string(name) + ": " + printable(value), 2);
    }
  };
  line("source", law.provenance.source);
  line("parameters counted", law.provenance.params_counted);
  line("data", law.provenance.dataset);
  line("params fitted", interval_text(law.range.params, ParamsTag::unit));
  line("tokens fitted", interval_text(law.range.tokens, TokensTag::unit));
  line("FLOP fitted", interval_text(law.range.flops, FlopsTag::unit));
  line("draws",
       law.has_draws() ? law.provenance.draws_source
                       : std::string("none: intervals are not known"));
  line("note", law.provenance.note);
  return text;
}

namespace {

/// Tokens per parameter at a budget, "" for a law without an optimum there.
std::string ratio_at(const Law& law, Flops flops) {
  try {
    return format_number(optimum(law, flops).tokens_per_param(), 3);
  } catch (const std::invalid_argument&) {
    return {};
  }
}

}  // namespace

std::string to_text(const std::vector<Law>& laws) {
  constexpr double kBudget = 1e24;
  std::string unverified;
  TextTable table("lllrr");
  table.add({"law", "formula", "params", "draws", "D/N at 1e24"});
  for (const Law& law : laws) {
    table.add({printable(law.id),
               std::string(law.form->formula()),
               printable(law.provenance.params_counted.substr(
                   0, law.provenance.params_counted.find(','))),
               std::to_string(law.draws.rows()),
               ratio_at(law, Flops(kBudget))});
    if (law.provenance.is_verified) continue;
    unverified += (unverified.empty() ? "" : ", ") + printable(law.id);
  }
  if (!unverified.empty()) {
    unverified = wrap("not compared with its source: " + unverified, 2);
  }
  return table.str() + unverified + "\nNext: isoflop explain law " +
         printable(laws.front().id) + "\n";
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
