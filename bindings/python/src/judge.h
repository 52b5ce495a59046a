// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "isoflop/check/check.h"
#include "isoflop/check/check_law.h"
#include "isoflop/check/check_model.h"
#include "isoflop/check/checks.h"
#include "runs_of.h"
#include "scenario_of.h"

namespace isoflop::python {

/// Whether a text names a saved law.
inline bool is_law_file(const std::string& name) {
  return name.ends_with(".json");
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
  LawCheck law(const std::string& path) const {
    return check_law(path, {options_.accept});
  }
  Check model(const std::string& name) const {
    const Model found = find_model(name);
    const auto [law, scenario] = known(model_defaults(found));
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

}  // namespace isoflop::python
