// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/forecast.h"

#include <stdexcept>

#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/read_runs.h"
#include "options.h"
#include "runs_argument.h"

namespace isoflop::cli {
namespace {

int run_forecast(const Command& command,
                 const std::vector<std::string>& args,
                 const Streams& streams) {
  OptionSet options(command);
  options.add<ForecastOptions>()
      .add<ReadOptions>()
      .add("output", "LAW.JSON", "write the law and its departure here", 'o')
      .add("force", "", "replace the output file if it exists");
  if (!options.parse(args, 1, streams)) return kAnswered;
  if (options.positional().empty()) {
    throw std::invalid_argument(
        "forecast: needs a CSV file of runs, or - for standard input");
  }
  ForecastOptions forecast_options;
  options.fill(forecast_options);
  ReadOptions read_options;
  options.fill(read_options);
  const std::string& path = options.positional().front();
  const auto output = options.last("output");
  if (output) require_writable(*output, options.has("force"));
  const Runs runs = runs_argument(path, read_options, streams);
  const Forecast result = forecast(runs, forecast_options);
  if (output) write_law(result.law, *output, options.has("force"));
  write_result(result, options.format(), streams);
  return report_findings(result.findings, options.format(), streams);
}

}  // namespace

const Command kForecastCommand{
    "forecast",
    "learn from runs what larger runs will lose",
    {"forecast data/pilot/pile.csv",
     "forecast data/pilot/pile.csv --form additive --prior none",
     "forecast data/pilot/pile.csv --scales averaged --format json",
     "forecast data/pilot/pile.csv --discrepancy none"},
    "RUNS.CSV",
    run_forecast};

}  // namespace isoflop::cli
