// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <stdexcept>

#include "isoflop/fit/curves.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/read_runs.h"
#include "options.h"
#include "runs_argument.h"

namespace isoflop::cli {
namespace {

int run_fit(const Command& command,
            const std::vector<std::string>& args,
            const Streams& streams) {
  OptionSet options(command);
  options.add<CurveFitOptions>()
      .add<ReadOptions>()
      .add("output", "LAW.JSON", "write the law, with its draws, here", 'o')
      .add("force", "", "replace the output file if it exists");
  if (!options.parse(args, 1, streams)) return kAnswered;
  if (options.positional().empty()) {
    throw std::invalid_argument(
        "fit: needs a CSV file of runs, or - for standard input");
  }
  CurveFitOptions fit_options;
  options.fill(fit_options);
  const bool is_of_curves = is_curve_form(fit_options.law);
  if (!is_of_curves && options.has("schedule")) {
    throw std::invalid_argument(
        "fit: schedule is for laws of loss curves, as --law annealing");
  }
  ReadOptions read_options;
  options.fill(read_options);
  const std::string& path = options.positional().front();
  const auto output = options.last("output");
  if (output) require_writable(*output, options.has("force"));
  const FitResult result =
      is_of_curves
          ? fit_curves(curves_argument(path, read_options, streams),
                       fit_options)
          : fit(runs_argument(path, read_options, streams), fit_options);
  if (output) write_law(result.law, *output, options.has("force"));
  write_result(result, options.format(), streams);
  return report_findings(
      result.findings,
      options.format(),
      streams,
      {"fit.weak", "fit.not-identified", "fit.back-test-missed"});
}

}  // namespace

const Command kFitCommand{
    "fit",
    "fit a law to runs and say how far it can be trusted",
    {"fit data/pilot/pile.csv",
     "fit data/pilot/pile.csv --bootstrap 200 --format json",
     "fit data/pilot/pile.csv --where family=pythia --objective squared",
     "fit data/pilot/pile.csv --law 'E + A/N^alpha + B/D^alpha'",
     "fit data/pilot/pile.csv --law auto",
     "fit data/pilot/pile.csv --fix beta=alpha --coefficient alpha=0.1..1",
     "fit data/pilot/curves.csv --law annealing"},
    "RUNS.CSV",
    run_fit};

}  // namespace isoflop::cli
