// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "isoflop/laws/optimum.h"
#include "isoflop/plan/plan.h"

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

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
