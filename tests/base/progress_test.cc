// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/progress.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "isoflop/base/parallel.h"

namespace isoflop {
namespace {

using Told = std::vector<std::pair<std::int64_t, std::int64_t>>;

class Progress : public ::testing::Test {
 protected:
  void SetUp() override {
    set_progress_observer(
        [this](std::string_view stage, std::int64_t done, std::int64_t all) {
          stages.emplace_back(stage);
          told.emplace_back(done, all);
        });
  }
  void TearDown() override { set_progress_observer({}); }

  std::vector<std::string> stages;
  Told told;
};

TEST_F(Progress, IsToldStepByStep) {
  ProgressStage stage("refits", 3);
  for (int i = 0; i < 3; ++i) stage.step();
  EXPECT_EQ(told, (Told{{1, 3}, {2, 3}, {3, 3}}));
  EXPECT_EQ(stages.front(), "refits");
}

TEST_F(Progress, OfManyStepsIsTold200TimesInOrderFromAnyThread) {
  constexpr std::int64_t kSteps = 10000;
  ProgressStage stage("refits", kSteps);
  parallel_for(kSteps, 4, [&](std::int64_t) { stage.step(); });
  EXPECT_LE(told.size(), 200u);
  EXPECT_GE(told.size(), 100u);
  for (std::size_t i = 1; i < told.size(); ++i) {
    EXPECT_GT(told[i].first, told[i - 1].first);
  }
  EXPECT_EQ(told.back().first, kSteps);
}

TEST_F(Progress, OfPartsWithinIsSilent) {
  ProgressStage outer("plans", 2);
  {
    ProgressStage inner("refits", 5);
    inner.step();
  }
  EXPECT_TRUE(told.empty());
  outer.step();
  EXPECT_EQ(told, (Told{{1, 2}}));
}

TEST_F(Progress, EndsAlsoWhenLeftEarly) {
  try {
    ProgressStage stage("refits", 5);
    stage.step();
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(told, (Told{{1, 5}, {5, 5}}));
  // And the next is heard.
  ProgressStage next("points", 1);
  next.step();
  EXPECT_EQ(stages.back(), "points");
}

TEST_F(Progress, StopsByWhatTheObserverThrows) {
  set_progress_observer([](auto, std::int64_t done, std::int64_t) {
    if (done == 2) throw std::runtime_error("enough");
  });
  ProgressStage stage("refits", 5);
  stage.step();
  EXPECT_THROW(stage.step(), std::runtime_error);
}

TEST(ProgressStage, IsForNobodyWithoutAnObserver) {
  ProgressStage stage("refits", 2);
  stage.step();
  stage.step();
}

}  // namespace
}  // namespace isoflop
