// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "bench/bench_runs.h"
#include "isoflop/laws/evaluate.h"

namespace isoflop {
namespace {

/// Log loss of a column of runs; time an item is that of a run.
void columns_of(benchmark::State& state, const Form& form) {
  const auto known = published_law("besiroglu2024").named_coefficients();
  const Eigen::VectorXd theta =
      form.theta_from_coefficients(coefficient_vector(form, known, "bench"));
  const Runs runs = bench::synthetic_runs(state.range(0));
  Eigen::MatrixXd inputs(runs.size(), 2);
  inputs.col(0) = runs.params.array().log();
  inputs.col(1) = runs.tokens.array().log();
  const bool with_jacobian = state.range(1) != 0;
  Eigen::VectorXd out;
  Eigen::MatrixXd jacobian;
  for ([[maybe_unused]] auto step : state) {
    form.evaluate_columns(
        theta, inputs, out, with_jacobian ? &jacobian : nullptr);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * runs.size());
}

void law_columns(benchmark::State& state) {
  columns_of(state, *find_form("additive"));
}
BENCHMARK(law_columns)
    ->ArgNames({"runs", "jacobian"})
    ->ArgsProduct({{240, 10000}, {0, 1}});

/// The same law as a formula.
void formula_columns(benchmark::State& state) {
  columns_of(state, *find_form("E + A/N^alpha + B/D^beta"));
}
BENCHMARK(formula_columns)
    ->ArgNames({"runs", "jacobian"})
    ->ArgsProduct({{240, 10000}, {0, 1}});

}  // namespace
}  // namespace isoflop

BENCHMARK_MAIN();
