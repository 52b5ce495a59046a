// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "bench/bench_runs.h"
#include "isoflop/fit/fit.h"

namespace isoflop {
namespace {

void fit_runs(benchmark::State& state,
              const Runs& runs,
              int replicates,
              int threads = 1,
              StartSet search = StartSet::Chosen) {
  FitOptions options;
  options.bootstrap = replicates;
  options.threads = threads;
  options.search = search;
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(fit(runs, options).objective_value);
  }
}

void bench_fits(const std::string& name, const Runs& runs) {
  benchmark::RegisterBenchmark(
      ("fit/" + name).c_str(),
      [runs](benchmark::State& state) { fit_runs(state, runs, 0); })
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark(
      ("fit_and_1000_replicates/" + name).c_str(),
      [runs](benchmark::State& state) { fit_runs(state, runs, 1000); })
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark(
      ("fit_and_4000_replicates_on_2_threads/" + name).c_str(),
      [runs](benchmark::State& state) { fit_runs(state, runs, 4000, 2); })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  benchmark::RegisterBenchmark(("fit_from_4500_classic_starts/" + name).c_str(),
                               [runs](benchmark::State& state) {
                                 fit_runs(state, runs, 0, 1, StartSet::Classic);
                               })
      ->Unit(benchmark::kMillisecond);
}

/// Five coefficients and nothing else: no budgets.
void bench_profiles(const std::string& name, const Runs& runs) {
  benchmark::RegisterBenchmark(
      ("fit_and_profiles/" + name).c_str(),
      [runs](benchmark::State& state) {
        FitOptions options;
        options.bootstrap = 0;
        options.threads = 1;
        options.interval = IntervalMethod::Profile;
        options.flops = {};
        for ([[maybe_unused]] auto step : state) {
          benchmark::DoNotOptimize(fit(runs, options).objective_value);
        }
      })
      ->Unit(benchmark::kMillisecond);
}

/// Ten times the rows must take ten times as long.
void bench_many_rows() {
  for (const int count : {10000, 100000, 1000000}) {
    benchmark::RegisterBenchmark(
        ("fit/synthetic_" + std::to_string(count)).c_str(),
        [count](benchmark::State& state) {
          fit_runs(state, bench::synthetic_runs(count), 0);
        })
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace isoflop

int main(int argc, char** argv) {
  isoflop::bench_fits("synthetic_240", isoflop::bench::synthetic_runs(240));
  if (const auto runs = isoflop::bench::chinchilla_runs()) {
    isoflop::bench_fits("chinchilla_240", *runs);
    isoflop::bench_profiles("chinchilla_240", *runs);
  }
  isoflop::bench_many_rows();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
