// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/plan/scenario_file.h"
#include "law_source.h"
#include "options.h"

namespace isoflop::cli {

/// Offers the keys of a scenario as options, --set, --from and --where.
void offer_scenario(OptionSet& options);

/// A scenario from its file or name, then --set, then options; and its law.
struct ScenarioSource {
  Scenario scenario;
  Law law;
};
ScenarioSource scenario_source(const OptionSet& options,
                               const Command& command);

/// The same from a scenario that --set and options change.
ScenarioSource scenario_source(const OptionSet& options,
                               const Command& command,
                               Scenario start);

}  // namespace isoflop::cli
