// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/laws/predict.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

/// What is known about a training run before it starts.
///
/// Each quantity may be absent, exact, or a range (`13T..60T`). `plan`
/// chooses what is absent; `check` judges what is there.
struct Scenario {
  std::string law = std::string(kDefaultLaw);
  std::optional<Range<Flops>> flops;
  std::optional<Range<Params>> params;
  std::optional<Range<Tokens>> tokens;
  std::optional<Range<Tokens>> unique_tokens;
  std::optional<double> max_epochs;
  bool allow_unverified = false;

  /// Only a scenario file sets these.
  std::string name;
  std::string about;
  std::vector<std::pair<std::string, std::string>> sources;  ///< key, source
  std::vector<std::string> unknown;  ///< what nobody outside knows

  /// Passes that are worth making where nothing else is said.
  /// @source Muennighoff et al. 2023, arXiv:2305.16264, abstract.
  static constexpr double kUsefulEpochs = 4.0;
  double useful_epochs() const { return max_epochs.value_or(kUsefulEpochs); }

  static constexpr auto fields() {
    return std::make_tuple(
        field("law", &Scenario::law, kLawHelp, kAnyNumber, "law"),
        field("flops",
              &Scenario::flops,
              "training compute, C = 6 N D",
              kPositive,
              "budget.flops"),
        field("params",
              &Scenario::params,
              kParamsHelp,
              kPositive,
              "model.params"),
        field(
            "tokens", &Scenario::tokens, kTokensHelp, kPositive, "data.tokens"),
        field("unique_tokens",
              &Scenario::unique_tokens,
              "distinct tokens that are at hand",
              kPositive,
              "data.unique_tokens"),
        field("max_epochs",
              &Scenario::max_epochs,
              "passes over the unique tokens that are still worth making; when "
              "absent 4 (Muennighoff et al. 2023, arXiv:2305.16264), and for "
              "`plan` no bound under a law that weighs repeats",
              at_least(1),
              "data.max_epochs"),
        field("allow_unverified",
              &Scenario::allow_unverified,
              kAllowUnverifiedHelp,
              kAnyNumber,
              "allow_unverified"));
  }
};

/// A scenario file (TOML). Keys are those of `Scenario::fields()`, numbers or
/// texts with units, and `name`, `about`, `unknown`, `[sources]`. The path of
/// a saved law starts at the folder of the scenario file.
///
/// @throws FileError, or DataError with line and column for a key that is
///     unknown or a value that cannot be meant.
Scenario read_scenario(const std::string& path);

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

/// A law as a loss of size and data in a scenario: a law that reads the
/// distinct tokens takes those of the scenario, the middle of a range; what
/// else it reads is as in a run without it.
/// @throws std::invalid_argument when it does not answer that.
Law bind_scenario(const Law& law,
                  const Scenario& scenario,
                  std::string_view owner);

}  // namespace isoflop
