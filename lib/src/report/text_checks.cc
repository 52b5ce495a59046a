// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <map>

#include "isoflop/base/suggest.h"
#include "isoflop/report/text.h"
#include "report/check_parts.h"
#include "report/table.h"
#include "report/words.h"

namespace isoflop {
namespace {

std::string head(const RouterCheck& check) {
  const std::string layers =
      counted(static_cast<int>(check.layers.size()), "layer", "layers");
  const std::string why =
      "worth " + format_number(check.effective, 3) + " of " +
      std::to_string(check.experts) + " experts; MaxVio " +
      format_number(check.max_vio, 3) + " over all layers, " +
      format_number(check.worst.max_vio, 3) + " in layer " +
      std::to_string(check.worst.layer);
  return std::string(verdict_words(check.verdict)) + "   " +
         printable(check.source) + ": " + std::to_string(check.experts) +
         " experts in " + layers + "\n" + wrap(why, 2) +
         see_codes(check.findings);
}

std::string numbers_table(const RouterCheck& check) {
  TextTable table("lrr");
  table.add({"", "load", "even"});
  const std::size_t all =
      check.layers.size() * static_cast<std::size_t>(check.experts);
  table.add({"dead experts",
             std::to_string(check.dead) + " of " + std::to_string(all),
             "0"});
  table.add({"effective experts a layer",
             format_number(check.effective, 3),
             std::to_string(check.experts)});
  table.add({"MaxVio, all layers", format_number(check.max_vio, 3), "0"});
  table.add(
      {"time of the experts", format_number(check.slowest_device, 3), "1"});
  if (check.cost) {
    const RouterCost& cost = *check.cost;
    table.add({"time of a step", format_number(cost.time_factor, 3), "1"});
    table.add({"parameters that rest",
               format_quantity(cost.idle_params, ParamsTag::unit),
               "0"});
    if (cost.idle_flops) {
      table.add({"FLOP of waiting", format_quantity(*cost.idle_flops), "0"});
    }
  }
  std::string text = table.str();
  if (check.cost && check.cost->is_least) {
    text += wrap("the lowest three are lower bounds: --top-k is not given", 2);
  }
  return text;
}

/// The layers of the largest MaxVio.
std::string layers_table(const RouterCheck& check) {
  constexpr std::size_t kShown = 6;
  std::vector<RouterLayer> layers = check.layers;
  std::stable_sort(layers.begin(),
                   layers.end(),
                   [](const RouterLayer& a, const RouterLayer& b) {
                     return a.max_vio > b.max_vio;
                   });
  TextTable table("rrrrrr");
  table.add(
      {"layer", "tokens", "dead", "MaxVio", "effective", "slowest device"});
  for (std::size_t i = 0; i < std::min(kShown, layers.size()); ++i) {
    const RouterLayer& layer = layers[i];
    table.add({std::to_string(layer.layer),
               format_quantity(layer.tokens, TokensTag::unit),
               std::to_string(layer.dead),
               format_number(layer.max_vio, 3),
               format_number(layer.effective, 3),
               format_number(layer.slowest_device, 3)});
  }
  std::string text = table.str();
  if (layers.size() > kShown) {
    text += wrap(counted(static_cast<int>(layers.size() - kShown),
                         "layer is",
                         "layers are") +
                     " more even",
                 2);
  }
  return text;
}

std::string dense_table(const RouterCheck& check) {
  if (check.dense.empty()) {
    return wrap(
        "what the mixture is worth: give --active-params, --params "
        "and --tokens",
        2);
  }
  const auto size = [](const std::optional<Params>& params) {
    return params ? format_quantity(*params) : std::string("none");
  };
  TextTable table("lrrrrr");
  table.add({"law", "dense size", "if even", "loss", "if even", "beyond"});
  for (const DenseEquivalent& dense : check.dense) {
    table.add({dense.law,
               size(dense.params),
               size(dense.balanced_params),
               format_number(dense.loss.value(), 4),
               format_number(dense.balanced_loss.value(), 4),
               dense.extrapolation
                   ? format_number(*dense.extrapolation, 2) + "x"
                   : ""});
  }
  return table.str() +
         wrap(
             "dense size: the dense model of the same loss on the same tokens; "
             "beyond: how far the farthest of size, tokens and experts is "
             "outside the law's runs",
             2);
}

/// What the law is, and the runs that it is of.
std::string law_lines(const Law& law) {
  std::string text = wrap(std::string(law.form->name()) + ": " +
                              printable(std::string(law.form->formula())),
                          2);
  std::vector<std::string> parts;
  const auto add = [&](const std::string& what, const char* unit) {
    if (!what.empty()) parts.push_back(what + unit);
  };
  add(interval_text(law.range.params, ParamsTag::unit), " params");
  add(interval_text(law.range.tokens, TokensTag::unit), " tokens");
  add(interval_text(law.range.flops, FlopsTag::unit), " FLOP");
  add(law.has_draws() ? std::to_string(law.draws.rows()) : "no", " draws");
  return text + wrap("runs: " + join_clauses(parts), 2);
}

}  // namespace

std::string to_text(const LawCheck& check) {
  const std::string verdict(check.verdict == Verdict::DoNotTrain
                                ? "DO NOT PLAN BY IT"
                                : verdict_words(check.verdict));
  const Law& law = check.law;
  return verdict + "   " + printable(check.source) + ": " +
         (law.is_forecast() ? "forecast, " : "law, ") +
         std::string(to_string(law.status)) + "\n" + see_codes(check.findings) +
         findings_block(check.findings, check.accepted) + "\n" + law_lines(law);
}

std::string to_text(const RouterCheck& check) {
  return head(check) + findings_block(check.findings, check.accepted) + "\n" +
         numbers_table(check) + "\n" + layers_table(check) + "\n" +
         dense_table(check);
}

std::string to_text(const Checks& checks) {
  std::string text;
  int problems = 0;
  std::map<Verdict, int, std::greater<>> verdicts;
  for (const Checked& checked : checks.all) {
    std::string block;
    if (const auto* plan = std::get_if<Check>(&checked.answer)) {
      block = to_text(*plan);
      ++verdicts[plan->verdict];
    } else if (const auto* router = std::get_if<RouterCheck>(&checked.answer)) {
      block = to_text(*router);
      ++verdicts[router->verdict];
    } else if (const auto* law = std::get_if<LawCheck>(&checked.answer)) {
      block = to_text(*law);
      ++verdicts[law->verdict];
    } else {
      const auto& problem = std::get<CheckProblem>(checked.answer);
      const std::string place = to_string(problem.at);
      block =
          "CANNOT BE JUDGED\n" +
          wrap(printable((place.empty() ? "" : place + ": ") + problem.message),
               2);
      ++problems;
    }
    text += "== " + printable(checked.name) + "\n" + block + "\n";
  }
  std::vector<std::string> parts;
  for (const auto& [verdict, count] : verdicts) {
    parts.push_back(std::to_string(count) + " " +
                    std::string(verdict_words(verdict)));
  }
  if (problems > 0) {
    parts.push_back(std::to_string(problems) + " CANNOT BE JUDGED");
  }
  return text + wrap(std::to_string(checks.all.size()) +
                         " judged: " + join_clauses(parts),
                     0);
}

}  // namespace isoflop
