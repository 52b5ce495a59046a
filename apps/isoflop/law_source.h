// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isoflop/laws/law.h"
#include "isoflop/runs/read_runs.h"
#include "options.h"

namespace isoflop::cli {

/// Offers --from RUNS.CSV: a forecast from runs in place of a law, with every
/// option of the verb forecast. To be called after the verb's own options.
void offer_runs(OptionSet& options);

/// The forecast from the runs of --from, else the law that this names, which
/// may be runs too.
/// @param id  the path of the runs afterwards where --from gave them
/// @throws std::invalid_argument for options of runs without these.
Law law_or_forecast(const OptionSet& options,
                    std::string& id,
                    bool allow_unverified);

/// How the table of --at is read: as the runs learned from, where there are
/// some, but for their `where`.
/// @param id  what --law names, if it does
ReadOptions read_options_at(const OptionSet& options, const std::string& id);

}  // namespace isoflop::cli
