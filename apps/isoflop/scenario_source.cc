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
      options,
      command,
      names.empty() ? Scenario() : find_scenario(names.front()));
}

ScenarioSource scenario_source(const OptionSet& options,
                               const Command& command,
                               Scenario start) {
  ScenarioSource source{std::move(start), {}};
  Scenario& scenario = source.scenario;
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
