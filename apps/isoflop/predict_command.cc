// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include <ostream>
#include <stdexcept>

#include "isoflop/laws/predict_table.h"
#include "isoflop/report/csv.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "law_source.h"
#include "options.h"

namespace isoflop::cli {
namespace {

int predict_rows(const Law& law,
                 const std::string& path,
                 const ReadOptions& read_options,
                 const PredictOptions& predict_options,
                 const OptionSet& options,
                 const Streams& streams) {
  const PredictionTable table = predict_table(
      law, read_planned_runs(path, read_options), predict_options);
  if (options.format() == Format::Csv) {
    streams.out << to_csv(table);
  } else {
    write_result(table, options.format(), streams);
  }
  return report_findings(table.findings, options.format(), streams);
}

int run_predict(const Command& command,
                const std::vector<std::string>& args,
                const Streams& streams) {
  OptionSet options(command);
  options.add<PredictInputs>().add<PredictOptions>();
  offer_runs(options);
  options.add("at", "RUNS.CSV", "predict every row of a table").allow_csv();
  if (!options.parse(args, 0, streams)) return kAnswered;
  PredictInputs inputs;
  options.fill(inputs);
  PredictOptions predict_options;
  options.fill(predict_options);
  const auto table = options.last("at");
  if (!table && options.format() == Format::Csv) {
    throw std::invalid_argument("predict: --format csv is for --at RUNS.CSV");
  }
  if (table && (inputs.params || inputs.tokens || inputs.flops)) {
    throw std::invalid_argument(
        "predict: --at has the runs; params, tokens and flops are for one");
  }
  // Says then which column of a table is meant.
  if (table || options.has("from")) inputs.column.clear();
  const Law law = law_or_forecast(options, inputs.law, inputs.allow_unverified);
  if (table) {
    return predict_rows(law,
                        *table,
                        read_options_at(options, inputs.law),
                        predict_options,
                        options,
                        streams);
  }
  const Prediction prediction = predict(law, inputs, predict_options);
  write_result(prediction, options.format(), streams);
  return report_findings(prediction.findings, options.format(), streams);
}

}  // namespace

const Command kPredictCommand{
    "predict",
    "what a law answers for a run: its loss, or how compute divides",
    {"predict --params 70B --tokens 1.4T",
     "predict --from data/pilot/pile.csv --params 30B --tokens 600B",
     "predict --from data/pilot/pile.csv --at data/pilot/pile.csv",
     "predict --law hoffmann2022 --params 1e9 --tokens 20B --format json",
     "predict --law llama3-2024 --flops 3.8e25",
     "predict --law steplaw2025-lr --params 1B --tokens 100B"},
    "",
    run_predict};

}  // namespace isoflop::cli
