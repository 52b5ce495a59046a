// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "isoflop/check/check.h"
#include "isoflop/plan/scenario_file.h"

namespace isoflop {
namespace {

/// An exact plan: over the law's draws only.
void check_exact(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.params = Params(530e9);
  scenario.tokens = Tokens(270e9);
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(check(law, scenario).verdict);
  }
}
BENCHMARK(check_exact)->Unit(benchmark::kMillisecond);

/// Quantities that are ranges: sampled, and the law over its draws.
void check_ranges(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  const Scenario scenario = published_scenario("gpt-4.5");
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(check(law, scenario).verdict);
  }
  state.counters["samples"] = CheckOptions().samples;
}
BENCHMARK(check_ranges)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
