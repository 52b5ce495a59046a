// SPDX-License-Identifier: Apache-2.0
#include "fit/suggest_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fit/candidate_runs.h"
#include "fit/design.h"
#include "fit/designs.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::DesignPoints;
using testing::fixed_ratio;
using testing::grid;
using testing::isoflop_sweep;
using testing::observe;

/// What would mend `points` with some runs of `more` added.
std::vector<SuggestedRun> mend(DesignPoints points,
                               const DesignPoints& before,
                               const std::vector<SuggestedRun>& more,
                               std::size_t without) {
  for (std::size_t k = 0; k < more.size(); ++k) {
    if (k == without) continue;
    points.add(more[k].params.value(), more[k].tokens.value());
  }
  constexpr double kScale = 0.002;
  const Law law = chinchilla_law();
  const Form& form = *law.form;
  const WeightedInputs first = sorted_inputs_of(observe(before, law), form);
  return suggest_runs(form,
                      Decision(form, first.inputs, first.budget),
                      nominal_theta(form),
                      sorted_inputs_of(observe(points, law), form),
                      kScale)
      .runs;
}

/// Whether a design passes at nominal values, judged by singular values.
bool passes(const Form& form,
            const Decision& decision,
            const WeightedInputs& runs,
            double residual_scale) {
  const Eigen::VectorXd theta = nominal_theta(form);
  const std::vector<int> columns = free_coefficients(form);
  const Design design = judge(form, theta, runs, columns);
  if (!(design.condition <= 1e3)) return false;
  const auto spread =
      spread_of(decision,
                theta,
                design,
                widest_scatter(residual_scale,
                               runs.inputs.rows(),
                               static_cast<int>(columns.size())));
  return spread && !is_wide(*spread);
}

WeightedInputs with(const WeightedInputs& runs,
                    const WeightedInputs& candidates,
                    const std::vector<int>& chosen) {
  WeightedInputs sum;
  const Eigen::Index n = runs.inputs.rows();
  const auto more = static_cast<Eigen::Index>(chosen.size());
  sum.inputs.resize(n + more, runs.inputs.cols());
  sum.inputs << runs.inputs, candidates.inputs(chosen, Eigen::all);
  sum.weight.setOnes(n + more);
  return sum;
}

TEST(SuggestRuns, ThreeAreTheFewestWhereTheySaySo) {
  // The scatter rises until no pair of the candidates is enough.
  const Law law = chinchilla_law();
  const Form& form = *law.form;
  const WeightedInputs present =
      sorted_inputs_of(observe(isoflop_sweep(1, 13, 4), law), form);
  const Decision decision(form, present.inputs, present.budget);
  const WeightedInputs candidates = candidate_runs(form, present).runs;
  double scale = 0.002;
  Suggestion found;
  while (found.runs.size() < 3 && scale < 1.0) {
    scale *= 1.1;
    found = suggest_runs(form, decision, nominal_theta(form), present, scale);
    ASSERT_FALSE(found.runs.empty());
  }
  ASSERT_EQ(found.runs.size(), 3u);
  EXPECT_TRUE(found.is_smallest);
  const auto count = static_cast<int>(candidates.inputs.rows());
  for (int i = 0; i < count; ++i) {
    for (int j = i + 1; j < count; ++j) {
      EXPECT_FALSE(
          passes(form, decision, with(present, candidates, {i, j}), scale));
    }
  }
  WeightedInputs three;
  three.inputs.resize(3, 2);
  for (int k = 0; k < 3; ++k) {
    const SuggestedRun& run = found.runs[static_cast<std::size_t>(k)];
    three.inputs.row(k) << std::log(run.params.value()),
        std::log(run.tokens.value());
  }
  EXPECT_TRUE(passes(form, decision, with(present, three, {0, 1, 2}), scale));
}

TEST(SuggestRuns, WithoutAProofItSaysSo) {
  // As above, at scatters where more than four runs are wanted.
  const Law law = chinchilla_law();
  const Form& form = *law.form;
  const WeightedInputs present =
      sorted_inputs_of(observe(isoflop_sweep(1, 13, 4), law), form);
  const Decision decision(form, present.inputs, present.budget);
  Suggestion found;
  for (double scale = 0.002; scale < 1.0 && found.runs.size() < 5;
       scale *= 1.1) {
    found = suggest_runs(form, decision, nominal_theta(form), present, scale);
  }
  ASSERT_GE(found.runs.size(), 5u);
  EXPECT_FALSE(found.is_smallest);
}

TEST(SuggestRuns, VaryWhatElseTheFormReads) {
  // Twenty sizes of 64 experts say nothing of other numbers of experts.
  const auto form = find_form("clark");
  WeightedInputs present;
  present.inputs.resize(20, 2);
  present.inputs.col(0).setLinSpaced(20, std::log(1e7), std::log(6e9));
  present.inputs.col(1).setConstant(std::log(64.0));
  present.weight.setOnes(20);
  present.budget = present.inputs.col(0).array() + std::log(6 * 1.3e11);
  const Decision decision(*form, present.inputs, present.budget);
  EXPECT_FALSE(passes(*form, decision, present, 0.002));
  const Suggestion found =
      suggest_runs(*form, decision, nominal_theta(*form), present, 0.002);
  ASSERT_FALSE(found.runs.empty());
  WeightedInputs more;
  more.inputs.resize(static_cast<Eigen::Index>(found.runs.size()), 2);
  std::vector<int> all;
  for (const SuggestedRun& run : found.runs) {
    const auto k = static_cast<int>(all.size());
    all.push_back(k);
    more.inputs.row(k) << std::log(run.params.value()),
        std::log(run.others.at("experts"));
    EXPECT_LE(run.params.value(), 6.001e9);
    EXPECT_THAT(run.tokens.value(),
                testing::near_rel(1.3e11, testing::kRounding));
  }
  EXPECT_TRUE(passes(*form, decision, with(present, more, all), 0.002));
}

TEST(SuggestRuns, AreEnoughAndNoneIsSpare) {
  constexpr std::size_t kNone = 99;
  for (const DesignPoints& design : {fixed_ratio(),
                                     fixed_ratio(1.02),
                                     grid(2, 11),
                                     grid(11, 2),
                                     isoflop_sweep(1, 13, 4)}) {
    const auto runs = mend(design, design, {}, kNone);
    ASSERT_FALSE(runs.empty());
    EXPECT_TRUE(mend(design, design, runs, kNone).empty());
    for (std::size_t k = 0; k < runs.size(); ++k) {
      EXPECT_FALSE(mend(design, design, runs, k).empty())
          << "run " << k + 1 << " of " << runs.size();
    }
  }
}

TEST(SuggestRuns, AreNoneForADesignThatDeterminesItsLaw) {
  EXPECT_TRUE(mend(grid(14, 11), grid(14, 11), {}, 0).empty());
}

}  // namespace
}  // namespace isoflop
