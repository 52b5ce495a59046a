// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "isoflop/fit/valleys.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"
#include "runs_argument.h"

namespace isoflop::cli {
namespace {

int run_valleys(const Command& command,
                const std::vector<std::string>& args,
                const Streams& streams) {
  OptionSet options(command);
  options.add<ValleyOptions>().add<ReadOptions>();
  if (!options.parse(args, 1, streams)) return kAnswered;
  if (options.positional().empty()) {
    throw std::invalid_argument(
        "valleys: needs a file of runs, or - for standard input");
  }
  ValleyOptions valley_options;
  options.fill(valley_options);
  ReadOptions read_options;
  options.fill(read_options);
  const Runs runs =
      runs_argument(options.positional().front(), read_options, streams);
  const ValleyResult result = isoflop_valleys(runs, valley_options);
  write_result(result, options.format(), streams);
  return report_findings(result.findings, options.format(), streams);
}

}  // namespace

const Command kValleysCommand{
    "valleys",
    "the optimum by isoFLOP parabolas (approach 2), with their bias",
    {"valleys data/pilot/isoflop.csv",
     "valleys data/pilot/isoflop.csv --budget-ratio 1.5 --format json"},
    "RUNS.CSV",
    run_valleys};

}  // namespace isoflop::cli
