// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "isoflop/laws/optimum.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/what_if.h"

namespace isoflop {
namespace {

void optimum_closed_form(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(optimum(law, Flops(1e24)).params);
  }
}
BENCHMARK(optimum_closed_form);

void optimum_searched(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(optimum_by_search(law, Flops(1e24)).params);
  }
}
BENCHMARK(optimum_searched);

/// A whole plan, with intervals over the law's draws.
void plan_budget(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.flops = Flops(1e24);
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(plan(law, scenario).run.params);
  }
  state.counters["draws"] = static_cast<double>(law.draws.rows());
}
BENCHMARK(plan_budget)->Unit(benchmark::kMicrosecond);

/// A plan by the law's point alone.
void plan_by_point(benchmark::State& state) {
  Law law = published_law("besiroglu2024");
  law.draws.resize(0, law.draws.cols());
  Scenario scenario;
  scenario.flops = Flops(1e24);
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(plan_point(law, scenario).run.params);
  }
}
BENCHMARK(plan_by_point)->Unit(benchmark::kMicrosecond);

/// A plan over a thousand draws: by the mean (0) or a quantile (1) of the
/// loss, with the regret of the point's plan, shadow prices and the frontier.
void plan_over_draws(benchmark::State& state) {
  Law law = published_law("besiroglu2024");
  const Eigen::MatrixXd few = law.draws;
  law.draws.resize(1000, few.cols());
  for (Eigen::Index i = 0; i < 1000; ++i) {
    law.draws.row(i) = few.row(i % few.rows());
  }
  Scenario scenario;
  scenario.flops = Flops(1e24);
  scenario.risk = parse_risk(state.range(0) == 0 ? "mean" : "q90");
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(plan(law, scenario).run.params);
  }
}
BENCHMARK(plan_over_draws)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// A plan on a cluster that is served, whole.
void plan_served(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.usd = Usd(20e6);
  scenario.days = Days(60);
  scenario.accelerator = "h100-sxm";
  scenario.serving_tokens = Tokens(10e12);
  scenario.min_tokens_per_second = TokensPerSecond(30);
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(plan(law, scenario).run.params);
  }
}
BENCHMARK(plan_served)->Unit(benchmark::kMillisecond);

/// A hundred thousand plans, on all CPUs; argument: on a cluster, or not.
void what_if_points(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.unique_tokens = Tokens(1e12);
  if (state.range(0) == 1) {
    scenario.accelerator = "h100-sxm";
    scenario.count = 4096;
  }
  WhatIfOptions options;
  options.vary = {"budget.flops=1e20..1e26:1000", "data.max_epochs=1..100:100"};
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(what_if(law, scenario, options).points.size());
  }
}
BENCHMARK(what_if_points)
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
