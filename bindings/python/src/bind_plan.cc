// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "results.h"
#include "runs_of.h"
#include "scenario_of.h"

namespace isoflop::python {

namespace {

void bind_decision(py::module_& module) {
  py::class_<Sensitivity>(
      module, "Sensitivity", "What 10 % more of one number changes in a plan.")
      .def_readonly("key", &Sensitivity::key)
      .def_readonly("value", &Sensitivity::value)
      .def_readonly("factor", &Sensitivity::factor)
      .def_readonly("loss_nats", &Sensitivity::loss_nats)
      .def_readonly("params_elasticity", &Sensitivity::params_elasticity)
      .def_readonly("tokens_elasticity", &Sensitivity::tokens_elasticity)
      .def_readonly("loss_elasticity", &Sensitivity::loss_elasticity)
      .def_readonly("flops_elasticity", &Sensitivity::flops_elasticity)
      .def_readonly("usd_elasticity", &Sensitivity::usd_elasticity)
      .def_readonly("problem", &Sensitivity::problem);
  py::class_<FrontierPoint>(
      module, "FrontierPoint", "A run on the efficient frontier.")
      .def_readonly("factor", &FrontierPoint::factor)
      .def_readonly("run", &FrontierPoint::run)
      .def_readonly("device_hours", &FrontierPoint::device_hours)
      .def_readonly("days", &FrontierPoint::days)
      .def_readonly("usd", &FrontierPoint::usd)
      .def_readonly("tokens_per_second", &FrontierPoint::tokens_per_second)
      .def_readonly("usd_per_million_tokens",
                    &FrontierPoint::usd_per_million_tokens)
      .def_readonly("lifetime_usd", &FrontierPoint::lifetime_usd);
  py::class_<SyntheticSupply>(
      module, "SyntheticSupply", "Verified synthetic tokens of a plan.")
      .def_readonly("tokens", &SyntheticSupply::tokens)
      .def_readonly("flops", &SyntheticSupply::flops)
      .def_readonly("flops_per_token", &SyntheticSupply::flops_per_token)
      .def_readonly("usd_per_million_tokens",
                    &SyntheticSupply::usd_per_million_tokens)
      .def_readonly("loss_without", &SyntheticSupply::loss_without)
      .def_readonly("flops_without", &SyntheticSupply::flops_without);
  py::class_<ChoiceEntry>(
      module, "ChoiceEntry", "One combination that a plan may choose.")
      .def_readonly("values", &ChoiceEntry::values)
      .def_readonly("problem", &ChoiceEntry::problem)
      .def_readonly("run", &ChoiceEntry::run)
      .def_readonly("measure", &ChoiceEntry::measure)
      .def_readonly("usd", &ChoiceEntry::usd)
      .def_readonly("misses", &ChoiceEntry::misses);
  py::class_<Choices>(module, "Choices", "What a plan chose, best first.")
      .def_readonly("keys", &Choices::keys)
      .def_readonly("measure", &Choices::measure)
      .def_readonly("entries", &Choices::entries)
      .def_readonly("beats_by", &Choices::beats_by);
  py::class_<CostOverDraws>(
      module, "CostOverDraws", "What a loss takes over the law's draws.")
      .def_readonly("unreached", &CostOverDraws::unreached)
      .def_readonly("flops_interval", &CostOverDraws::flops)
      .def_readonly("usd_interval", &CostOverDraws::usd)
      .def_property_readonly(
          "risk",
          [](const CostOverDraws& self) { return to_string(self.risk); })
      .def_readonly("flops_at_risk", &CostOverDraws::flops_at_risk)
      .def_readonly("usd_at_risk", &CostOverDraws::usd_at_risk);
  py::class_<RiskView>(
      module, "RiskView", "A plan by the point beside one by the draws.")
      .def_property_readonly(
          "measure", [](const RiskView& self) { return to_string(self.risk); })
      .def_readonly("by_point", &RiskView::by_point)
      .def_readonly("by_measure", &RiskView::by_risk)
      .def_readonly("regret_nats", &RiskView::regret_nats);
}

}  // namespace

void bind_plan(py::module_& module) {
  bind_decision(module);
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
      .def_readonly("minimise", &Scenario::minimise)
      .def_readonly("target_loss", &Scenario::target_loss)
      .def_readonly("target_error", &Scenario::target_error)
      .def_readonly("error_law", &Scenario::error_law)
      .def_property_readonly("risk",
                             [](const Scenario& self) {
                               return self.risk ? to_string(*self.risk)
                                                : std::string("point");
                             })
      .def_readonly("max_params", &Scenario::max_params)
      .def_readonly("architecture", &Scenario::architecture)
      .def_readonly("active_params", &Scenario::active_params)
      .def_readonly("experts", &Scenario::experts)
      .def_readonly("generator_params", &Scenario::generator_params)
      .def_readonly("acceptance", &Scenario::acceptance)
      .def_readonly("verifier_params", &Scenario::verifier_params)
      .def_readonly("usd", &Scenario::usd)
      .def_readonly("days", &Scenario::days)
      .def_readonly("energy_joules", &Scenario::energy)
      .def_readonly("accelerator", &Scenario::accelerator)
      .def_readonly("count", &Scenario::count)
      .def_readonly("mfu", &Scenario::mfu)
      .def_readonly("usd_per_hour", &Scenario::usd_per_hour)
      .def_readonly("precision", &Scenario::precision)
      .def_readonly("serving_tokens", &Scenario::serving_tokens)
      .def_readonly("serving_accelerator", &Scenario::serving_accelerator)
      .def_readonly("min_tokens_per_second", &Scenario::min_tokens_per_second)
      .def_readonly("max_usd_per_million_tokens",
                    &Scenario::max_usd_per_million_tokens)
      .def_readonly("device", &Scenario::device)
      .def_readonly("precision_bits", &Scenario::precision_bits)
      .def_readonly("context", &Scenario::context)
      .def_property_readonly("flops_rule",
                             [](const Scenario& self) {
                               return self.flops_rule
                                          ? to_string(*self.flops_rule)
                                          : std::string("6n");
                             })
      .def_readonly("choose", &Scenario::choose)
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
      .def_readonly("widening", &Plan::widening)
      .def_readonly("verdict", &Plan::verdict)
      .def_readonly("missed", &Plan::missed)
      .def_readonly("minimised", &Plan::minimised)
      .def_readonly("choices", &Plan::choices)
      .def_readonly("cost_over_draws", &Plan::cost_over_draws)
      .def_readonly("binding", &Plan::binding)
      .def_readonly("total_params", &Plan::total_params)
      .def_readonly("synthetic", &Plan::synthetic)
      .def_readonly("risk", &Plan::risk)
      .def_readonly("loss_chance", &Plan::loss_chance)
      .def_readonly("downstream", &Plan::downstream)
      .def_readonly("sensitivity", &Plan::sensitivity)
      .def_readonly("frontier", &Plan::frontier)
      .def_readonly("serving_frontier", &Plan::serving_frontier)
      .def_readonly("flat_params", &Plan::flat_params)
      .def_readonly("alternatives", &Plan::alternatives)
      .def_readonly("extrapolation", &Plan::extrapolation)
      .def_readonly("cost", &Plan::cost)
      .def_readonly("versus", &Plan::versus)
      .def_readonly("findings", &Plan::findings);
  add_report(plan_class);
  const auto infos = all_infos<Scenario, PlanOptions, ScenarioEdits>();
  const std::string doc =
      "From a budget, a size or data to the run of lowest loss.\n\n"
      "    scenario: a Scenario, the name of a published one or a .toml file" +
      options_doc(infos);
  module.def(
      "plan",
      [infos](const py::object& scenario, py::kwargs keywords) {
        const Scenario given =
            with_edits(scenario_of(scenario), keywords, "plan");
        Scenario known = given;
        const Law law = take_law(keywords, known.law, known.allow_unverified);
        PlanOptions options;
        take_keys(known, given, keywords, "plan");
        take(options, keywords, "plan");
        require_none_left(keywords, detail::names_of(infos), "plan");
        const py::gil_scoped_release release;
        return plan(law, known, options);
      },
      py::arg("scenario") = py::none(),
      doc.c_str());
}

}  // namespace isoflop::python
