// SPDX-License-Identifier: Apache-2.0
// What a plan chooses of values that a scenario offers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/plan/origins.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/plan/what_if.h"
#include "support/matchers.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;
using testing::TemporaryFolder;

Law bare(const char* id) {
  Law law = published_law(id, true);
  law.draws.resize(0, law.draws.cols());
  return law;
}

Plan plan_with(const std::vector<std::string>& keys,
               const char* law = "besiroglu2024") {
  return plan(bare(law), edited({}, {keys}, "test"));
}

/// The best of plans made one by one.
template <class Measure>
std::string best_of(std::vector<std::string> keys,
                    const std::string& key,
                    const std::vector<std::string>& values,
                    const char* law,
                    Measure&& measure) {
  std::string best;
  double least = HUGE_VAL;
  keys.emplace_back();
  for (const std::string& value : values) {
    keys.back() = key + "=" + value;
    const Plan made = plan_with(keys, law);
    if (!made.is_answered || made.verdict == PlanVerdict::Infeasible) continue;
    if (measure(made) < least) {
      least = measure(made);
      best = value;
    }
  }
  return best;
}

TEST(Choose, ExpertsOfLeastLoss) {
  const std::vector<std::string> keys = {"budget.flops=1e21"};
  const std::vector<std::string> values = {"1", "4", "16", "32"};
  const std::string best =
      best_of(keys, "model.experts", values, "ludziejewski2025", [](auto& p) {
        return p.run.loss.value();
      });
  const Plan made =
      plan_with({"budget.flops=1e21", "choose=model.experts=1,4,16,32"},
                "ludziejewski2025");
  ASSERT_TRUE(made.choices.has_value());
  EXPECT_THAT(made.choices->keys, ElementsAre("model.experts"));
  EXPECT_EQ(made.choices->measure, "loss_nats");
  EXPECT_EQ(made.choices->entries.size(), 4u);
  EXPECT_THAT(made.choices->entries.front().values, ElementsAre(best));
  EXPECT_EQ(std::to_string(made.scenario.experts->middle()), best);
  EXPECT_EQ(made.choices->entries.front().run.loss, made.run.loss);
  EXPECT_THAT(*made.choices->beats_by,
              near_rel(made.choices->entries[1].run.loss / made.run.loss - 1.0,
                       {1e-9}));
  // The key is the plan's own, and says that it was chosen.
  for (const InputOrigin& origin : input_origins(made.scenario)) {
    if (origin.key != "model.experts") continue;
    EXPECT_EQ(origin.from, "chosen");
  }
}

TEST(Choose, ExpertsWithinTheMemoryOfTheServer) {
  // Resting experts fill memory: more of them are slower to serve.
  const std::vector<std::string> keys = {"budget.flops=1e23",
                                         "serving.device=laptop",
                                         "model.precision_bits=4",
                                         "serving.min_tokens_per_second=10"};
  std::vector<std::string> chosen = keys;
  chosen.emplace_back("choose=model.experts=1,8,32");
  const Plan made = plan_with(chosen, "ludziejewski2025");
  const std::string best = best_of(
      keys, "model.experts", {"1", "8", "32"}, "ludziejewski2025", [](auto& p) {
        return p.run.loss.value();
      });
  EXPECT_THAT(made.choices->entries.front().values, ElementsAre(best));
  EXPECT_NE(made.verdict, PlanVerdict::Infeasible);
}

TEST(Choose, BitsThatTheLawReads) {
  // Kumar et al. 2024, arXiv:2411.04330: fewer bits serve a larger model, and
  // harm it. With a bound on memory the best lies between the ends.
  const std::vector<std::string> keys = {"budget.flops=5e20",
                                         "serving.device=phone",
                                         "serving.min_tokens_per_second=40"};
  const std::vector<std::string> values = {"2", "3", "4", "6", "8", "16"};
  const std::string best =
      best_of(keys, "model.precision_bits", values, "kumar2024", [](auto& p) {
        return p.run.loss.value();
      });
  std::vector<std::string> chosen = keys;
  chosen.emplace_back("choose=model.precision_bits=2,3,4,6,8,16");
  const Plan made = plan_with(chosen, "kumar2024");
  EXPECT_THAT(made.choices->entries.front().values, ElementsAre(best));
  EXPECT_NE(best, "16");
  EXPECT_NE(best, "2");
}

