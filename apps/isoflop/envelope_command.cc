// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "isoflop/fit/envelope.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"
#include "runs_argument.h"

namespace isoflop::cli {
namespace {

int run_envelope(const Command& command,
                 const std::vector<std::string>& args,
                 const Streams& streams) {
  OptionSet options(command);
  options.add<EnvelopeOptions>().add<ReadOptions>();
  if (!options.parse(args, 1, streams)) return kAnswered;
  if (options.positional().empty()) {
    throw std::invalid_argument(
        "envelope: needs a file of checkpoints, or - for standard input");
  }
  EnvelopeOptions envelope_options;
  options.fill(envelope_options);
  ReadOptions read_options;
  options.fill(read_options);
  const Runs runs =
      runs_argument(options.positional().front(), read_options, streams);
  const EnvelopeResult result = envelope(runs, envelope_options);
  write_result(result, options.format(), streams);
  return report_findings(result.findings, options.format(), streams);
}

}  // namespace

const Command kEnvelopeCommand{
    "envelope",
    "the optimum by the envelope of training curves (approach 1)",
    {"envelope data/pilot/checkpoints.csv",
     "envelope data/pilot/checkpoints.csv --bootstrap 200 --format json"},
    "CHECKPOINTS.CSV",
    run_envelope};

}  // namespace isoflop::cli
