// SPDX-License-Identifier: Apache-2.0
// How often intervals hold the truth: simulated runs of the additive law, four
// designs, three sizes of error. Prints a Markdown table, as in
// docs/theory/doubt.md.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "fit/designs.h"
#include "isoflop/base/parallel.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/laws/predict.h"

namespace isoflop::bench {
namespace {

using testing::chinchilla_law;
using testing::DesignPoints;

struct Options {
  int simulations = 1000;
  int refits = 200;
  std::string kind = "auto";
  std::string interval = "percentile";
  std::string objective = "huber";
  int only = -1;  ///< one of the designs
  std::vector<double> errors = {0.0005, 0.002, 0.005};
  bool poor = false;
};

struct NamedDesign {
  const char* name;
  DesignPoints points;
};

/// What is asked of each fit: five coefficients, then at ten times the largest
/// budget the optimal size and its loss, then the loss of a new run there.
constexpr std::array kQuantities = {
    "E", "A", "B", "alpha", "beta", "N*", "loss", "new run"};
constexpr std::size_t kCount = kQuantities.size();

struct Outcome {
  bool identified = false;
  std::array<int, kCount> covered{};  ///< 1 held, 0 not, -1 no interval
};

int holds(const std::optional<Interval>& interval, double truth) {
  if (!interval) return -1;
  return interval->low <= truth && truth <= interval->high ? 1 : 0;
}

Outcome simulate(const DesignPoints& design,
                 double noise,
                 std::uint64_t seed,
                 const Options& options) {
  const Law law = chinchilla_law();
  const Runs runs = testing::observe(design, law, noise, seed);
  const Flops target(10.0 * 6.0 *
                     runs.params.cwiseProduct(runs.tokens).maxCoeff());
  FitOptions fit_options;
  fit_options.threads = 1;
  fit_options.seed = seed;
  fit_options.bootstrap = options.refits;
  fit_options.bootstrap_kind = from_string<BootstrapKind>(options.kind);
  fit_options.interval = from_string<IntervalMethod>(options.interval);
  fit_options.objective = from_string<Objective>(options.objective);
  // Of refits alone: a back-test would widen what lies beyond the runs.
  fit_options.widening = WideningChoice::None;
  fit_options.flops = {target};
  const FitResult fit = isoflop::fit(runs, fit_options);
  Outcome outcome;
  outcome.identified = fit.is_identified();
  outcome.covered.fill(-1);
  for (std::size_t j = 0; j < fit.intervals.size(); ++j) {
    outcome.covered[j] =
        holds(fit.intervals[j], law.coefficients[static_cast<int>(j)]);
  }
  if (fit.optimum.empty()) return outcome;
  const Optimum truth = optimum(law, target);
  outcome.covered[5] = holds(fit.optimum[0].params, truth.params.value());
  outcome.covered[6] = holds(fit.optimum[0].loss_nats, truth.loss.value());
  RandomStream random(seed, 1);
  const double run = truth.loss.value() * std::exp(noise * random.normal());
  outcome.covered[7] =
      holds(predict(fit.law, truth.params, truth.tokens).run_interval, run);
  return outcome;
}

/// A row: of the fits with the status `identified`, or of all with intervals.
void report(const std::string& name,
            double noise,
            bool identified_only,
            const std::vector<Outcome>& outcomes) {
  int identified = 0;
  for (const Outcome& outcome : outcomes) identified += outcome.identified;
  std::printf("| %s | %g | %.1f |",
              name.c_str(),
              noise,
              100.0 * identified / static_cast<double>(outcomes.size()));
  for (std::size_t q = 0; q < kCount; ++q) {
    int held = 0;
    int asked = 0;
    for (const Outcome& outcome : outcomes) {
      if (identified_only && !outcome.identified) continue;
      held += outcome.covered[q] == 1;
      asked += outcome.covered[q] >= 0;
    }
    if (asked == 0) {
      std::printf(" - |");
    } else {
      std::printf(" %.1f |", 100.0 * held / asked);
    }
  }
  std::printf("\n");
  std::fflush(stdout);
}

std::vector<Outcome> simulate_all(const DesignPoints& design,
                                  double noise,
                                  const Options& options) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(options.simulations));
  parallel_for(options.simulations, 0, [&](std::int64_t i) {
    outcomes[static_cast<std::size_t>(i)] =
        simulate(design, noise, static_cast<std::uint64_t>(1000 + i), options);
  });
  return outcomes;
}

DesignPoints line(int count, double params_low, double params_high) {
  DesignPoints design;
  for (int i = 0; i < count; ++i) {
    design.add(testing::spread(params_low, params_high, i, count),
               testing::spread(1e9, 1e12, i, count));
  }
  return design;
}

/// Designs that determine no law: how often they pass for identified.
int run_poor(const Options& options) {
  const std::vector<NamedDesign> designs = {
      {"D = 20 N", testing::fixed_ratio()},
      {"D = 20 N within 2 %", testing::fixed_ratio(1.02)},
      {"one budget, 13 sizes", testing::isoflop_sweep(1, 13, 4)},
      {"two sizes, 11 amounts", testing::grid(2, 11)},
      {"one size, 13 amounts", line(13, 1e9, 1e9)},
      {"five runs", line(5, 1e7, 1e10)}};
  std::printf("| design | error | identified |\n|---|---|---|\n");
  for (const NamedDesign& design : designs) {
    for (const double noise : options.errors) {
      int identified = 0;
      for (const Outcome& outcome :
           simulate_all(design.points, noise, options)) {
        identified += outcome.identified;
      }
      std::printf("| %s | %g | %.1f |\n",
                  design.name,
                  noise,
                  100.0 * identified / options.simulations);
      std::fflush(stdout);
    }
  }
  return 0;
}

int run(const Options& options) {
  const std::vector<NamedDesign> designs = {
      {"grid 14x11", testing::grid(14, 11)},
      {"isoFLOP 7x9", testing::isoflop_sweep(7, 9, 4)},
      {"D = 20 N, x/2 .. x2", testing::fixed_ratio(2.0)},
      {"isoFLOP 3x5", testing::isoflop_sweep(3, 5, 2)}};
  std::printf("| design | error | identified %% |");
  for (const char* name : kQuantities) std::printf(" %s |", name);
  std::printf("\n|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (std::size_t d = 0; d < designs.size(); ++d) {
    if (options.only >= 0 && static_cast<int>(d) != options.only) continue;
    for (const double noise : options.errors) {
      const std::string name = designs[d].name;
      const auto outcomes = simulate_all(designs[d].points, noise, options);
      report(name, noise, true, outcomes);
      const auto identified = std::count_if(
          outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
            return outcome.identified;
          });
      // What the status picks is set beside what it picks from.
      const bool picks = identified < 0.99 * options.simulations;
      if (picks) report(name + ", any status", noise, false, outcomes);
    }
  }
  return 0;
}

}  // namespace
}  // namespace isoflop::bench

int main(int argc, char** argv) {
  isoflop::bench::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    const std::string value = argv[i + 1];
    if (key == "--simulations") options.simulations = std::atoi(value.c_str());
    if (key == "--refits") options.refits = std::atoi(value.c_str());
    if (key == "--kind") options.kind = value;
    if (key == "--interval") options.interval = value;
    if (key == "--objective") options.objective = value;
    if (key == "--error") options.errors = {std::atof(value.c_str())};
    if (key == "--poor") options.poor = value == "1";
    if (key == "--design") options.only = std::atoi(value.c_str());
  }
  return options.poor ? isoflop::bench::run_poor(options)
                      : isoflop::bench::run(options);
}
