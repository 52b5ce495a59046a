// SPDX-License-Identifier: Apache-2.0
#include "check_subjects.h"

#include <algorithm>
#include <stdexcept>

#include "isoflop/check/check_law.h"
#include "isoflop/check/check_model.h"
#include "scenario_source.h"

namespace isoflop::cli {
namespace {

RouterCheck judge_router(const OptionSet& options, const std::string& path) {
  RouterOptions router_options;
  options.fill(router_options);
  return check_router(read_router_load(path), router_options);
}

/// What a saved law is called, in place of a scenario.
bool is_law(const std::string& name) { return name.ends_with(".json"); }

LawCheck judge_law(const OptionSet& options, const std::string& path) {
  LawCheckOptions law_options;
  options.fill(law_options);
  return check_law(path, law_options);
}

Check judge_plan(const OptionSet& options,
                 const Command& command,
                 const std::string& name) {
  CheckOptions check_options;
  options.fill(check_options);
  if (options.has("model")) {
    const Model model = find_model(name);
    const auto [scenario, law] =
        scenario_source(options, command, model_defaults(model));
    return check_model(law, model, scenario, check_options);
  }
  const auto [scenario, law] = scenario_source(
      options, command, name.empty() ? Scenario() : find_scenario(name));
  return check(law, scenario, check_options);
}

}  // namespace

void offer_subjects(OptionSet& options) {
  options.add<Scenario>().add<CheckOptions>().add<ChecksOptions>();
  offer_scenario(options);
  options
      .add("model",
           "NAME",
           "judge a published model as if it were a plan, see `isoflop list "
           "models` (repeatable)")
      .add("expert_load",
           "LOAD.CSV",
           "judge the router of a mixture of experts instead: a table with "
           "the columns layer, expert and tokens; for it are the options "
           "below, --params, --tokens and --accept")
      .add<RouterOptions>();
}

Checks judge_subjects(const OptionSet& options, const Command& command) {
  ChecksOptions checks_options;
  options.fill(checks_options);
  const auto load = options.last("expert_load");
  std::vector<std::string> names = options.positional();
  if (!names.empty() && (load || options.has("model"))) {
    throw std::invalid_argument("check: '" + names.front() +
                                "' is a scenario; --model and --expert-load "
                                "are judged without one");
  }
  if (load) {
    options.allow_only<RouterOptions, ChecksOptions>(
        {"expert_load"}, "has no effect with --expert-load");
    names = {*load};
  } else {
    options.allow_only<Scenario, CheckOptions, ChecksOptions, ScenarioEdits>(
        {"from", "where", "model"}, "needs --expert-load");
    if (!names.empty() && std::all_of(names.begin(), names.end(), is_law)) {
      options.allow_only<LawCheckOptions, ChecksOptions>(
          {}, "has no effect on a law");
    }
    if (names.empty()) names = options.given("model");
    if (names.empty()) names = {""};
  }
  return check_each(
      names,
      [&](const std::string& name) -> decltype(Checked::answer) {
        if (load) return judge_router(options, name);
        if (is_law(name)) return judge_law(options, name);
        return judge_plan(options, command, name);
      },
      checks_options);
}

}  // namespace isoflop::cli
