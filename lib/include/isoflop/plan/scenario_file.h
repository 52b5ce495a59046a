// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// A scenario file (TOML). Keys are those of `Scenario::fields()`, numbers or
/// texts with units, and `name`, `about`, `unknown`, `[sources]` and
/// `check.accept`, a list of codes or a table of code = "reason". The path of
/// a saved law starts at the folder of the scenario file.
///
/// @throws FileError, or DataError with line and column for a key that is
///     unknown or a value that cannot be meant.
Scenario read_scenario(const std::string& path);

/// Sets one key of a scenario file, as `cluster.count=4096`.
/// @throws std::invalid_argument with the nearest known key.
void set_key(Scenario& scenario,
             std::string_view assignment,
             std::string_view owner);

/// Keys of a scenario set after it was read.
struct ScenarioEdits {
  std::vector<std::string> set;

  static constexpr auto fields() {
    return std::make_tuple(field("set",
                                 &ScenarioEdits::set,
                                 "a key of the scenario file and its value, as "
                                 "cluster.count=4096 (repeatable)"));
  }
};

/// The scenario with its edits made.
Scenario edited(Scenario scenario,
                const ScenarioEdits& edits,
                std::string_view owner);

/// Names of the scenarios that come with the library.
std::vector<std::string> published_scenario_names();

/// All of them.
std::vector<Scenario> published_scenarios();

/// One of them.
/// @throws std::invalid_argument with a did-you-mean.
Scenario published_scenario(std::string_view name);

/// A scenario by published name, or from a file when the text names one (it
/// has a '/' or ends in .toml).
Scenario find_scenario(const std::string& name_or_path);

}  // namespace isoflop
