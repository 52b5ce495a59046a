// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isoflop/fit/forecast.h"
#include "isoflop/laws/law.h"
#include "isoflop/runs/read_runs.h"

namespace isoflop {

/// The law that is learned from a table of runs: a forecast, tested on its own
/// larger runs unless the table has more than 300 rows.
/// @param path  of any kind that `read_runs` takes
/// @throws as `read_runs` and `forecast`.
Law forecast_law(const std::string& path,
                 const ReadOptions& read_options = {},
                 const ForecastOptions& options = {});

/// A law by what names it, as plans, checks and predictions have it: a
/// catalogue id, a saved law, or a table of runs (`is_runs_path`), from which
/// it is a forecast.
/// @throws as `find_law` and `forecast_law`.
Law law_or_forecast(const std::string& name,
                    bool allow_unverified = false,
                    const ReadOptions& read_options = {},
                    const ForecastOptions& options = {});

}  // namespace isoflop
