// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"

#include "isoflop/check/check_law.h"
#include "judge.h"
#include "results.h"

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
  py::class_<SampleCount>(module, "SampleCount", "What had a say.")
      .def_readonly("drawn", &SampleCount::drawn)
      .def_readonly("without_run", &SampleCount::without_run)
      .def_readonly("without_optimum", &SampleCount::without_optimum);
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
      .def_readonly("threshold", &Decider::threshold)
      .def_readonly("code", &Decider::code);
  py::class_<Repeats>(module, "Repeats", "What repeating data is worth.")
      .def_readonly("epochs", &Repeats::epochs)
      .def_readonly("tokens_worth", &Repeats::tokens_worth)
      .def_readonly("last_value", &Repeats::last_value);
  py::class_<Recall>(module, "Recall", "What could be held by heart.")
      .def_readonly("capacity_bits", &Recall::capacity_bits)
      .def_readonly("information_bits", &Recall::information_bits)
      .def_readonly("tokens_held", &Recall::tokens_held)
      .def_readonly("share_of_training", &Recall::share_of_training);
  py::class_<Accepted>(module, "Accepted", "A finding that was accepted.")
      .def_readonly("code", &Accepted::code)
      .def_readonly("reason", &Accepted::reason);
  py::class_<RuleInfo>(module, "RuleInfo", "The page of a code.")
      .def_readonly("code", &RuleInfo::code)
      .def_readonly("summary", &RuleInfo::summary)
      .def_readonly("explanation", &RuleInfo::explanation);
}

/// Whether it is a result to be judged: a plan, or a law.
bool is_made(const py::object& subject) {
  return py::isinstance<Plan>(subject) || py::isinstance<Law>(subject) ||
         py::isinstance<FitResult>(subject) ||
         py::isinstance<Forecast>(subject) ||
         (py::isinstance<py::str>(subject) &&
          is_law_file(subject.cast<std::string>()));
}

template <class Options>
Options only(py::dict keywords) {
  Options options;
  take(options, keywords, "check");
  require_none_left(
      keywords, detail::names_of(option_infos<Options>()), "check");
  return options;
}

py::object check_made(const py::object& subject, const py::dict& keywords) {
  if (py::isinstance<Plan>(subject)) {
    return py::cast(
        check(subject.cast<const Plan&>(), only<CheckOptions>(keywords)));
  }
  const auto options = only<LawCheckOptions>(keywords);
  if (py::isinstance<py::str>(subject)) {
    return py::cast(check_law(subject.cast<std::string>(), options));
  }
  return py::cast(check_law(law_of(subject), options));
}

template <class Result>
void add_fails(py::class_<Result>& result) {
  result.def(
      "fails",
      [](const Result& self, const std::string& fail_on) {
        return fails(self, from_string<FailOn>(fail_on));
      },
      py::arg("fail_on") = "error",
      "Whether a finding of this severity or above was not accepted.");
}

void bind_law_check(py::module_& module) {
  py::class_<LawCheck> law_check(module, "LawCheck", "The verdict on a law.");
  law_check.def_readonly("verdict", &LawCheck::verdict)
      .def_readonly("source", &LawCheck::source)
      .def_readonly("law", &LawCheck::law)
      .def_readonly("accepted", &LawCheck::accepted)
      .def_readonly("findings", &LawCheck::findings);
  add_report(law_check);
  add_fails(law_check);
}

}  // namespace

void bind_check(py::module_& module) {
  bind_parts(module);
  bind_law_check(module);
  py::class_<Check> check_class(module, "Check", "The verdict on a plan.");
  check_class.def_readonly("verdict", &Check::verdict)
      .def_readonly("law", &Check::law)
      .def_readonly("scenario", &Check::scenario)
      .def_readonly("run", &Check::run)
      .def_readonly("best", &Check::best)
      .def_readonly("loss_interval", &Check::loss_nats)
      .def_readonly("loss_widening", &Check::loss_widening)
      .def_readonly("params", &Check::params)
      .def_readonly("tokens", &Check::tokens)
      .def_readonly("flops", &Check::flops)
      .def_readonly("waste", &Check::waste)
      .def_readonly("samples", &Check::samples)
      .def_readonly("by_law", &Check::by_law)
      .def_readonly("without_vote", &Check::without_vote)
      .def_readonly("needs", &Check::needs)
      .def_readonly("repeats", &Check::repeats)
      .def_readonly("recall", &Check::recall)
      .def_readonly("decided_by", &Check::decided_by)
      .def_readonly("deciders", &Check::deciders)
      .def_readonly("synthetic", &Check::synthetic)
      .def_readonly("accepted", &Check::accepted)
      .def_readonly("cost", &Check::cost)
      .def_readonly("findings", &Check::findings);
  add_report(check_class);
  add_fails(check_class);
  const auto infos = all_infos<Scenario, CheckOptions, ScenarioEdits>();
  const std::string doc =
      "Whether a plan should be trained, or a law be planned by.\n\n"
      "    scenario: a Scenario, the name of a published one or a .toml file;\n"
      "        a Plan; a Law, a FitResult, a Forecast or a saved law (.json)\n"
      "    model: in its place the name of a published model" +
      options_doc(infos);
  module.def(
      "check",
      [infos](const py::object& scenario,
              const std::optional<std::string>& model,
              py::kwargs keywords) -> py::object {
        if (model && !scenario.is_none()) {
          throw std::invalid_argument(
              "check: scenario and model are both given");
        }
        if (is_made(scenario)) return check_made(scenario, keywords);
        const Judge judge(keywords, infos, "check");
        return py::cast(model ? judge.model(*model)
                              : judge.plan(scenario_of(scenario)));
      },
      py::arg("scenario") = py::none(),
      py::arg("model") = py::none(),
      doc.c_str());
  const auto many_infos = option_infos<CheckOptions>();
  const std::string many_doc =
      "Thousands of plans under one law, in parallel.\n\n"
      "    scenarios: of each a Scenario, a name, a path or a dict of options\n"
      "    law: a Law, an id or a path" +
      options_doc(many_infos);
  module.def(
      "check_many",
      [many_infos](const std::vector<py::object>& scenarios,
                   const py::object& law,
                   py::kwargs keywords) {
        std::vector<Scenario> known;
        for (const py::object& scenario : scenarios) {
          known.push_back(scenario_of(scenario));
        }
        CheckOptions options;
        take(options, keywords, "check_many");
        require_none_left(keywords, detail::names_of(many_infos), "check_many");
        const Law found =
            law.is_none() ? published_law(kDefaultLaw) : law_of(law);
        const py::gil_scoped_release release;
        return check_many(found, known, options);
      },
      py::arg("scenarios"),
      py::arg("law") = py::none(),
      many_doc.c_str());
  module.def(
      "explain", &find_code, py::arg("code"), "What a finding's code means.");
  module.def("finding_codes", &finding_codes, "Every code and its meaning.");
}

}  // namespace isoflop::python
