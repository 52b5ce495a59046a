// SPDX-License-Identifier: Apache-2.0
// How often intervals beyond the runs hold, as refits give them and widened by
// the fit's own back-test. Prints the Markdown tables of docs/theory/doubt.md.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "fit/designs.h"
#include "fit/held_out.h"
#include "isoflop/base/parallel.h"
#include "isoflop/laws/predict.h"
#include "support/paths.h"

namespace isoflop::bench {
namespace {

using testing::DesignPoints;

/// How intervals of one new run came out.
struct Tally {
  int runs = 0;
  int held = 0;          ///< by intervals of refits
  int held_widened = 0;  ///< by those widened
  double factor = 0.0;   ///< summed over the runs

  void add(const Tally& other) {
    runs += other.runs;
    held += other.held;
    held_widened += other.held_widened;
    factor += other.factor;
  }
};

bool holds(const std::optional<Interval>& interval, double value) {
  return interval && interval->low <= value && value <= interval->high;
}

/// A run that was not learned from, asked of a law with and without widening.
Tally ask(const Law& law, const Law& plain, Params n, Tokens d, double loss) {
  const Prediction wide = predict(law, n, d);
  return {1,
          holds(predict(plain, n, d).run_interval, loss),
          holds(wide.run_interval, loss),
          wide.widening};
}

void print(const std::string& row, const Tally& tally) {
  const double runs = std::max(1, tally.runs);
  std::printf("| %s | %d | %.1f | %.1f | %.1f |\n",
              row.c_str(),
              tally.runs,
              100.0 * tally.held / runs,
              100.0 * tally.held_widened / runs,
              tally.factor / runs);
  std::fflush(stdout);
}

FitOptions options_of(int refits, int threads) {
  FitOptions options;
  options.bootstrap = refits;
  options.threads = threads;
  options.flops.clear();
  return options;
}

/// A departure of ln L from the law that neighbours share: cosines in random
/// directions of ln N and ln D, a Gaussian process of length 2.5 in the limit.
class Departure {
 public:
  Departure(double amplitude, std::uint64_t seed) : amplitude_(amplitude) {
    constexpr double kLength = 2.5;
    RandomStream random(seed, 7);
    for (auto& wave : waves_) {
      wave = {random.normal() / kLength,
              random.normal() / kLength,
              6.283185307179586 * random.uniform()};
    }
  }
  double at(double params, double tokens) const {
    double sum = 0.0;
    for (const auto& [n, d, phase] : waves_) {
      sum += std::cos(n * std::log(params) + d * std::log(tokens) + phase);
    }
    return amplitude_ * std::sqrt(2.0 / kWaves) * sum;
  }

