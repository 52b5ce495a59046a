// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/laws/law.h"
#include "options.h"

namespace isoflop::cli {

/// Offers --from RUNS.CSV and --where: a forecast from runs in place of a law.
void offer_runs(OptionSet& options);

/// A law, and what is doubtful about it where it was learned just now.
struct LawSource {
  Law law;
  std::vector<Finding> findings;

  /// Puts the findings before those of a result.
  void add_to(std::vector<Finding>& others) const {
    others.insert(others.begin(), findings.begin(), findings.end());
  }
};

/// The forecast from the runs of --from, else the law of this id or file.
/// @param id  the path of the runs afterwards where they were given
LawSource law_or_forecast(const OptionSet& options,
                          std::string& id,
                          bool allow_unverified);

}  // namespace isoflop::cli
