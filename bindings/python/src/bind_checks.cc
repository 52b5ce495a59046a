// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/checks.h"

#include "isoflop/check/check_law.h"
#include "isoflop/report/annotations.h"
#include "judge.h"
#include "results.h"

namespace isoflop::python {

void bind_checks(py::module_& module) {
  py::class_<CheckProblem>(module, "CheckProblem", "Why there is no answer.")
      .def_readonly("message", &CheckProblem::message)
      .def_property_readonly(
          "place", [](const CheckProblem& self) { return to_string(self.at); });
  py::class_<Checked>(module, "Checked", "One of several answers.")
      .def_readonly("name", &Checked::name)
      .def_readonly("answer", &Checked::answer);
  py::class_<Checks> checks(module, "Checks", "Several plans or laws, judged.");
  checks.def_readonly("all", &Checks::all)
      .def("fails", &Checks::fails, "Whether one does not pass `fail_on`.")
      .def("to_sarif", &to_sarif, "SARIF 2.1.0.")
      .def("to_github", &to_github, "Annotations for GitHub's runners.")
      .def("to_junit", &to_junit, "JUnit's XML.");
  add_report(checks);
  const auto infos =
      all_infos<Scenario, CheckOptions, ChecksOptions, ScenarioEdits>();
  const std::string doc =
      "Whether plans should be trained; one that cannot be judged does not\n"
      "keep the others from their answers.\n\n"
      "    scenarios: names of published ones, .toml files or saved laws "
      "(.json)\n"
      "    models: names of published models" +
      options_doc(infos);
  module.def(
      "check_all",
      [infos](const std::vector<std::string>& scenarios,
              const std::vector<std::string>& models,
              py::kwargs keywords) {
        const Judge judge(keywords, infos, "check_all");
        Checks found = check_each(
            scenarios,
            [&](const std::string& name) -> decltype(Checked::answer) {
              if (is_law_file(name)) return judge.law(name);
              return judge.plan(find_scenario(name));
            },
            judge.checks());
        const Checks known = check_each(
            models, [&](const std::string& name) -> decltype(Checked::answer) {
              return judge.model(name);
            });
        found.all.insert(found.all.end(), known.all.begin(), known.all.end());
        return found;
      },
      py::arg("scenarios") = std::vector<std::string>(),
      py::arg("models") = std::vector<std::string>(),
      doc.c_str());
}

}  // namespace isoflop::python
