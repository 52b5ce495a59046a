// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include "results.h"
#include "runs_of.h"

namespace isoflop::python {

void bind_predict(py::module_& module) {
  py::class_<DownstreamPrediction>(
      module, "DownstreamPrediction", "Error rate at a predicted loss.")
      .def_readonly("law", &DownstreamPrediction::law)
      .def_readonly("error_rate", &DownstreamPrediction::error_rate)
      .def_readonly("interval", &DownstreamPrediction::interval);
  py::class_<TestedReach>(
      module, "TestedReach", "How a forecast did on its own larger runs.")
      .def_readonly("distance",
                    &TestedReach::distance,
                    "Farthest compute over the largest learned from.")
      .def_readonly("runs", &TestedReach::runs, "Held out, over all splits.")
      .def_readonly("inside",
                    &TestedReach::inside,
                    "Of these, in their interval of a run.")
      .def_readonly("level", &TestedReach::level, "Of the intervals.");
  py::class_<Prediction> prediction(
      module, "Prediction", "What a law answers for one run.");
  prediction.def_readonly("law", &Prediction::law)
      .def_readonly("inputs", &Prediction::inputs)
      .def_readonly("output", &Prediction::output)
      .def_readonly("value", &Prediction::value)
      .def_readonly("unit", &Prediction::unit)
      .def_readonly("interval", &Prediction::interval)
      .def_readonly("run_interval", &Prediction::run_interval)
      .def_readonly("forecast", &Prediction::forecast)
      .def_property_readonly(
          "loss_nats",
          [](const Prediction& self) {
            return self.answers_nats() ? std::optional(self.value)
                                       : std::nullopt;
          },
          "The answer, where it is one in nats per token.")
      .def_readonly("flops", &Prediction::flops)
      .def_readonly("allocation", &Prediction::allocation)
      .def_readonly("downstream", &Prediction::downstream)
      .def_readonly("extrapolation", &Prediction::extrapolation)
      .def_readonly("widening",
                    &Prediction::widening,
                    "How much the law's back-test widened the intervals.")
      .def_readonly("tested",
                    &Prediction::tested,
                    "How a forecast did on its own larger runs, if tested.")
      .def_readonly("findings", &Prediction::findings);
  add_report(prediction);
  const auto infos = all_infos<PredictInputs, PredictOptions>();
  const std::string doc =
      "What a law answers for a run, most often its loss.\n" +
      options_doc(infos);
  module.def(
      "predict",
      [infos](py::kwargs keywords) {
        PredictInputs inputs;
        const Law law = take_law(keywords, inputs.law);
        PredictOptions options;
        take(inputs, keywords, "predict");
        take(options, keywords, "predict");
        require_none_left(keywords, detail::names_of(infos), "predict");
        return predict(law, inputs, options);
      },
      doc.c_str());
}

}  // namespace isoflop::python
