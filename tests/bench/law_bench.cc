// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "bench/bench_runs.h"

namespace isoflop {
namespace {

/// Log loss of a column of runs; time an item is that of a run.
void law_columns(benchmark::State& state) {
  const Law law = published_law("besiroglu2024");
  const Eigen::VectorXd theta =
      law.form->theta_from_coefficients(law.coefficients);
  const Runs runs = bench::synthetic_runs(state.range(0));
  Eigen::MatrixXd inputs(runs.size(), 2);
  inputs.col(0) = runs.params.array().log();
  inputs.col(1) = runs.tokens.array().log();
  const bool with_jacobian = state.range(1) != 0;
  Eigen::VectorXd out;
  Eigen::MatrixXd jacobian;
  for ([[maybe_unused]] auto step : state) {
    law.form->evaluate_columns(
        theta, inputs, out, with_jacobian ? &jacobian : nullptr);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * runs.size());
}
BENCHMARK(law_columns)
    ->ArgNames({"runs", "jacobian"})
    ->ArgsProduct({{240, 10000}, {0, 1}});

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