TEST(Choose, BitsOfTrainingWeighInTheLaw) {
  const Plan bf16 = plan_with({"model.params=1B",
                               "data.tokens=20B",
                               "cluster.accelerator=h100-sxm",
                               "cluster.precision=bf16"},
                              "kumar2024");
  const Plan fp8 = plan_with({"model.params=1B",
                              "data.tokens=20B",
                              "cluster.accelerator=h100-sxm",
                              "cluster.precision=fp8"},
                             "kumar2024");
  EXPECT_GT(fp8.run.loss, bf16.run.loss);
  const Law law = bare("kumar2024");
  EXPECT_THAT(fp8.run.loss.value(),
              near_rel(law.value({{"params", 1e9},
                                  {"tokens", 20e9},
                                  {"weight_bits", 8},
                                  {"activation_bits", 8}}),
                       {1e-12}));
}

TEST(Choose, OfAsGoodOnesTheCheaper) {
  // A budget in FLOP binds on either: the loss is the same.
  const Plan made = plan_with(
      {"budget.flops=1e22", "choose=cluster.accelerator=h200-sxm,h100-sxm"});
  const auto& entries = made.choices->entries;
  EXPECT_EQ(entries[0].run.loss, entries[1].run.loss);
  EXPECT_LE(*entries[0].usd, *entries[1].usd);
  EXPECT_NEAR(*made.choices->beats_by, 0.0, 1e-12);
}

TEST(Choose, DevicesForDaysAndDollars) {
  // More devices do more in the days, until the dollars are gone.
  const std::vector<std::string> keys = {
      "budget.days=30", "budget.usd=3e6", "cluster.accelerator=h100-sxm"};
  std::vector<std::string> chosen = keys;
  chosen.emplace_back("choose=cluster.count=256..8192:6");
  const Plan made = plan_with(chosen);
  EXPECT_THAT(
      made.choices->entries.front().values,
      ElementsAre(best_of(keys,
                          "cluster.count",
                          {"256", "512", "1024", "2048", "4096", "8192"},
                          "besiroglu2024",
                          [](auto& p) { return p.run.loss.value(); })));
}

TEST(Choose, ForALossByItsCost) {
  const std::vector<std::string> keys = {"goal.loss=2.2",
                                         "goal.minimise=lifetime_cost",
                                         "serving.tokens=10T",
                                         "cluster.accelerator=h100-sxm",
                                         "serving.accelerator=h100-sxm"};
  std::vector<std::string> chosen = keys;
  chosen.emplace_back("choose=model.precision_bits=4,8,16");
  const Plan made = plan_with(chosen);
  EXPECT_EQ(made.choices->measure, "usd");
  EXPECT_THAT(made.choices->entries.front().values,
              ElementsAre(best_of(
                  keys,
                  "model.precision_bits",
                  {"4", "8", "16"},
                  "besiroglu2024",
                  [](auto& p) { return p.cost.lifetime_usd->value(); })));
  EXPECT_GT(*made.choices->beats_by, 0.0);
  const Plan training = plan_with(
      {"goal.loss=2.2", "choose=model.experts=1,8,32"}, "ludziejewski2025");
  EXPECT_EQ(training.choices->measure, "flops");
  EXPECT_LE(training.run.flops, training.choices->entries[1].run.flops);
}

