// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/backtest.h"

#include <stdexcept>

#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/read_runs.h"
#include "options.h"
#include "runs_argument.h"

namespace isoflop::cli {
namespace {

int run_backtest(const Command& command,
                 const std::vector<std::string>& args,
                 const Streams& streams) {
  OptionSet options(command);
  options.add<BacktestOptions>().add<ReadOptions>();
  if (!options.parse(args, 1, streams)) return kAnswered;
  if (options.positional().empty()) {
    throw std::invalid_argument(
        "backtest: needs a CSV file of runs, or - for standard input");
  }
  BacktestOptions backtest_options;
  options.fill(backtest_options);
  ReadOptions read_options;
  options.fill(read_options);
  const std::string& path = options.positional().front();
  const Runs runs = runs_argument(path, read_options, streams);
  const Backtest result = backtest(runs, backtest_options);
  write_result(result, options.format(), streams);
  return report_findings(result.findings, options.format(), streams);
}

}  // namespace

const Command kBacktestCommand{
    "backtest",
    "predict the larger runs from the smaller, and see what to trust",
    {"backtest data/pilot/pile.csv",
     "backtest data/pilot/pile.csv --factor 3,5 --law coupled --format json"},
    "RUNS.CSV",
    run_backtest};

}  // namespace isoflop::cli
