// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/fit.h"
#include "isoflop/fit/law_source.h"
#include "isoflop/laws/curve.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "results.h"
#include "runs_of.h"

namespace isoflop::python {

Law law_of(const py::object& law) {
  if (py::isinstance<Law>(law)) return law.cast<Law>();
  if (py::isinstance<FitResult>(law)) return law.cast<FitResult>().law;
  if (py::isinstance<Forecast>(law)) return law.cast<Forecast>().law;
  return law_or_forecast(py::str(law).cast<std::string>());
}

Law take_law(py::dict& keywords, std::string& name, bool allow_unverified) {
  // Left among the keywords: it is an option of the verb as well.
  const py::str allow("allow_unverified");
  if (keywords.contains(allow) && !py::object(keywords[allow]).is_none()) {
    allow_unverified = detail::OptionValue<bool>::read(
        option_text(py::object(keywords[allow])), kAnyNumber);
  }
  const py::str key("law");
  if (keywords.contains(key)) {
    const py::object law = keywords.attr("pop")(key);
    if (py::isinstance<Law>(law) || py::isinstance<FitResult>(law) ||
        py::isinstance<Forecast>(law)) {
      Law known = law_of(law);
      name = known.id;
      return known;
    }
    if (!law.is_none()) name = py::str(law);
  }
  const py::gil_scoped_release release;
  return law_or_forecast(name, allow_unverified);
}

namespace {

void bind_law(py::module_& module) {
  py::class_<Law> law(module,
                      "Law",
                      "A form with its coefficients, its doubt and its "
                      "provenance.");
  law.def_readonly("id", &Law::id)
      .def_property_readonly("coefficients", &Law::named_coefficients)
      .def_readonly("draws",
                    &Law::draws,
                    "n_draws x n_coefficients, in the order of the form")
      .def_readonly("status", &Law::status)
      .def_property_readonly("is_forecast", &Law::is_forecast)
      .def(
          "widening_at",
          [](const Law& self, double flops) {
            return self.widening_at(Flops(flops));
          },
          py::arg("flops"),
          "How much wider intervals must be at a compute, by a back-test.")
      .def_property_readonly(
          "form", [](const Law& value) { return value.form->name(); })
      .def_property_readonly(
          "verified",
          [](const Law& value) { return value.provenance.is_verified; })
      .def(
          "value",
          [](const Law& value, const InputValues& inputs) {
            return value.value(inputs);
          },
          py::arg("inputs"),
          "The answer of the law for a run, a dict of what it reads.")
      .def("loss",
           &Law::loss,
           py::arg("params"),
           py::arg("tokens"),
           "Loss in nats per token.")
      .def(
          "loss_curve",
          [](const Law& self, const std::string& schedule, int stride) {
            const LossCurve curve =
                loss_curve(self, parse_schedule(schedule), stride);
            return std::make_pair(curve.step, curve.loss_nats);
          },
          py::arg("schedule"),
          py::arg("stride") = 1,
          "Steps and losses in nats per token along a learning-rate "
          "schedule such as 'cosine:steps=24000,peak=3e-4,warmup=2160'.")
      .def("save",
           &write_law,
           py::arg("path"),
           py::arg("replace") = false,
           "Writes the law as a file that read_law and the command read.")
      .def(py::pickle(
          [](const Law& value) { return law_text(value); },
          [](const std::string& text) { return parse_law(text, "pickle"); }));
  add_report(law);
  module.def("published_law",
             &published_law,
             py::arg("id"),
             py::arg("allow_unverified") = false,
             "A law of the catalogue.");
  module.def(
      "published_law_ids", &published_law_ids, "Ids of the catalogue's laws.");
  module.def(
      "laws",
      [](const std::string& form, const std::string& answers) {
        return published_laws({form, answers});
      },
      py::kw_only(),
      py::arg("form") = "",
      py::arg("answers") = "",
      "The catalogue, unverified laws too: of one form, with one answer, or "
      "all.");
  module.def("read_law", &read_law, py::arg("path"), "A saved law.");
}

void bind_optimum(py::module_& module) {
  py::class_<Optimum>(module, "Optimum", "Size and data of lowest loss.")
      .def_readonly("flops", &Optimum::flops)
      .def_readonly("params", &Optimum::params)
      .def_readonly("tokens", &Optimum::tokens)
      .def_readonly("loss_nats", &Optimum::loss)
      .def_property_readonly("tokens_per_param", &Optimum::tokens_per_param);
  py::class_<OptimumEstimate>(
      module, "OptimumEstimate", "An optimum with intervals over draws.")
      .def_readonly("best", &OptimumEstimate::best)
      .def_readonly("params", &OptimumEstimate::params)
      .def_readonly("tokens", &OptimumEstimate::tokens)
      .def_readonly("tokens_per_param", &OptimumEstimate::tokens_per_param)
      .def_readonly("loss_nats", &OptimumEstimate::loss_nats);
  module.def(
      "optimum",
      [](const py::object& law, const py::object& flops) {
        const std::string text = option_text(flops);
        return optimum(law_of(law),
                       Flops(parse_quantity(text, FlopsTag::unit)));
      },
      py::arg("law"),
      py::arg("flops"),
      "Compute-optimal size and data at a budget, C = 6 N D: a number of FLOP "
      "or a text with its unit.");
}

}  // namespace

void bind_laws(py::module_& module) {
  bind_law(module);
  bind_optimum(module);
  py::class_<Allocation>(module, "Allocation", "How compute divides.")
      .def_readonly("flops", &Allocation::flops)
      .def_readonly("params", &Allocation::params)
      .def_readonly("tokens", &Allocation::tokens)
      .def_readonly("loss_nats", &Allocation::loss);
}

}  // namespace isoflop::python
