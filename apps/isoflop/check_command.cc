// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "law_source.h"
#include "options.h"

namespace isoflop::cli {
namespace {

int run_check(const Command& command,
              const std::vector<std::string>& args,
              const Streams& streams) {
  OptionSet options(command);
  options.add<Scenario>().add<CheckOptions>().add<ScenarioEdits>();
  offer_runs(options);
  if (!options.parse(args, 1, streams)) return kAnswered;
  Scenario scenario;
  if (!options.positional().empty()) {
    scenario = find_scenario(options.positional().front());
  }
  ScenarioEdits edits;
  options.fill(edits);
  scenario = edited(std::move(scenario), edits, command.name);
  options.fill(scenario);
  CheckOptions check_options;
  options.fill(check_options);
  const LawSource source =
      law_or_forecast(options, scenario.law, scenario.allow_unverified);
  Check result = check(source.law, scenario, check_options);
  source.add_to(result.findings);
  write_result(result, options.format(), streams);
  return worst(result.findings) == Severity::Error ? kNo : kAnswered;
}

}  // namespace

const Command kCheckCommand{
    "check",
    "whether a plan should be trained",
    {"check --params 70B --tokens 1.4T",
     "check --params 530B --tokens 270B",
     "check gpt-4.5",
     "check --params 30B --tokens 600B --from data/pilot/pile.csv",
     "check --params 2T --tokens 13T --unique-tokens 5T..13T --format json"},
    "[SCENARIO]",
    run_check};

}  // namespace isoflop::cli
