// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "bench/bench_runs.h"
#include "isoflop/fit/fit.h"

namespace isoflop {
namespace {

void fit_runs(benchmark::State& state, const Runs& runs, int replicates) {
  FitOptions options;
  options.bootstrap = replicates;
  options.threads = 1;
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
}

}  // namespace
}  // namespace isoflop

int main(int argc, char** argv) {
  isoflop::bench_fits("synthetic_240", isoflop::bench::synthetic_runs(240));
  if (const auto runs = isoflop::bench::chinchilla_runs()) {
    isoflop::bench_fits("chinchilla_240", *runs);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
