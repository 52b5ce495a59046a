// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "isoflop/fit/compare.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"
#include "runs_argument.h"

namespace isoflop::cli {
namespace {

template <class Result>
int write(const Result& result, Format format, const Streams& streams) {
  write_result(result, format, streams);
  return report_findings(result.findings, format, streams);
}

int run_compare(const Command& command,
                const std::vector<std::string>& args,
                const Streams& streams) {
  OptionSet options(command);
  options.add<CompareOptions>().add<ReadOptions>();
  if (!options.parse(args, 2, streams)) return kAnswered;
  const std::vector<std::string>& paths = options.positional();
  if (paths.empty()) {
    throw std::invalid_argument("compare: needs one or two files of runs");
  }
  if (paths.size() == 2 && paths[0] == "-" && paths[1] == "-") {
    throw std::invalid_argument("compare: standard input is there once only");
  }
  CompareOptions compare_options;
  options.fill(compare_options);
  ReadOptions read_options;
  options.fill(read_options);
  const Runs first = runs_argument(paths.front(), read_options, streams);
  if (paths.size() == 1) {
    return write(
        compare_forms(first, compare_options), options.format(), streams);
  }
  const Runs second = runs_argument(paths.back(), read_options, streams);
  const RunsComparison gains = compare_runs(first, second, compare_options);
  const int status = write(gains, options.format(), streams);
  const bool is_known = !gains.gains.empty() &&
                        gains.gains.front().gain > 0.0 &&
                        std::isfinite(gains.gains.front().gain);
  return is_known ? status : std::max(status, int(kNo));
}

}  // namespace

const Command kCompareCommand{
    "compare",
    "forms on the same runs, or one form on two sets of runs",
    {"compare data/pilot/isoflop.csv --law additive --law coupled",
     "compare data/pilot/isoflop.csv data/pilot/isoflop_b.csv"},
    "RUNS.CSV [OTHER.CSV]",
    run_compare};

}  // namespace isoflop::cli
