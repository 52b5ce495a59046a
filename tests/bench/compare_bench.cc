// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>

#include "bench/bench_runs.h"
#include "isoflop/fit/compare.h"
#include "isoflop/fit/envelope.h"
#include "isoflop/fit/valleys.h"

namespace isoflop {
namespace {

/// Twelve budgets of 20 sizes from a quarter to four times the best.
Runs sweeps() {
  Runs runs = bench::synthetic_runs(240);
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    const double flops = 1e18 * std::pow(3.0, static_cast<double>(i / 20));
    const double place = std::pow(16.0, static_cast<double>(i % 20) / 19.0);
    runs.params[i] = 0.25 * place * std::sqrt(flops / 120.0);
    runs.tokens[i] = flops / 6.0 / runs.params[i];
    runs.flops[i] = flops;
    runs.loss_nats[i] = 1.82 + 482.0 / std::pow(runs.params[i], 0.348) +
                        2085.0 / std::pow(runs.tokens[i], 0.366);
  }
  return runs;
}

/// 20 sizes with 50 checkpoints each.
Runs checkpoints() {
  Runs runs = bench::synthetic_runs(1000);
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    runs.params[i] = 1e7 * std::pow(1e3, static_cast<double>(i / 50) / 19.0);
    runs.tokens[i] = 1e8 * std::pow(1e4, static_cast<double>(i % 50) / 49.0);
    runs.flops[i] = 6.0 * runs.params[i] * runs.tokens[i];
    runs.loss_nats[i] = 1.82 + 482.0 / std::pow(runs.params[i], 0.348) +
                        2085.0 / std::pow(runs.tokens[i], 0.366);
  }
  return runs;
}

void valleys_of_240_runs(benchmark::State& state) {
  const Runs runs = sweeps();
  ValleyOptions options;
  options.bootstrap = 0;
  options.threads = 1;
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(isoflop_valleys(runs, options).params);
  }
}
BENCHMARK(valleys_of_240_runs)->Unit(benchmark::kMillisecond);

void envelope_and_1000_resamples(benchmark::State& state) {
  const Runs runs = checkpoints();
  EnvelopeOptions options;
  options.threads = 1;
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(envelope(runs, options).params);
  }
}
BENCHMARK(envelope_and_1000_resamples)->Unit(benchmark::kMillisecond);

void compare_two_forms(benchmark::State& state) {
  const Runs runs = sweeps();
  CompareOptions options;
  options.law = {"additive", "additive_tied"};
  options.threads = 1;
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(compare_forms(runs, options).forms);
  }
}
BENCHMARK(compare_two_forms)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
