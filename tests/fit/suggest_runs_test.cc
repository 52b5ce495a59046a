// SPDX-License-Identifier: Apache-2.0
#include "fit/suggest_runs.h"

#include <gtest/gtest.h>

#include "fit/designs.h"

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
                      sorted_inputs_of(observe(points, law), form),
                      kScale);
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
