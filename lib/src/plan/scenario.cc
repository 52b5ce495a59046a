// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/scenario.h"

#include <stdexcept>

#include "isoflop/laws/repeats.h"
#include "plan/cluster.h"
#include "plan/mixture.h"

namespace isoflop {

Scenario at_middle(Scenario scenario) {
  for_each_range(scenario,
                 [](const auto&, auto& range) { range = range.middle(); });
  return scenario;
}

void require_exact(const Scenario& scenario, std::string_view owner) {
  for_each_range(scenario, [&](const auto& field, const auto& range) {
    if (range.is_exact() || field.name == "mfu") return;
    throw std::invalid_argument(std::string(owner) + ": " +
                                std::string(field.name) +
                                " is a range, but must be one value; `check` "
                                "takes ranges");
  });
}

Law bind_scenario(const Law& law,
                  const Scenario& scenario,
                  std::string_view owner) {
  std::optional<Tokens> unique;
  if (scenario.unique_tokens) unique = scenario.unique_tokens->middle();
  return with_unique_tokens(law_of_model(law, scenario, owner), unique, owner);
}

}  // namespace isoflop