 private:
  static constexpr int kWaves = 24;
  double amplitude_;
  std::array<std::array<double, 3>, kWaves> waves_;
};

constexpr std::array kDistances = {3.0, 10.0, 30.0, 100.0};
using Tallies = std::array<Tally, kDistances.size()>;

/// Learns from simulated runs, asks about larger ones of 20 tokens a parameter.
Tallies simulate(const DesignPoints& design,
                 double amplitude,
                 std::uint64_t seed,
                 int refits) {
  constexpr double kNoise = 0.002;
  const Law truth = testing::chinchilla_law();
  const Departure departure(amplitude, seed);
  Runs runs = testing::observe(design, truth, kNoise, seed);
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    runs.loss_nats[i] *= std::exp(departure.at(runs.params[i], runs.tokens[i]));
  }
  // Draws of its own: the chance in the percentiles of so few is not shared.
  FitOptions options = options_of(refits, 1);
  options.seed = seed;
  const Law law = isoflop::fit(runs, options).law;
  Tallies tallies;
  if (!law.has_draws()) return tallies;
  Law plain = law;
  plain.widening.clear();
  RandomStream random(seed, 9);
  for (std::size_t k = 0; k < kDistances.size(); ++k) {
    const double flops = kDistances[k] * runs.flops.maxCoeff();
    const Params n(std::sqrt(flops / 120.0));
    const Tokens d(20.0 * n.value());
    const double loss =
        truth.loss(n, d).value() *
        std::exp(departure.at(n.value(), d.value()) + kNoise * random.normal());
    tallies[k] = ask(law, plain, n, d, loss);
  }
  return tallies;
}

void run_simulated(int simulations, int refits) {
  std::printf(
      "| design | departure | at x Cmax | asked | refits hold %% | widened "
      "hold "
      "%% | mean factor |\n|---|---|---|---|---|---|---|\n");
  const std::pair<const char*, DesignPoints> designs[] = {
      {"isoFLOP 7x9", testing::isoflop_sweep(7, 9, 4)},
      {"grid 7x7", testing::grid(7, 7)}};
  for (const auto& [name, points] : designs) {
    for (const double amplitude : {0.0, 0.002, 0.005}) {
      std::vector<Tallies> all(static_cast<std::size_t>(simulations));
      parallel_for(simulations, 0, [&](std::int64_t i) {
        all[static_cast<std::size_t>(i)] = simulate(
            points, amplitude, 1000 + static_cast<std::uint64_t>(i), refits);
      });
      for (std::size_t k = 0; k < kDistances.size(); ++k) {
        Tally sum;
        for (const Tallies& one : all) sum.add(one[k]);
        char row[80];
        std::snprintf(
            row, sizeof row, "%s | %g | %g", name, amplitude, kDistances[k]);
        print(row, sum);
      }
    }
  }
}

struct Set {
  const char* words;
  const char* file;
  const char* where;
};

constexpr Set kSets[] = {
    {"Hoffmann et al. 2022, 240 points", "chinchilla_epoch.csv", "outlier=0"},
    {"Gadre et al. 2024, C4",
     "gadre_overtrain.csv",
     "family=c4 warmup_dominated=0"},
    {"Gadre et al. 2024, RedPajama",
     "gadre_overtrain.csv",
     "family=rpj warmup_dominated=0"},
    {"Gadre et al. 2024, RefinedWeb",
     "gadre_overtrain.csv",
     "family=rw warmup_dominated=0"},
    {"Open language models, best learning rate",
     "misfitting_final_bestlr.csv",
     ""},
    {"xLSTM study, Llama isoFLOP",
     "xlstm_isoflop.csv",
     "family=isoflop_llama_ctx8192"},
    {"Porian et al. 2024, RefinedWeb", "porian_rw_cosine.csv", ""},
    {"Muennighoff et al. 2023, single epoch",
     "datablations.csv",
     "single_epoch=1"}};

/// Learns from the runs with C <= Cmax / factor where the fit can hold out
/// larger runs among them, asks about the others.
void run_real(int refits) {
  std::printf(
      "| runs | factor | asked | refits hold %% | widened hold %% | mean "
      "factor "
      "|\n|---|---|---|---|---|---|\n");
  Tally all;
  for (const Set& set : kSets) {
    const std::string path = testing::shared_path(set.file);
    if (path.empty()) continue;
    const Runs runs = testing::runs_where(path, set.where);
    const Eigen::VectorXd flops = 6.0 * runs.params.cwiseProduct(runs.tokens);
    for (const double factor : {3.0, 10.0, 30.0}) {
      const double most = flops.maxCoeff() / factor;
      const Runs small = testing::rows_of(
          runs, [&](Eigen::Index i) { return flops[i] <= most; });
      if (small.size() < 8) continue;
      const Law law = isoflop::fit(small, options_of(refits, 0)).law;
      if (law.widening.empty() || !law.has_draws()) continue;
      Law plain = law;
      plain.widening.clear();
      Tally tally;
      for (Eigen::Index i = 0; i < runs.size(); ++i) {
        if (flops[i] <= most) continue;
        tally.add(ask(law,
                      plain,
                      Params(runs.params[i]),
                      Tokens(runs.tokens[i]),
                      runs.loss_nats[i]));
      }
      char row[80];
      std::snprintf(row, sizeof row, "%s | %g", set.words, factor);
      print(row, tally);
      all.add(tally);
    }
  }
  print("all | ", all);
}

}  // namespace
}  // namespace isoflop::bench

int main(int argc, char** argv) {
  int simulations = 300;
  int refits = 200;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--simulations") simulations = std::atoi(argv[i + 1]);
    if (key == "--refits") refits = std::atoi(argv[i + 1]);
  }
  isoflop::bench::run_real(refits);
  std::printf("\n");
  isoflop::bench::run_simulated(simulations, refits);
}
