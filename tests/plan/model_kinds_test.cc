// SPDX-License-Identifier: Apache-2.0
// Mixtures of experts, and synthetic data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/cost/data_supply.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;

Plan plan_with(const std::vector<std::string>& keys, const char* id) {
  return plan(published_law(id), edited({}, {keys}, "test"));
}

std::string refusal(const std::vector<std::string>& keys, const char* id) {
  return message_of<std::invalid_argument>([&] { plan_with(keys, id); });
}

TEST(Mixture, IsPlannedByItsActiveParameters) {
  const Law law = published_law("ludziejewski2025");
  const Plan made =
      plan_with({"budget.flops=1e21", "model.experts=8"}, "ludziejewski2025");
  EXPECT_THAT(6 * made.run.params.value() * made.run.tokens.value(),
              near_rel(1e21, {1e-9}));
  const auto loss = [&](double active) {
    return law.value({{"active_params", active},
                      {"tokens", 1e21 / 6 / active},
                      {"experts", 8}});
  };
  EXPECT_THAT(made.run.loss.value(),
              near_rel(loss(made.run.params.value()), kRounding));
  for (double factor = 0.1; factor < 10; factor *= 1.1) {
    EXPECT_GE(loss(made.run.params.value() * factor),
              made.run.loss.value() * (1 - 1e-12));
  }
}

TEST(Mixture, HasMoreParametersThanWork) {
  const Plan one = plan_with({"budget.flops=1e21"}, "ludziejewski2025");
  EXPECT_FALSE(one.total_params.has_value());
  double last = 0.0;
  double lowest = one.run.loss.value();
  for (const char* experts :
       {"model.experts=2", "model.experts=8", "model.experts=32"}) {
    const Plan made =
        plan_with({"budget.flops=1e21", experts}, "ludziejewski2025");
    const double share = *made.total_params / made.run.params;
    EXPECT_GT(share, std::max(1.0, last));
    last = share;
    // What a mixture is for: a lower loss for the same compute.
    EXPECT_LT(made.run.loss.value(), lowest);
    lowest = made.run.loss.value();
  }
}

TEST(Mixture, SizeMayBeGivenByAllParameters) {
  const Plan active = plan_with(
      {"budget.flops=1e21", "model.active_params=2B", "model.experts=8"},
      "ludziejewski2025");
  EXPECT_EQ(active.run.params, Params(2e9));
  const Plan total =
      plan_with({"budget.flops=1e21",
                 "model.params=" + format_exact(active.total_params->value()),
                 "model.experts=8"},
                "ludziejewski2025");
  EXPECT_THAT(total.run.params.value(), near_rel(2e9, {1e-6}));
  const Plan both = plan_with({"budget.flops=1e21",
                               "model.params=20B",
                               "model.active_params=2B",
                               "model.experts=64"},
                              "ludziejewski2025");
  EXPECT_THAT(both.total_params->value(), near_rel(20e9, kRounding));
}

TEST(Mixture, HoldsAllExpertsInMemoryAndTrainsTheActive) {
  const std::vector<std::string> cluster = {
      "data.tokens=1T", "cluster.accelerator=h100-sxm", "cluster.count=256"};
  const auto with = [&](std::vector<std::string> keys) {
    keys.insert(keys.end(), cluster.begin(), cluster.end());
    return plan_with(keys, "ludziejewski2025");
  };
  const Plan dense = with({"model.params=10B"});
  const Plan mixture = with({"model.active_params=10B", "model.experts=16"});
  EXPECT_THAT(mixture.cost.training->usd->value(),
              near_rel(dense.cost.training->usd->value(), kRounding));
  const auto held = [](const Plan& plan) {
    const Sharding& cut = *plan.cost.training->sharding;
    return plan.cost.training->memory->weights.value() * cut.tensor *
           cut.pipeline * cut.expert;
  };
  EXPECT_GT(held(mixture), 3 * held(dense));
}

TEST(Mixture, RefusesLawsAndKeysThatDoNotFit) {
  EXPECT_THAT(
      refusal({"budget.flops=1e21", "model.experts=8"}, "besiroglu2024"),
      HasSubstr("ludziejewski2025 reads experts"));
  EXPECT_THAT(refusal({"budget.flops=1e21", "model.architecture=moe"},
                      "ludziejewski2025"),
              HasSubstr("needs experts"));
  EXPECT_THAT(
      refusal(
          {"budget.flops=1e21", "model.architecture=dense", "model.experts=8"},
          "ludziejewski2025"),
      HasSubstr("contradicts experts"));
  EXPECT_THAT(refusal({"budget.flops=1e21", "model.active_params=1B"},
                      "ludziejewski2025"),
              HasSubstr("needs experts"));
  EXPECT_THAT(refusal({"budget.flops=1e21",
                       "model.active_params=2B",
                       "model.params=1B",
                       "model.experts=8"},
                      "ludziejewski2025"),
              HasSubstr("must be above active_params"));
}

