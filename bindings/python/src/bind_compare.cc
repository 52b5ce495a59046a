// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/compare.h"
#include "isoflop/fit/envelope.h"
#include "isoflop/fit/valleys.h"
#include "results.h"
#include "runs_of.h"

namespace isoflop::python {
namespace {

template <class Options>
Options options_from(py::kwargs& keywords, const char* owner) {
  Options options;
  take(options, keywords, owner);
  require_none_left(keywords, detail::names_of(option_infos<Options>()), owner);
  return options;
}

constexpr const char* kRuns =
    "\n\n    runs: Runs, a path, with the options of read_runs, or columns by "
    "name (a\n        dict or a data frame)";

void bind_approaches(py::module_& module) {
  py::class_<PowerLaw>(module, "PowerLaw", "value = k C^exponent.")
      .def_readonly("exponent", &PowerLaw::exponent)
      .def_readonly("log_factor", &PowerLaw::log_factor)
      .def_readonly("points", &PowerLaw::points)
      .def_readonly("residual_sd", &PowerLaw::residual_sd)
      .def("at", &PowerLaw::at, py::arg("flops"))
      .def("exponent_interval", &PowerLaw::exponent_interval, py::arg("level"));
  py::class_<Valley>(module, "Valley", "The runs of one compute budget.")
      .def_readonly("flops", &Valley::flops)
      .def_readonly("runs", &Valley::runs)
      .def_readonly("shape", &Valley::shape)
      .def_readonly("params", &Valley::best_params)
      .def_readonly("tokens", &Valley::best_tokens)
      .def_readonly("loss_nats", &Valley::best_loss)
      .def_readonly("params_interval", &Valley::params_interval);
  py::class_<ValleyResult> valleys(
      module, "Valleys", "The optimum by isoFLOP parabolas.");
  valleys.def_readonly("valleys", &ValleyResult::valleys)
      .def_readonly("params", &ValleyResult::params)
      .def_readonly("tokens", &ValleyResult::tokens)
      .def_readonly("exponent_bias", &ValleyResult::exponent_bias)
      .def_readonly("findings", &ValleyResult::findings);
  add_report(valleys);
  py::class_<EnvelopeResult> envelopes(
      module, "Envelope", "The optimum by the envelope of training curves.");
  envelopes.def_readonly("curves", &EnvelopeResult::curves)
      .def_readonly("params", &EnvelopeResult::params)
      .def_readonly("exponent_interval", &EnvelopeResult::exponent_interval)
      .def_readonly("findings", &EnvelopeResult::findings);
  add_report(envelopes);
  const std::string valleys_doc =
      "The optimum by isoFLOP parabolas (approach 2), with their bias." +
      (kRuns + options_doc(option_infos<ValleyOptions>()));
  module.def(
      "isoflop_valleys",
      [](const py::object& runs, py::kwargs keywords) {
        const ReadOptions reading = take_reading(runs, keywords);
        const auto options =
            options_from<ValleyOptions>(keywords, "isoflop_valleys");
        const Runs columns = runs_of(runs, reading);
        const py::gil_scoped_release release;
        return isoflop_valleys(columns, options);
      },
      py::arg("runs"),
      valleys_doc.c_str());
  const std::string envelope_doc =
      "The optimum by the envelope of training curves (approach 1)." +
      (kRuns + options_doc(option_infos<EnvelopeOptions>()));
  module.def(
      "envelope",
      [](const py::object& runs, py::kwargs keywords) {
        const ReadOptions reading = take_reading(runs, keywords);
        const auto options =
            options_from<EnvelopeOptions>(keywords, "envelope");
        const Runs columns = runs_of(runs, reading);
        const py::gil_scoped_release release;
        return envelope(columns, options);
      },
      py::arg("runs"),
      envelope_doc.c_str());
}

void bind_comparisons(py::module_& module) {
  py::class_<FormScore>(module, "FormScore", "One form on the runs.")
      .def_readonly("law", &FormScore::law)
      .def_readonly("coefficients", &FormScore::coefficients)
      .def_readonly("status", &FormScore::status)
      .def_readonly("cv_error", &FormScore::cv_error)
      .def_readonly("cv_excess", &FormScore::cv_excess)
      .def_readonly("is_close", &FormScore::is_close)
      .def_readonly("log_likelihood", &FormScore::log_likelihood)
      .def_readonly("aicc", &FormScore::aicc)
      .def_readonly("bic", &FormScore::bic)
      .def_readonly("aicc_weight", &FormScore::aicc_weight)
      .def_readonly("bic_weight", &FormScore::bic_weight);
  py::class_<FormComparison> forms(
      module, "FormComparison", "Forms on the same runs.");
  forms.def_readonly("forms", &FormComparison::forms)
      .def_readonly("findings", &FormComparison::findings);
  add_report(forms);
  py::class_<Gain>(module, "Gain", "Compute-equivalent gain at a budget.")
      .def_readonly("flops", &Gain::flops)
      .def_readonly("gain", &Gain::gain)
      .def_readonly("interval", &Gain::interval);
  py::class_<RunsComparison> gains(
      module, "RunsComparison", "One form on two sets of runs.");
  gains.def_readonly("first", &RunsComparison::first)
      .def_readonly("second", &RunsComparison::second)
      .def_readonly("gains", &RunsComparison::gains)
      .def_readonly("findings", &RunsComparison::findings);
  add_report(gains);
  const std::string doc =
      "Forms on the same runs, or one form on two sets of runs.\n\n"
      "    runs: Runs, a path, with the options of read_runs, or columns by "
      "name\n"
      "    other: the second set, for the gain" +
      options_doc(option_infos<CompareOptions>());
  module.def(
      "compare",
      [](const py::object& runs,
         const py::object& other,
         py::kwargs keywords) -> py::object {
        const ReadOptions reading = take_reading(runs, keywords);
        const auto options = options_from<CompareOptions>(keywords, "compare");
        const Runs first = runs_of(runs, reading);
        if (other.is_none()) {
          py::gil_scoped_release release;
          FormComparison result = compare_forms(first, options);
          py::gil_scoped_acquire acquire;
          return py::cast(std::move(result));
        }
        const Runs second = runs_of(other, reading);
        py::gil_scoped_release release;
        RunsComparison result = compare_runs(first, second, options);
        py::gil_scoped_acquire acquire;
        return py::cast(std::move(result));
      },
      py::arg("runs"),
      py::arg("other") = py::none(),
      doc.c_str());
}

}  // namespace

void bind_compare(py::module_& module) {
  bind_approaches(module);
  bind_comparisons(module);
}

}  // namespace isoflop::python
