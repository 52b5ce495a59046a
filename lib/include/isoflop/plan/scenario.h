// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/error.h"
#include "isoflop/base/field.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/plan/cluster_keys.h"
#include "isoflop/plan/run_keys.h"
#include "isoflop/plan/serving_keys.h"

namespace isoflop {

/// A finding that a scenario file accepts, and why.
struct Acceptance {
  std::string code;
  std::string reason;  ///< may be empty
  Location at;         ///< in the file
};

/// Where a key was set, if not by an option.
struct KeyOrigin {
  std::string key;
  Location at;            ///< "set", of no line, by an edit
  bool is_yours = false;  ///< of a file that its reader has
};

/// What is known about a training run before it starts.
///
/// Each quantity may be absent, exact, or a range (`13T..60T`). `plan` chooses
/// what is absent; `check` judges what is there.
struct Scenario : RunKeys, GoalKeys, ClusterKeys, ServingKeys {
  /// Keys and the values that `plan` chooses from, as "model.experts=8,16,64".
  std::vector<std::string> choose;

  /// Only a scenario file sets these.
  std::string name;
  std::string about;                                         ///< in words
  std::vector<std::pair<std::string, std::string>> sources;  ///< key, source
  std::vector<std::string> unknown;  ///< what nobody outside knows
  std::vector<Acceptance> accept;    ///< findings that do not count
  std::vector<KeyOrigin> origins;    ///< of what a file or an edit set

  /// Passes that are worth making where nothing else is said.
  /// @source Muennighoff et al. 2023, arXiv:2305.16264, abstract.
  static constexpr double kUsefulEpochs = 4.0;
  /// Passes over the unique tokens that a plan may make.
  double useful_epochs() const {
    return max_epochs ? max_epochs->middle() : kUsefulEpochs;
  }

  static constexpr auto fields() {
    return std::tuple_cat(
        run_fields(),
        goal_fields(),
        cluster_fields(),
        serving_fields(),
        std::make_tuple(
            field("choose",
                  &Scenario::choose,
                  "a key of the scenario file and values of which the plan "
                  "takes the best, as model.experts=8,16,64 or "
                  "cluster.count=512..4096:4 (repeatable)",
                  kAnyNumber,
                  "choose")));
  }
};

/// Calls `visit(field, range)` for each quantity that may be a range and is
/// given.
template <class S, class Visit>
void for_each_range(S& scenario, Visit&& visit) {
  for_each_field(scenario, [&](const auto& field, auto& value) {
    if constexpr (requires { value->is_exact(); }) {
      if (value) visit(field, *value);
    }
  });
}

/// The scenario with every range at its middle.
Scenario at_middle(Scenario scenario);

/// @throws std::invalid_argument naming a quantity that is a range, other
///     than the MFU, over which every cost has an interval.
void require_exact(const Scenario& scenario, std::string_view owner);

/// A law as a loss of size and data in a scenario, `with_unique_tokens` of
/// it, the middle of a range; what else it reads is as in a run without it.
/// @throws std::invalid_argument when it does not answer that.
Law bind_scenario(const Law& law,
                  const Scenario& scenario,
                  std::string_view owner);

}  // namespace isoflop
