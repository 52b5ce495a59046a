// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isoflop/laws/law.h"
#include "options.h"

namespace isoflop::cli {

/// Offers --from RUNS.CSV and --where: a forecast from runs in place of a law.
void offer_runs(OptionSet& options);

/// The forecast from the runs of --from, else the law of this id or file. What
/// is doubtful about the forecast goes to the error stream.
Law law_or_forecast(const OptionSet& options,
                    const std::string& id,
                    bool allow_unverified,
                    const Streams& streams);

}  // namespace isoflop::cli