TEST(Choose, OnesThatMissABoundComeLast) {
  const Plan made = plan_with({"model.params=70B",
                               "data.tokens=2T",
                               "cluster.accelerator=h100-sxm",
                               "budget.days=30",
                               "choose=cluster.count=512,4096"});
  EXPECT_THAT(made.choices->entries.front().values, ElementsAre("4096"));
  EXPECT_EQ(made.verdict, PlanVerdict::Plan);
  EXPECT_THAT(made.choices->entries.back().misses,
              ElementsAre("plan.not-on-time"));
}

TEST(Choose, SeveralKeysAreCombined) {
  const Plan made = plan_with({"budget.days=30",
                               "cluster.accelerator=h100-sxm",
                               "choose=cluster.count=256,512",
                               "choose=cluster.precision=bf16,fp8"});
  EXPECT_EQ(made.choices->entries.size(), 4u);
  EXPECT_THAT(made.choices->keys,
              ElementsAre("cluster.count", "cluster.precision"));
}

TEST(Choose, IsReadFromAFileAndPlannedAtEachPoint) {
  const TemporaryFolder folder;
  const Scenario scenario = read_scenario(folder.write("s.toml", R"(
[budget]
flops = "1e21"

[choose]
"model.experts" = [1, 8]
)"));
  EXPECT_THAT(scenario.choose, ElementsAre("model.experts=1,8"));
  WhatIfOptions options;
  options.vary = {"budget.flops=1e20,1e22"};
  const WhatIf table = what_if(bare("ludziejewski2025"), scenario, options);
  Scenario alone = scenario;
  alone.flops = Flops(1e22);
  EXPECT_EQ(table.points[1].run.params,
            plan_point(bare("ludziejewski2025"), alone).run.params);
}

TEST(Choose, SyntheticTokensForALoss) {
  // 2.05 nats are out of reach of 20B distinct tokens in four passes by any
  // size that is worth it; written ones make the run cheaper.
  const std::vector<std::string> keys = {"goal.loss=2.1",
                                         "data.unique_tokens=60B"};
  const Plan without = plan_with(keys);
  std::vector<std::string> more = keys;
  more.emplace_back("data.synthetic.generator_params=7B");
  more.emplace_back("data.synthetic.acceptance=0.5");
  const Plan with = plan_with(more);
  ASSERT_TRUE(with.synthetic.has_value());
  ASSERT_TRUE(without.is_answered);
  const double all = (with.run.flops + with.synthetic->flops).value();
  EXPECT_LT(all, without.run.flops.value());
  EXPECT_EQ(*with.synthetic->flops_without, without.run.flops);
  EXPECT_THAT(with.run.loss.value(), near_rel(2.1, {1e-9}));
  // No other amount is cheaper.
  for (const double factor : {0.5, 0.8, 0.95, 1.05, 1.25, 2.0}) {
    const double tokens = with.synthetic->tokens.value() * factor;
    Scenario other = edited({}, {keys}, "test");
    other.unique_tokens = Tokens(60e9 + tokens);
    const Plan made = plan_point(bare("besiroglu2024"), other);
    if (!made.is_answered) continue;
    EXPECT_GE(made.run.flops.value() +
                  tokens * with.synthetic->flops_per_token.value(),
              all * (1 - 1e-9))
        << factor;
  }
}

TEST(Choose, RefusesWhatCannotBeMeant) {
  const auto refusal = [](const std::string& choose) {
    return message_of<std::invalid_argument>([&] {
      plan_with({"budget.flops=1e22", "choose=" + choose});
    });
  };
  EXPECT_THAT(refusal("law=a,b"), HasSubstr("law is given, not chosen"));
  EXPECT_THAT(refusal("goal.loss=2,3"), HasSubstr("given, not chosen"));
  EXPECT_THAT(refusal("cluster.cuont=2,3"), HasSubstr("cluster.count"));
  EXPECT_THAT(refusal("cluster.count=2..3"), HasSubstr("low..high:n"));
  EXPECT_THAT(refusal("cluster.count"), HasSubstr("choose"));
}

}  // namespace
}  // namespace isoflop
