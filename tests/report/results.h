// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "check/plans.h"
#include "fit/designs.h"
#include "isoflop/check/check.h"
#include "isoflop/fit/fit.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"

namespace isoflop::testing {

inline FitResult good_fit() {
  FitOptions options;
  options.bootstrap = 20;
  return fit(observe(isoflop_sweep(7, 9, 4), chinchilla_law(), 0.002), options);
}

inline FitResult poor_fit() {
  return fit(observe(grid(2, 2), chinchilla_law(), 0.002));
}

inline Plan some_plan() {
  Scenario scenario;
  scenario.flops = Flops(1e24);
  return plan(published_law("besiroglu2024"), scenario);
}

inline Check gpt45() { return judge(published_scenario("gpt-4.5")); }

/// Checks with every rule, with and without ranges.
inline std::vector<Check> some_checks() {
  Scenario repeated = of_size(2e12, 13e12);
  repeated.unique_tokens = Tokens(0.5e12);
  Scenario ranges = repeated;
  ranges.unique_tokens = Range<Tokens>(Tokens(0.1e12), Tokens(3e12));
  ranges.params = Range<Params>(Params(1e10), Params(1e13));
  CheckOptions accepting;
  accepting.accept = {"plan.overparameterized"};
  return {judge(of_size(70e9, 1.4e12)),
          judge(of_size(530e9, 270e9)),
          judge(of_size(530e9, 270e9), accepting),
          judge(of_size(8e9, 15e12)),
          judge(of_size(1e8, 2e9)),
          check(published_law("hoffmann2022"), of_size(1e12, 1e13)),
          judge(repeated),
          judge(ranges),
          gpt45()};
}

}  // namespace isoflop::testing
