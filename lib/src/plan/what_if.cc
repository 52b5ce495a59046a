// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/what_if.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/fit/law_source.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "plan/axis.h"
#include "plan/cluster.h"

namespace isoflop {
namespace {

constexpr std::size_t kMostPoints = 1000000;

void solve(const Law& law, const Scenario& scenario, WhatIfPoint& point) {
  try {
    Plan made = plan_point(law, scenario);
    if (!made.is_answered) {
      point.problem = made.findings.front().message;
      return;
    }
    point.run = made.run;
    point.binding = std::move(made.binding);
    point.epochs = made.epochs;
    point.cost = std::move(made.cost);
    for (const std::vector<Finding>* found :
         {&made.findings, &point.cost.findings}) {
      for (const Finding& finding : *found) {
        if (finding.severity == Severity::Error) {
          point.misses.push_back(finding.code);
        }
      }
    }
  } catch (const std::invalid_argument& error) {
    point.problem = error.what();
  }
}

}  // namespace

WhatIf what_if(const Law& given,
               const Scenario& scenario,
               const WhatIfOptions& options) {
  validate(scenario, "whatif");
  validate(options, "whatif");
  if (options.vary.empty()) fail("whatif", "nothing varies; give vary");
  WhatIf result;
  result.law = given.id;
  result.law_options = given.provenance.options;
  result.scenario = scenario;
  result.options = options;
  std::vector<Axis> axes;
  for (const std::string& text : options.vary) {
    axes.push_back(axis_of(text, "whatif", "vary"));
    result.keys.push_back(axes.back().key);
  }
  const std::size_t count = combinations(axes);
  if (count > kMostPoints) fail("whatif", "more than a million points");
  // Only a risk needs draws, and copies of them cost more than the plan.
  const bool has_risk =
      scenario.risk ||
      std::any_of(axes.begin(), axes.end(), [](const Axis& axis) {
        return axis.key == "goal.risk";
      });
  const auto without_draws = [&](Law law) {
    if (!has_risk) law.draws.resize(0, law.draws.cols());
    return law;
  };
  std::map<std::string, Law> laws;
  const Law own = without_draws(given);
  for (const Axis& axis : axes) {
    if (axis.key != "law") continue;
    for (const std::string& id : axis.values) {
      laws[id] = without_draws(law_or_forecast(id, scenario.allow_unverified));
    }
  }
  result.points.resize(count);
  const auto all = static_cast<std::int64_t>(count);
  ProgressStage stage("points", all);
  parallel_for(all, options.threads, [&](std::int64_t i) {
    WhatIfPoint& point = result.points[static_cast<std::size_t>(i)];
    point.values = combination(axes, static_cast<std::size_t>(i));
    Scenario changed = scenario;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      set_key(changed, axes[k].key + "=" + point.values[k], "whatif");
    }
    const auto at = laws.find(changed.law);
    solve(at == laws.end() ? own : at->second, changed, point);
    stage.step();
  });
  return result;
}

}  // namespace isoflop
