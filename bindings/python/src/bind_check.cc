// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"
#include "results.h"
#include "runs_of.h"
#include "scenario_of.h"

namespace isoflop::python {
namespace {

void bind_parts(py::module_& module) {
  py::class_<Waste>(module, "Waste", "How far a plan is from the optimum.")
      .def_readonly("compute_factor", &Waste::compute_factor)
      .def_readonly("loss_regret_nats", &Waste::loss_regret_nats)
      .def_readonly("params_over_optimal", &Waste::params_over_optimal)
      .def_readonly("compute_factor_interval", &Waste::compute_factor_interval)
      .def_readonly("probability", &Waste::probability)
      .def_readonly("probability_error", &Waste::probability_error);
  py::class_<LawVerdict>(module, "LawVerdict", "The verdict of one law.")
      .def_readonly("law", &LawVerdict::law)
      .def_readonly("params_optimal", &LawVerdict::params_optimal)
      .def_readonly("params_over_optimal", &LawVerdict::params_over_optimal)
      .def_readonly("compute_factor", &LawVerdict::compute_factor)
      .def_readonly("flagged", &LawVerdict::flagged);
  py::class_<CheckNeeds>(module, "CheckNeeds", "What would make it right.")
      .def_readonly("tokens", &CheckNeeds::tokens)
      .def_readonly("unique_tokens_threshold",
                    &CheckNeeds::unique_tokens_threshold)
      .def_readonly("tokens_to_clear", &CheckNeeds::tokens_to_clear)
      .def_readonly("params_supported", &CheckNeeds::params_supported);
  py::class_<Decider>(module, "Decider", "The quantity that decides.")
      .def_readonly("quantity", &Decider::quantity)
      .def_readonly("variance_share", &Decider::variance_share)
      .def_readonly("threshold", &Decider::threshold);
  py::class_<RuleInfo>(module, "RuleInfo", "The page of a code.")
      .def_readonly("code", &RuleInfo::code)
      .def_readonly("summary", &RuleInfo::summary)
      .def_readonly("explanation", &RuleInfo::explanation);
}

}  // namespace

void bind_check(py::module_& module) {
  bind_parts(module);
  py::class_<Check> check_class(module, "Check", "The verdict on a plan.");
  check_class.def_readonly("verdict", &Check::verdict)
      .def_readonly("law", &Check::law)
      .def_readonly("scenario", &Check::scenario)
      .def_readonly("run", &Check::run)
      .def_readonly("best", &Check::best)
      .def_readonly("loss_interval", &Check::loss_nats)
      .def_readonly("params", &Check::params)
      .def_readonly("tokens", &Check::tokens)
      .def_readonly("flops", &Check::flops)
      .def_readonly("waste", &Check::waste)
      .def_readonly("by_law", &Check::by_law)
      .def_readonly("needs", &Check::needs)
      .def_readonly("decided_by", &Check::decided_by)
      .def_readonly("accepted", &Check::accepted)
      .def_readonly("cost", &Check::cost)
      .def_readonly("findings", &Check::findings);
  add_report(check_class);
  const auto infos = all_infos<Scenario, CheckOptions, ScenarioEdits>();
  const std::string doc =
      "Whether a plan should be trained.\n\n"
      "    scenario: a Scenario, the name of a published one or a .toml file" +
      options_doc(infos);
  module.def(
      "check",
      [infos](const py::object& scenario, py::kwargs keywords) {
        Scenario known = with_edits(scenario_of(scenario), keywords, "check");
        const Law law = take_law(keywords, known.law, known.allow_unverified);
        CheckOptions options;
        take(known, keywords, "check");
        take(options, keywords, "check");
        require_none_left(keywords, detail::names_of(infos), "check");
        const py::gil_scoped_release release;
        return check(law, known, options);
      },
      py::arg("scenario") = py::none(),
      doc.c_str());
  module.def(
      "explain", &find_code, py::arg("code"), "What a finding's code means.");
  module.def("finding_codes", &finding_codes, "Every code and its meaning.");
}

}  // namespace isoflop::python
