// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <stdexcept>

#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/convert.h"
#include "options.h"

namespace isoflop::cli {
namespace {

int run_convert(const Command& command,
                const std::vector<std::string>& args,
                const Streams& streams) {
  constexpr int kMostFiles = 100000;
  OptionSet options(command);
  options.add<ConvertOptions>()
      .add<ReadOptions>()
      .add("output", "RUNS.CSV", "write the table of runs here", 'o')
      .add("force", "", "replace the output file if it exists")
      .allow_csv();
  if (!options.parse(args, kMostFiles, streams)) return kAnswered;
  ConvertOptions convert_options;
  options.fill(convert_options);
  ReadOptions read_options;
  options.fill(read_options);
  const auto output = options.last("output");
  if (output) require_writable(*output, options.has("force"));
  const Conversion result =
      convert(options.positional(), convert_options, read_options);
  if (output) write_runs(result.runs, *output, options.has("force"));
  // Without a file to write, the table is the answer.
  const bool is_table =
      options.format() == Format::Csv || (!output && !options.has("format"));
  if (is_table) {
    streams.out << runs_csv(result.runs);
  } else {
    write_result(result, options.format(), streams);
  }
  return report_findings(
      result.findings, is_table ? Format::Text : options.format(), streams);
}

}  // namespace

const Command kConvertCommand{
    "convert",
    "make a table of runs from what training tools export",
    {"convert data/pilot/chart.csv --join data/pilot/sizes.csv "
     "--tokens-per-step 524288",
     "convert data/pilot/trainer_state.json --params 124M --pick best"},
    "FILE...",
    run_convert};

}  // namespace isoflop::cli
