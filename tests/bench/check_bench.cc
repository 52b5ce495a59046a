// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "isoflop/check/check.h"
#include "isoflop/check/router.h"
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

/// Size, data, prices and days as ranges: the bill of each sample too.
void check_ranges_of_costs(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.params = Params(70e9);
  scenario.tokens = Range<Tokens>(Tokens(1e12), Tokens(3e12));
  scenario.unique_tokens = Range<Tokens>(Tokens(2e11), Tokens(5e11));
  scenario.accelerator = "h100-sxm";
  scenario.count = 2048;
  scenario.usd = Range<Usd>(Usd(1e6), Usd(4e6));
  scenario.days = Range<Days>(Days(10.0), Days(40.0));
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(check(law, scenario).verdict);
  }
}
BENCHMARK(check_ranges_of_costs)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Ten thousand plans in one call, each over the draws of the law.
void check_ten_thousand(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  std::vector<Scenario> scenarios(10000);
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const auto at = static_cast<double>(i);
    scenarios[i].params = Params(1e8 * (1.0 + at));
    scenarios[i].tokens = Tokens(1e9 * (1.0 + at));
    scenarios[i].unique_tokens = Tokens(5e12);
  }
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(check_many(law, scenarios).size());
  }
}
BENCHMARK(check_ten_thousand)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);

/// A router of the size of DeepSeek-V3's, with all laws of mixtures.
void check_a_router(benchmark::State& state) {
  constexpr int kLayers = 58;
  constexpr int kExperts = 256;
  Eigen::MatrixXd tokens(kLayers, kExperts);
  for (int i = 0; i < kLayers; ++i) {
    for (int j = 0; j < kExperts; ++j) tokens(i, j) = 1000 + (37 * i + j) % 500;
  }
  const RouterLoad load = router_load(tokens);
  RouterOptions options;
  options.params = Params(671e9);
  options.active_params = Params(37e9);
  options.tokens = Tokens(14.8e12);
  options.top_k = 8;
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(check_router(load, options).verdict);
  }
}
BENCHMARK(check_a_router)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
