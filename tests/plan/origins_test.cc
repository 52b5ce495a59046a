// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/origins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoflop/plan/scenario_file.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;

const InputOrigin* origin(const std::vector<InputOrigin>& all,
                          const std::string& key) {
  for (const InputOrigin& entry : all) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

TEST(Origins, TellOptionsEditsAndDefaultsApart) {
  Scenario scenario =
      edited({}, {{"cluster.accelerator=h100-sxm", "cluster.pue=1.3"}}, "test");
  const Scenario before = scenario;
  scenario.flops = Flops(1e24);
  scenario.pue = 1.2;
  mark_options(scenario, before);
  const auto all = input_origins(scenario);
  EXPECT_EQ(origin(all, "cluster.accelerator")->from, "set");
  EXPECT_EQ(origin(all, "budget.flops")->from, "option");
  EXPECT_EQ(origin(all, "cluster.pue")->from, "option");
  EXPECT_EQ(origin(all, "cluster.pue")->value, "1.2");
  EXPECT_EQ(origin(all, "cluster.mfu")->from, "default");
  EXPECT_EQ(origin(all, "cluster.mfu")->value, "0.38..0.43");
  EXPECT_EQ(origin(all, "law")->value, "besiroglu2024");
  EXPECT_EQ(origin(all, "serving.tokens"), nullptr);
  EXPECT_EQ(origin(all, "cluster.checkpoint"), nullptr);
}

TEST(Origins, OfAPublishedScenarioAreItsLines) {
  const auto all = input_origins(published_scenario("gpt-4.5"));
  const InputOrigin* tokens = origin(all, "data.tokens");
  ASSERT_NE(tokens, nullptr);
  EXPECT_THAT(tokens->from, HasSubstr("gpt-4.5.toml:"));
  EXPECT_FALSE(tokens->source.empty());
}

}  // namespace
}  // namespace isoflop