const std::vector<std::string> kScarce = {"budget.flops=1e24",
                                          "data.unique_tokens=20B",
                                          "data.synthetic.generator_params=7B",
                                          "data.synthetic.acceptance=0.5"};

TEST(Synthetic, PaysWhereDataAreScarce) {
  const Plan made = plan_with(kScarce, "besiroglu2024");
  ASSERT_TRUE(made.synthetic.has_value());
  const SyntheticSupply& supply = *made.synthetic;
  EXPECT_GT(supply.tokens.value(), 0.0);
  EXPECT_LT(made.run.loss, supply.loss_without);
  // Training and writing share the budget; tokens are passes over both kinds.
  EXPECT_THAT((made.run.flops + supply.flops).value(), near_rel(1e24, {1e-9}));
  const double distinct = 20e9 + supply.tokens.value();
  EXPECT_GE(made.run.tokens.value(), distinct);
  EXPECT_LE(made.run.tokens.value(), 4 * distinct * (1 + 1e-9));
  EXPECT_THAT(made.epochs,
              near_rel(made.run.tokens.value() / distinct, kRounding));
  EXPECT_THAT(supply.flops_per_token.value(),
              near_rel(2 * 7e9 / 0.5, kRounding));
}

TEST(Synthetic, TakesTheAmountOfLeastLoss) {
  const Law law = published_law("besiroglu2024");
  const Plan made = plan_with(kScarce, "besiroglu2024");
  const double worth =
      worth_of_repeats(
          published_law("muennighoff2023"), Tokens(4.0), Tokens(1.0)) /
      Tokens(4.0);
  for (double share = 0.001; share < 0.9; share *= 1.05) {
    const double tokens = 4 * (20e9 + share * 1e24 / (2 * 7e9 / 0.5));
    const double params = (1 - share) * 1e24 / 6 / tokens;
    EXPECT_GE(law.loss(Params(params), Tokens(worth * tokens)).value(),
              made.run.loss.value() * (1 - 1e-9));
  }
}

TEST(Synthetic, DoesNotPayWhereDataSuffice) {
  const Plan made = plan_with({"budget.flops=1e22",
                               "data.unique_tokens=10T",
                               "data.synthetic.generator_params=70B",
                               "data.synthetic.acceptance=0.3"},
                              "besiroglu2024");
  ASSERT_TRUE(made.synthetic.has_value());
  EXPECT_EQ(made.synthetic->tokens, Tokens(0.0));
  EXPECT_EQ(made.run.flops, Flops(1e22));
}

TEST(Synthetic, OfALawOfRepeatsReplacesThem) {
  const Plan repeats = plan_with(
      {"budget.flops=1e24", "data.unique_tokens=20B"}, "muennighoff2023");
  const Plan made = plan_with(kScarce, "muennighoff2023");
  ASSERT_TRUE(made.synthetic.has_value());
  EXPECT_LT(made.run.loss, repeats.run.loss);
  EXPECT_LT(made.epochs, repeats.epochs);
}

TEST(Synthetic, CostsWhatTheWholeRunCosts) {
  std::vector<std::string> keys = kScarce;
  keys.push_back("cluster.accelerator=h100-sxm");
  const Plan made = plan_with(keys, "besiroglu2024");
  const Plan all = plan_with(
      {"budget.flops=1e24", "cluster.accelerator=h100-sxm"}, "besiroglu2024");
  EXPECT_THAT(made.cost.training->usd->value(),
              near_rel(all.cost.training->usd->value(), {1e-9}));
  const double usd_per_flop = all.cost.training->usd->value() / 1e24;
  EXPECT_THAT(made.synthetic->usd_per_million_tokens->value(),
              near_rel(2 * 7e9 / 0.5 * 1e6 * usd_per_flop, {1e-9}));
}

TEST(Synthetic, RefusesKeysWithoutEffect) {
  EXPECT_THAT(refusal({"budget.flops=1e24", "data.synthetic.acceptance=0.5"},
                      "besiroglu2024"),
              HasSubstr("need generator_params"));
  EXPECT_THAT(
      refusal({"budget.flops=1e24", "data.synthetic.generator_params=7B"},
              "besiroglu2024"),
      HasSubstr("generator_params needs unique_tokens"));
  EXPECT_THAT(refusal({"data.tokens=2T",
                       "data.unique_tokens=1T",
                       "data.synthetic.generator_params=7B"},
                      "besiroglu2024"),
              HasSubstr("generator_params needs a budget"));
}

}  // namespace
}  // namespace isoflop
