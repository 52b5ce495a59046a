// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "isoflop/check/check.h"
#include "isoflop/check/check_model.h"
#include "isoflop/check/checks.h"
#include "isoflop/report/annotations.h"
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

/// The keywords of `check`, for any number of plans.
class Judge {
 public:
  Judge(py::dict keywords,
        const std::vector<OptionInfo>& known,
        const char* owner)
      : owner_(owner) {
    py::dict unknown;
    const std::vector<std::string> names = detail::names_of(known);
    for (const auto item : keywords) {
      const std::string name = py::str(item.first);
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        unknown[item.first] = item.second;
      }
    }
    require_none_left(unknown, names, owner);
    take(edits_, keywords, owner);
    take(options_, keywords, owner);
    take(checks_, keywords, owner);
    keywords_ = keywords;
  }

  const ChecksOptions& checks() const { return checks_; }
  Check plan(const Scenario& asked) const {
    const auto [law, scenario] = known(asked);
    const py::gil_scoped_release release;
    return check(law, scenario, options_);
  }
  Check model(const std::string& name) const {
    const Model found = find_model(name);
    const auto [law, scenario] = known({});
    const py::gil_scoped_release release;
    return check_model(law, found, scenario, options_);
  }

 private:
  std::pair<Law, Scenario> known(const Scenario& asked) const {
    py::dict keywords = keywords_.attr("copy")();
    Scenario scenario = edited(asked, edits_, owner_);
    Law law = take_law(keywords, scenario.law, scenario.allow_unverified);
    take(scenario, keywords, owner_);
    return {std::move(law), std::move(scenario)};
  }

  const char* owner_;
  py::dict keywords_;
  ScenarioEdits edits_;
  CheckOptions options_;
  ChecksOptions checks_;
};

void bind_checks(py::module_& module) {
  py::class_<CheckProblem>(module, "CheckProblem", "Why there is no answer.")
      .def_readonly("message", &CheckProblem::message)
      .def_property_readonly(
          "place", [](const CheckProblem& self) { return to_string(self.at); });
  py::class_<Checked>(module, "Checked", "One of several answers.")
      .def_readonly("name", &Checked::name)
      .def_readonly("answer", &Checked::answer);
  py::class_<Checks> checks(module, "Checks", "Several plans, judged.");
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
      "    scenarios: names of published ones or .toml files\n"
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
      .def_readonly("without_vote", &Check::without_vote)
      .def_readonly("needs", &Check::needs)
      .def_readonly("repeats", &Check::repeats)
      .def_readonly("recall", &Check::recall)
      .def_readonly("decided_by", &Check::decided_by)
      .def_readonly("deciders", &Check::deciders)
      .def_readonly("accepted", &Check::accepted)
      .def_readonly("cost", &Check::cost)
      .def_readonly("findings", &Check::findings);
  add_report(check_class);
  check_class.def(
      "fails",
      [](const Check& self, const std::string& fail_on) {
        return fails(self, from_string<FailOn>(fail_on));
      },
      py::arg("fail_on") = "error",
      "Whether a finding of this severity or above was not accepted.");
  const auto infos = all_infos<Scenario, CheckOptions, ScenarioEdits>();
  const std::string doc =
      "Whether a plan should be trained.\n\n"
      "    scenario: a Scenario, the name of a published one or a .toml file\n"
      "    model: in its place the name of a published model" +
      options_doc(infos);
  module.def(
      "check",
      [infos](const py::object& scenario,
              const std::optional<std::string>& model,
              py::kwargs keywords) {
        const Judge judge(keywords, infos, "check");
        if (!model) return judge.plan(scenario_of(scenario));
        if (!scenario.is_none()) {
          throw std::invalid_argument(
              "check: scenario and model are both given");
        }
        return judge.model(*model);
      },
      py::arg("scenario") = py::none(),
      py::arg("model") = py::none(),
      doc.c_str());
  bind_checks(module);
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
