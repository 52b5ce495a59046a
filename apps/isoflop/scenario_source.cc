// SPDX-License-Identifier: Apache-2.0
#include "scenario_source.h"

#include <utility>

#include "isoflop/plan/origins.h"

namespace isoflop::cli {

void offer_scenario(OptionSet& options) {
  options.add<ScenarioEdits>();
  offer_runs(options);
}

ScenarioSource scenario_source(const OptionSet& options,
                               const Command& command) {
  const std::vector<std::string>& names = options.positional();
  return scenario_source(
      options, command, names.empty() ? std::string() : names.front());
}

ScenarioSource scenario_source(const OptionSet& options,
                               const Command& command,
                               const std::string& name) {
  ScenarioSource source;
  Scenario& scenario = source.scenario;
  if (!name.empty()) scenario = find_scenario(name);
  ScenarioEdits edits;
  options.fill(edits);
  scenario = edited(std::move(scenario), edits, command.name);
  const Scenario before = scenario;
  options.fill(scenario);
  source.law =
      law_or_forecast(options, scenario.law, scenario.allow_unverified);
  mark_options(scenario, before);
  return source;
}

}  // namespace isoflop::cli
