// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/lifetime.h"
#include "isoflop/plan/what_if.h"
#include "isoflop/report/csv.h"
#include "results.h"
#include "runs_of.h"
#include "scenario_of.h"

namespace isoflop::python {

void bind_what_if(py::module_& module) {
  py::class_<WhatIfPoint>(module, "WhatIfPoint", "One combination of values.")
      .def_readonly("values", &WhatIfPoint::values)
      .def_readonly("problem", &WhatIfPoint::problem)
      .def_readonly("run", &WhatIfPoint::run)
      .def_readonly("binding", &WhatIfPoint::binding)
      .def_readonly("epochs", &WhatIfPoint::epochs)
      .def_readonly("cost", &WhatIfPoint::cost)
      .def_readonly("misses", &WhatIfPoint::misses);
  py::class_<WhatIf> result(
      module, "WhatIf", "Plans of a scenario as its keys vary.");
  result.def_readonly("keys", &WhatIf::keys)
      .def_readonly("points", &WhatIf::points)
      .def(
          "to_csv",
          [](const WhatIf& self) { return to_csv(self); },
          "CSV, byte for byte as the command gives it.");
  add_report(result);
  const auto infos = all_infos<Scenario, WhatIfOptions, ScenarioEdits>();
  const std::string doc =
      "Plans of a scenario as its keys vary.\n\n"
      "    scenario: a Scenario, the name of a published one or a .toml file" +
      options_doc(infos);
  module.def(
      "what_if",
      [infos](const py::object& scenario, py::kwargs keywords) {
        const Scenario given =
            with_edits(scenario_of(scenario), keywords, "what_if");
        Scenario known = given;
        const Law law = take_law(keywords, known.law, known.allow_unverified);
        WhatIfOptions options;
        take_keys(known, given, keywords, "what_if");
        take(options, keywords, "what_if");
        require_none_left(keywords, detail::names_of(infos), "what_if");
        const py::gil_scoped_release release;
        return what_if(law, known, options);
      },
      py::arg("scenario") = py::none(),
      doc.c_str());
  module.def("tokens_for_loss",
             &tokens_for_loss,
             py::arg("law"),
             py::arg("params"),
             py::arg("loss_nats"),
             "Tokens on which a size reaches a loss, or None.");
  module.def("params_for_loss",
             &params_for_loss,
             py::arg("law"),
             py::arg("tokens"),
             py::arg("loss_nats"),
             "The size that reaches a loss on these tokens, or None.");
  module.def("overtraining_overhead",
             &overtraining_overhead,
             py::arg("law"),
             py::arg("flops"),
             py::arg("size_factor"),
             "Compute that another size needs for the optimum's loss, over the "
             "optimum's, less one; None below the critical size.");
}

}  // namespace isoflop::python
