// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/plan/origins.h"
#include "isoflop/plan/scenario_file.h"
#include "keywords.h"

namespace isoflop::python {

/// The scenario with the keyword `set` taken: keys of a scenario file.
inline Scenario with_edits(const Scenario& scenario,
                           py::dict& keywords,
                           const char* owner) {
  ScenarioEdits edits;
  take(edits, keywords, owner);
  return edited(scenario, edits, owner);
}

/// Takes the keywords that are keys of the scenario.
/// @param before  as files and edits gave it
inline void take_keys(Scenario& scenario,
                      const Scenario& before,
                      py::dict& keywords,
                      const char* owner) {
  take(scenario, keywords, owner);
  mark_options(scenario, before);
}

/// A scenario from what a caller has: none, a Scenario, a dict of its options,
/// a name or a path.
inline Scenario scenario_of(const py::object& scenario) {
  if (scenario.is_none()) return {};
  if (py::isinstance<py::dict>(scenario)) {
    py::dict keywords = scenario.attr("copy")();
    Scenario known;
    take(known, keywords, "scenario");
    require_none_left(
        keywords, detail::names_of(option_infos<Scenario>()), "scenario");
    return known;
  }
  if (py::isinstance<Scenario>(scenario)) return scenario.cast<Scenario>();
  return find_scenario(py::str(scenario).cast<std::string>());
}

}  // namespace isoflop::python
