// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"
#include "results.h"
#include "runs_of.h"
#include "scenario_of.h"

namespace isoflop::python {

void bind_plan(py::module_& module) {
  py::class_<Scenario>(module,
                       "Scenario",
                       "What is known about a training run before it starts.")
      .def_readonly("name", &Scenario::name)
      .def_readonly("about", &Scenario::about)
      .def_readonly("law", &Scenario::law)
      .def_readonly("flops", &Scenario::flops)
      .def_readonly("params", &Scenario::params)
      .def_readonly("tokens", &Scenario::tokens)
      .def_readonly("unique_tokens", &Scenario::unique_tokens)
      .def_readonly("max_epochs", &Scenario::max_epochs)
      .def_readonly("unknown", &Scenario::unknown);
  module.def("read_scenario",
             &read_scenario,
             py::arg("path"),
             "A scenario file (TOML).");
  module.def("published_scenario",
             &published_scenario,
             py::arg("name"),
             "A scenario that comes with the library.");
  module.def("published_scenarios", &published_scenarios, "All of them.");
  py::class_<SizeAlternative>(
      module, "SizeAlternative", "Another size at the same compute.")
      .def_readonly("size_factor", &SizeAlternative::size_factor)
      .def_readonly("params", &SizeAlternative::params)
      .def_readonly("tokens", &SizeAlternative::tokens)
      .def_readonly("loss_nats", &SizeAlternative::loss)
      .def_readonly("loss_regret_nats", &SizeAlternative::loss_regret_nats)
      .def_readonly("compute_waste", &SizeAlternative::compute_waste);
  py::class_<Plan> plan_class(module, "Plan", "A run chosen under a law.");
  plan_class.def_readonly("law", &Plan::law)
      .def_readonly("is_answered", &Plan::is_answered)
      .def_readonly("run", &Plan::run)
      .def_readonly("epochs", &Plan::epochs)
      .def_readonly("params_interval", &Plan::params)
      .def_readonly("tokens_interval", &Plan::tokens)
      .def_readonly("tokens_per_param_interval", &Plan::tokens_per_param)
      .def_readonly("loss_interval", &Plan::loss_nats)
      .def_readonly("binding", &Plan::binding)
      .def_readonly("flat_params", &Plan::flat_params)
      .def_readonly("alternatives", &Plan::alternatives)
      .def_readonly("extrapolation", &Plan::extrapolation)
      .def_readonly("findings", &Plan::findings);
  add_report(plan_class);
  const auto infos = all_infos<Scenario, PlanOptions>();
  const std::string doc =
      "From a budget, a size or data to the run of lowest loss.\n\n"
      "    scenario: a Scenario, the name of a published one or a .toml file" +
      options_doc(infos);
  module.def(
      "plan",
      [infos](const py::object& scenario, py::kwargs keywords) {
        Scenario known = scenario_of(scenario);
        const Law law = take_law(keywords, known.law, known.allow_unverified);
        PlanOptions options;
        take(known, keywords, "plan");
        take(options, keywords, "plan");
        require_none_left(keywords, detail::names_of(infos), "plan");
        const py::gil_scoped_release release;
        return plan(law, known, options);
      },
      py::arg("scenario") = py::none(),
      doc.c_str());
}

}  // namespace isoflop::python
