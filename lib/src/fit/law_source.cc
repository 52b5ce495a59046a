// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/law_source.h"

#include <stdexcept>

#include "isoflop/fit/backtest.h"

namespace isoflop {
namespace {

/// Of tables of more rows a test would take longer than the answer.
constexpr std::int64_t kMostTested = 300;

}  // namespace

Law forecast_law(const std::string& path,
                 const ReadOptions& read_options,
                 const ForecastOptions& options) {
  const Runs runs = read_runs(path, read_options);
  Law law = forecast(runs, options).law;
  if (law.status != LawStatus::NotIdentified && runs.size() <= kMostTested) {
    law.tested = tested_reach(runs, options);
  }
  return law;
}

Law law_or_forecast(const std::string& name,
                    bool allow_unverified,
                    const ReadOptions& read_options,
                    const ForecastOptions& options) {
  return is_runs_path(name) ? forecast_law(name, read_options, options)
                            : find_law(name, allow_unverified);
}

}  // namespace isoflop
