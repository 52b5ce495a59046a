// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/run_cost.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// The axes of a table of plans; see `fields()`.
struct WhatIfOptions {
  std::vector<std::string> vary;
  int threads = 0;

  static constexpr auto fields() {
    return std::make_tuple(
        field("vary",
              &WhatIfOptions::vary,
              "a key of the scenario file and its values: "
              "data.unique_tokens=1T..20T:9 for nine at equal ratios, "
              "cluster.count=1024,2048 for these (repeatable)"),
        field("threads",
              &WhatIfOptions::threads,
              "threads; 0 for all CPUs; the result is the same for any",
              between(0, 1024)));
  }
};

/// One combination of the values.
struct WhatIfPoint {
  std::vector<std::string> values;  ///< one an axis
  std::string problem;              ///< why there is no plan; else ""
  Optimum run;
  std::string binding;  ///< scenario key of the limit that binds
  double epochs = 0.0;  ///< over the unique tokens; 0 when not given
  RunCost cost;
  std::vector<std::string> misses;  ///< codes of errors: bounds not kept
};

/// Plans of a scenario as its keys vary.
struct WhatIf {
  std::string law;  ///< id
  /// How the law was fitted or forecast, see `Provenance::options`.
  std::map<std::string, std::string> law_options;
  Scenario scenario;
  WhatIfOptions options;
  std::vector<std::string> keys;    ///< one an axis
  std::vector<WhatIfPoint> points;  ///< the last axis runs fastest
};

/// The plan at each combination of the values of one to many keys: by the
/// law's point, or by the risk of the scenario.
///
/// @throws std::invalid_argument for an axis that cannot be meant, or more
///     than a million points. A combination that cannot be planned is a point
///     with its problem.
WhatIf what_if(const Law& law,
               const Scenario& scenario,
               const WhatIfOptions& options);

}  // namespace isoflop
