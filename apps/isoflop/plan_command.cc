// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "scenario_source.h"

namespace isoflop::cli {
namespace {

int run_plan(const Command& command,
             const std::vector<std::string>& args,
             const Streams& streams) {
  OptionSet options(command);
  options.add<Scenario>().add<PlanOptions>();
  offer_scenario(options);
  if (!options.parse(args, 1, streams)) return kAnswered;
  PlanOptions plan_options;
  options.fill(plan_options);
  const auto [scenario, law] = scenario_source(options, command);
  const Plan result = plan(law, scenario, plan_options);
  write_result(result, options.format(), streams);
  return report_findings(
      result.findings, options.format(), streams, {"law.no-draws"});
}

}  // namespace

const Command kPlanCommand{
    "plan",
    "from a budget, a size or data to the run of lowest loss",
    {"plan --flops 1e24",
     "plan --flops 1e24 --unique-tokens 200B",
     "plan --flops 1e24 --from data/pilot/pile.csv",
     "plan --usd 2e6 --accelerator h100-sxm --count 1024",
     "plan --params 7B --law hoffmann2022 --format json"},
    "[SCENARIO.TOML]",
    run_plan};

}  // namespace isoflop::cli
