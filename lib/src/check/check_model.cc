// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check_model.h"

#include <algorithm>
#include <stdexcept>

#include "check/rule.h"
#include "isoflop/base/suggest.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/units/text.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

/// "GPT-4, OpenAI, 2023-03-15 (rumour): note"
std::string about(const Model& model) {
  std::string text = model.name + ", " + model.org;
  if (!model.release_date.empty()) text += ", " + model.release_date;
  text += " (" + std::string(to_string(model.confidence)) + ")";
  return model.note.empty() ? text : text + ": " + model.note;
}

std::optional<Params> size_of(const Model& model) {
  // Nobody knows how many of its parameters a mixture uses for a token.
  if (model.architecture == Architecture::Dense && !model.active_params) {
    return model.params;
  }
  return model.active_params;
}

std::optional<Finding> architecture_note(const Model& model) {
  if (model.architecture == Architecture::Dense) return std::nullopt;
  std::string message = model.name + " is of the architecture '" +
                        std::string(to_string(model.architecture)) +
                        "', and the law was fitted on dense models";
  if (model.params && model.active_params &&
      *model.active_params < *model.params) {
    message += "; of its " + format_quantity(*model.params) +
               " parameters the " + format_quantity(*model.active_params) +
               " that work on a token stand for its size";
  }
  return Finding{
      "law.other-architecture",
      Severity::Note,
      std::move(message),
      model.architecture == Architecture::Moe
          ? "take the verdict for a dense model of that size, or " +
                std::string(model.experts ? "" : "give experts and ") +
                "take a law of mixtures (" + std::string(kMixtureLaw) + ")"
          : "take the verdict for a dense model of that size",
      {}};
}

/// Whether a model is a mixture of which a law can be told the experts.
bool brings_experts(const Model& model, const Law& law, const Scenario& asked) {
  const bool is_mixture =
      asked.architecture.value_or(model.architecture) == Architecture::Moe;
  return is_mixture && model.experts && !asked.experts &&
         law.form->input_index(kExperts.name);
}

}  // namespace

Scenario model_defaults(const Model& model) {
  Scenario scenario;
  if (model.architecture == Architecture::Moe && model.experts) {
    scenario.law = std::string(kMixtureLaw);
    scenario.origins.push_back({"law", {model.id}});
  }
  return scenario;
}

Scenario model_scenario(const Model& model, Scenario asked) {
  if (is_mixture(asked) && model.architecture != Architecture::Dense) {
    if (!asked.params && model.params) asked.params = *model.params;
    if (!asked.active_params && model.active_params) {
      asked.active_params = *model.active_params;
    }
  }
  if (!asked.params && !asked.active_params) asked.params = size_of(model);
  if (!asked.tokens) asked.tokens = model.tokens;
  if (!asked.unique_tokens) asked.unique_tokens = model.unique_tokens;
  std::vector<std::string> missing;
  if (!asked.params && !asked.active_params) {
    missing.emplace_back(model.params ? "active_params" : "params");
  }
  if (!asked.tokens) missing.emplace_back("tokens");
  if (!missing.empty()) {
    const std::vector<std::string> scenarios = published_scenario_names();
    const bool is_scenario =
        std::find(scenarios.begin(), scenarios.end(), model.id) !=
        scenarios.end();
    throw std::invalid_argument(
        "check: nobody has said the " + join_words(missing) + " of " +
        model.id + " (`isoflop explain model " + model.id + "`); give " +
        (asked.params || asked.active_params ? "" : "--params") +
        (missing.size() > 1 ? " and " : "") + (asked.tokens ? "" : "--tokens") +
        (is_scenario
             ? ", or `isoflop check " + model.id + "` for what is possible"
             : ""));
  }
  asked.name = model.id;
  asked.about = about(model);
  asked.sources.emplace_back("model", model.source);
  return asked;
}

Check check_model(const Law& law,
                  const Model& model,
                  const Scenario& asked,
                  const CheckOptions& options) {
  Scenario known = asked;
  if (brings_experts(model, law, asked)) known.experts = *model.experts;
  Check result = check(law, model_scenario(model, known), options);
  // With its experts a mixture is judged as one.
  auto note =
      is_mixture(result.scenario) ? std::nullopt : architecture_note(model);
  if (note) {
    result.findings.push_back(*std::move(note));
    result.accepted.clear();
    settle(acceptances(options.accept, result.scenario.accept),
           result.findings,
           result.accepted);
    result.verdict = verdict_of(result.findings);
  }
  return result;
}

}  // namespace isoflop
