// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <stdexcept>

#include "isoflop/laws/predict.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/plan/what_if.h"
#include "isoflop/report/csv.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "scenario_source.h"

namespace isoflop::cli {
namespace {

/// Runs that an axis names are learned from with the defaults: other options
/// would be those of one law among several, without a word.
void require_default_reading(const OptionSet& options,
                             const WhatIfOptions& what_if) {
  if (options.given_of_accepted().empty()) return;
  for (const std::string& axis : what_if.vary) {
    if (!axis.starts_with("law=")) continue;
    std::istringstream names(axis.substr(4));
    bool has_runs = false;
    for (std::string name; std::getline(names, name, ',');) {
      has_runs = has_runs || is_runs_path(name);
    }
    if (!has_runs) continue;
    throw std::invalid_argument(
        "whatif: " + options.given_of_accepted().front() +
        " is not taken for runs in --vary law; save a forecast of each "
        "(isoflop forecast RUNS.CSV -o law.json) and vary these");
  }
}

int run_whatif(const Command& command,
               const std::vector<std::string>& args,
               const Streams& streams) {
  OptionSet options(command);
  options.add<Scenario>().add<WhatIfOptions>();
  options.allow_csv();
  offer_scenario(options);
  if (!options.parse(args, 1, streams)) return kAnswered;
  WhatIfOptions what_if_options;
  options.fill(what_if_options);
  require_default_reading(options, what_if_options);
  const auto [scenario, law] = scenario_source(options, command);
  const WhatIf result = what_if(law, scenario, what_if_options);
  if (options.format() == Format::Csv) {
    streams.out << to_csv(result);
  } else {
    write_result(result, options.format(), streams);
  }
  return report_findings(law_warnings(law), Format::Text, streams);
}

}  // namespace

const Command kWhatIfCommand{
    "whatif",
    "plans of a scenario as its keys vary",
    {"whatif --vary budget.flops=1e22..1e26:9",
     "whatif --flops 1e24 --vary data.unique_tokens=100B,1T "
     "--vary data.max_epochs=1,4",
     "whatif --usd 2e6 --accelerator h100-sxm --vary cluster.mfu=0.3,0.4,0.5 "
     "--format csv"},
    "[SCENARIO.TOML]",
    run_whatif};

}  // namespace isoflop::cli
