// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "scenario_source.h"

namespace isoflop::cli {
namespace {

int run_check(const Command& command,
              const std::vector<std::string>& args,
              const Streams& streams) {
  OptionSet options(command);
  options.add<Scenario>().add<CheckOptions>();
  offer_scenario(options);
  if (!options.parse(args, 1, streams)) return kAnswered;
  CheckOptions check_options;
  options.fill(check_options);
  const auto [scenario, source] = scenario_source(options, command);
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
