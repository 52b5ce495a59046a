// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/what_if.h"
#include "isoflop/plan/scenario_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "isoflop/base/progress.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/json.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;

Law law() { return published_law("besiroglu2024"); }

WhatIf varied(const std::vector<std::string>& vary,
              const std::vector<std::string>& keys = {"budget.flops=1e24"},
              int threads = 2) {
  WhatIfOptions options;
  options.vary = vary;
  options.threads = threads;
  return what_if(law(), edited({}, {keys}, "test"), options);
}

TEST(WhatIf, EachPointIsThePlanThere) {
  const WhatIf table =
      varied({"budget.flops=1e22,1e25", "data.unique_tokens=1e11..1e13:5"});
  EXPECT_THAT(table.keys, ElementsAre("budget.flops", "data.unique_tokens"));
  ASSERT_EQ(table.points.size(), 10u);
  for (const WhatIfPoint& point : table.points) {
    const Plan made = plan(law(),
                           edited({},
                                  {{"budget.flops=" + point.values[0],
                                    "data.unique_tokens=" + point.values[1]}},
                                  "test"));
    EXPECT_EQ(point.run.params, made.run.params);
    EXPECT_EQ(point.run.loss, made.run.loss);
    EXPECT_EQ(point.binding, made.binding);
    EXPECT_EQ(point.epochs, made.epochs);
  }
  EXPECT_EQ(table.points[1].values[0], "1e22");
  EXPECT_THAT(parse_number(table.points[1].values[1]),
              near_rel(1e11 * std::pow(100, 0.25), kRounding));
  EXPECT_EQ(parse_number(table.points[4].values[1]), 1e13);
}

TEST(WhatIf, TellsHowFarItIs) {
  WhatIfOptions options;
  options.vary = {"budget.flops=1e20..1e25:1000"};
  options.threads = 2;
  std::vector<std::int64_t> told;
  set_progress_observer(
      [&](std::string_view stage, std::int64_t done, std::int64_t all) {
        EXPECT_EQ(stage, "points");
        EXPECT_EQ(all, 1000);
        told.push_back(done);
      });
  what_if(law(), {}, options);
  set_progress_observer({});
  EXPECT_GT(told.size(), 100u);
  EXPECT_LE(told.size(), 200u);
  EXPECT_EQ(told.back(), 1000);
}

TEST(WhatIf, IntegersAreRounded) {
  const WhatIf table =
      varied({"cluster.count=100..1000:4"},
             {"budget.days=30", "cluster.accelerator=h100-sxm"});
  ASSERT_EQ(table.points.size(), 4u);
  EXPECT_EQ(table.points[1].values[0], "215");
  EXPECT_LT(table.points[0].run.loss.value(), 2.5);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_LT(table.points[i].run.loss, table.points[i - 1].run.loss);
  }
}

TEST(WhatIf, LawsVaryToo) {
  const WhatIf table = varied({"law=hoffmann2022,besiroglu2024"});
  EXPECT_EQ(table.points[0].run.params,
            optimum(published_law("hoffmann2022"), Flops(1e24)).params);
  EXPECT_EQ(table.points[1].run.params, optimum(law(), Flops(1e24)).params);
}

TEST(WhatIf, APointThatCannotBePlannedSaysWhy) {
  const WhatIf table = varied({"model.params=1B,70B", "data.tokens=1T,1.4T"},
                              {"budget.flops=5.88e23"});
  EXPECT_THAT(table.points[0].problem, HasSubstr("give two of three"));
  EXPECT_EQ(table.points[3].problem, "");
}

TEST(WhatIf, AnyNumberOfThreadsGivesTheSameBytes) {
  const std::vector<std::string> vary = {"budget.flops=1e20..1e26:40",
                                         "data.max_epochs=1,2,4"};
  const std::string one = to_json(varied(
      vary, {"data.unique_tokens=1T", "cluster.accelerator=h100-sxm"}, 1));
  for (const int threads : {2, 3, 8}) {
    EXPECT_EQ(to_json(varied(
                  vary,
                  {"data.unique_tokens=1T", "cluster.accelerator=h100-sxm"},
                  threads)),
              one);
  }
}

TEST(WhatIf, RefusesWhatCannotBeMeant) {
  const auto refusal = [](const std::vector<std::string>& vary) {
    return message_of<std::invalid_argument>([&] { varied(vary); });
  };
  EXPECT_THAT(refusal({}), HasSubstr("nothing varies"));
  EXPECT_THAT(refusal({"budget.flops"}), HasSubstr("key=low..high:n"));
  EXPECT_THAT(refusal({"budget.flosp=1,2"}),
              HasSubstr("did you mean 'budget.flops'"));
  EXPECT_THAT(refusal({"budget.flops=1e22..1e24:1"}), HasSubstr("2 to"));
  EXPECT_THAT(refusal({"budget.flops=1e22..1e24:2.5"}), HasSubstr("2 to"));
  EXPECT_THAT(refusal({"law=a..b:3"}), HasSubstr("has no range"));
  EXPECT_THAT(refusal({"data.tokens=1 GWh,2T"}), HasSubstr("measures"));
  EXPECT_THAT(refusal({"budget.flops=1e20..1e26:2000",
                       "data.unique_tokens=1T..2T:2000"}),
              HasSubstr("a million"));
}

}  // namespace
}  // namespace isoflop
