// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "options.h"

namespace isoflop::cli {
namespace {

int run_predict(const Command& command,
                const std::vector<std::string>& args,
                const Streams& streams) {
  OptionSet options(command);
  options.add<PredictInputs>().add<PredictOptions>();
  if (!options.parse(args, 0, streams)) return kAnswered;
  PredictInputs inputs;
  options.fill(inputs);
  PredictOptions predict_options;
  options.fill(predict_options);
  const Prediction prediction = predict(
      find_law(inputs.law, inputs.allow_unverified), inputs, predict_options);
  write_result(prediction, options.format(), streams);
  return report_findings(prediction.findings, options.format(), streams);
}

}  // namespace

const Command kPredictCommand{
    "predict",
    "what a law answers for a run: its loss, or how compute divides",
    {"predict --params 70B --tokens 1.4T",
     "predict --law hoffmann2022 --params 1e9 --tokens 20B --format json",
     "predict --law llama3-2024 --flops 3.8e25",
     "predict --law steplaw2025-lr --params 1B --tokens 100B"},
    "",
    run_predict};

}  // namespace isoflop::cli
