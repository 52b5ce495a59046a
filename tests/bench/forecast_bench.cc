// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>

#include "bench/bench_runs.h"
#include "isoflop/fit/backtest.h"
#include "isoflop/fit/forecast.h"

namespace isoflop {
namespace {

/// Runs of the law with a smooth departure of 1 %, so that scales differ;
/// with `rows_per_run` above 1 these are checkpoints.
Runs departing_runs(std::int64_t count, std::int64_t rows_per_run) {
  Runs runs = bench::synthetic_runs(count);
  for (std::int64_t i = 0; i < count; ++i) {
    runs.loss_nats[i] *= std::exp(0.01 * std::sin(std::log(runs.params[i])));
    if (rows_per_run > 1) {
      runs.name.push_back(std::to_string(i / rows_per_run));
    }
  }
  return runs;
}

/// Learning a forecast; the other rows are checkpoints of 20 a run.
void forecast_learn(benchmark::State& state) {
  const Runs runs = departing_runs(state.range(0), state.range(1));
  ForecastOptions options;
  options.threads = static_cast<int>(state.range(2));
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(forecast(runs, options));
  }
}
BENCHMARK(forecast_learn)
    ->ArgNames({"rows", "rows_per_run", "threads"})
    ->Args({220, 1, 1})
    ->Args({220, 1, 2})
    ->Args({660, 20, 1})
    ->Args({660, 20, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// What `predict --from` adds to that: forecasts from the smaller runs, asked
/// about the larger.
void forecast_tested_reach(benchmark::State& state) {
  const Runs runs = departing_runs(state.range(0), 1);
  ForecastOptions options;
  options.threads = static_cast<int>(state.range(1));
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(tested_reach(runs, options));
  }
}
BENCHMARK(forecast_tested_reach)
    ->ArgNames({"rows", "threads"})
    ->Args({220, 1})
    ->Args({220, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Predictions from 220 runs; time an item is that of a prediction.
void forecast_predict(benchmark::State& state) {
  const Forecast known = forecast(departing_runs(220, 1));
  const Eigen::VectorXd params = Eigen::VectorXd::LinSpaced(10000, 1e9, 1e11);
  const Eigen::VectorXd tokens = 20.0 * params;
  const auto threads = static_cast<int>(state.range(0));
  for ([[maybe_unused]] auto step : state) {
    benchmark::DoNotOptimize(
        known.law.discrepancy->at(params, tokens, threads));
  }
  state.SetItemsProcessed(state.iterations() * params.size());
}
BENCHMARK(forecast_predict)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
