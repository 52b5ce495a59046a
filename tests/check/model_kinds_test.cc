// SPDX-License-Identifier: Apache-2.0
// Plans of mixtures of experts, and plans with synthetic tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "check/plans.h"
#include "isoflop/check/check_model.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using testing::fired;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::judge;
using testing::near_rel;
using ::testing::Not;
using testing::of_size;
using testing::value_of;

Law mixture_law() { return published_law("ludziejewski2025"); }

/// 2B of 16B parameters at work, 64 experts.
Scenario mixture(double active, double total, double tokens, int experts) {
  Scenario scenario;
  scenario.params = Params(total);
  scenario.active_params = Params(active);
  scenario.experts = experts;
  scenario.tokens = Tokens(tokens);
  return scenario;
}

const LawVerdict& verdict_of(const Check& check, const std::string& law) {
  for (const LawVerdict& verdict : check.by_law) {
    if (verdict.law == law) return verdict;
  }
  throw std::runtime_error("no verdict of " + law);
}

std::vector<std::string> laws_of(const Check& check) {
  std::vector<std::string> laws;
  for (const LawVerdict& verdict : check.by_law) laws.push_back(verdict.law);
  return laws;
}

TEST(CheckMixture, PlannedOneIsOptimal) {
  Scenario scenario;
  scenario.experts = 32;
  scenario.flops = Flops(1e22);
  const Check checked = check(mixture_law(), scenario);
  EXPECT_THAT(checked.waste.params_over_optimal, near_rel(1.0, {1e-6}));
  EXPECT_THAT(checked.waste.compute_factor, near_rel(0.0, {0.0, 1e-6}));
  EXPECT_EQ(checked.run.params, plan(mixture_law(), scenario).run.params);
}

TEST(CheckMixture, WasteIsThatOfTheMixture) {
  const Check checked = check(mixture_law(), mixture(20e9, 160e9, 10e9, 32));
  Scenario same;
  same.experts = 32;
  same.flops = checked.run.flops / (1.0 + checked.waste.compute_factor);
  EXPECT_THAT(plan(mixture_law(), same).run.loss.value(),
              near_rel(checked.run.loss.value(), {1e-8}));
  EXPECT_GT(checked.waste.compute_factor, 0.25);
}

TEST(CheckMixture, LawsOfMixturesHaveTheSay) {
  const Check checked = check(mixture_law(), mixture(20e9, 160e9, 10e9, 32));
  EXPECT_THAT(laws_of(checked), ElementsAre("ludziejewski2025", "abnar2025"));
  EXPECT_THAT(checked.without_vote, IsEmpty());
  EXPECT_EQ(verdict_of(checked, "ludziejewski2025").compute_factor,
            checked.waste.compute_factor);
  EXPECT_THAT(fired(checked, "plan.overparameterized")->message,
              HasSubstr("of 2 published laws of mixtures"));
  EXPECT_THAT(to_text(checked), HasSubstr("Laws of dense models have no say"));
  EXPECT_THAT(to_json(checked), HasSubstr("\"laws_of\": \"mixtures\""));
  EXPECT_THAT(to_json(judge(of_size(1e9, 2e10))),
              HasSubstr("\"laws_of\": \"dense models\""));
}

/// The loss by Abnar et al. 2025 of a mixture whose share of all parameters
/// works, by their formula.
double abnar_loss(double active,
                  double tokens,
                  double total_of_active,
                  double sparsity) {
  const auto k = published_law("abnar2025").named_coefficients();
  const double all = active * total_of_active;
  const double dense = 1.0 - sparsity;
  return k.at("a") / std::pow(all, k.at("alpha")) +
         k.at("b") / std::pow(tokens, k.at("beta")) +
         k.at("c") / std::pow(dense, k.at("lam")) +
         k.at("d") /
             (std::pow(dense, k.at("delta")) * std::pow(all, k.at("gamma"))) +
         k.at("e");
}

TEST(CheckMixture, LawThatCountsRestingExpertsGetsThem) {
  // Eight experts of which one works, as wide as the dense feed-forward.
  Scenario scenario;
  scenario.experts = 8;
  scenario.active_params = Params(5e9);
  scenario.tokens = Tokens(50e9);
  const Plan planned = plan(mixture_law(), scenario);
  const double ratio = planned.total_params->value() / 5e9;
  const Check checked = check(mixture_law(), scenario);
  const double found = verdict_of(checked, "abnar2025").params_optimal;
  // No size near by is better at the compute of the plan.
  const double product = 5e9 * 50e9;
  const double best = abnar_loss(found, product / found, ratio, 7.0 / 8.0);
  for (const double step : {0.9, 0.99, 1.01, 1.1}) {
    const double size = found * step;
    EXPECT_GT(abnar_loss(size, product / size, ratio, 7.0 / 8.0), best);
  }
}

TEST(CheckMixture, LawOf64ExpertsSpeaksOfThoseAlone) {
  const auto laws = [](int experts) {
    Scenario scenario;
    scenario.experts = experts;
    scenario.active_params = Params(1e9);
    scenario.tokens = Tokens(50e9);
    return laws_of(check(mixture_law(), scenario));
  };
  EXPECT_THAT(laws(64),
              ElementsAre("krajewski2024", "ludziejewski2025", "abnar2025"));
  EXPECT_THAT(laws(32), Not(::testing::Contains("krajewski2024")));
}

TEST(CheckMixture, RestingExpertsHoldToo) {
  const Check checked = check(mixture_law(), mixture(20e9, 160e9, 10e9, 32));
  EXPECT_THAT(checked.recall->capacity_bits,
              near_rel(160e9 * 3.6, testing::kRounding));
}

TEST(CheckMixture, PublishedOneIsJudgedByThemWhenItsExpertsAreGiven) {
  const Model model = find_model("deepseek-v3");
  const Check dense = check_model(published_law("besiroglu2024"), model);
  EXPECT_NE(fired(dense, "law.other-architecture"), nullptr);
  EXPECT_THAT(to_text(dense), HasSubstr("all of dense models of that size"));
  Scenario asked;
  asked.experts = 256;
  const Check checked = check_model(mixture_law(), model, asked);
  EXPECT_EQ(fired(checked, "law.other-architecture"), nullptr);
  EXPECT_EQ(checked.run.params, *model.active_params);
  EXPECT_FALSE(checked.by_law.empty());
  EXPECT_EQ(checked.by_law.front().law, "ludziejewski2025");
}

TEST(CheckMixture, PublishedOneBringsItsExpertsAndItsLaw) {
  const Model model = find_model("deepseek-v3");
  const Scenario asked = model_defaults(model);
  EXPECT_EQ(asked.law, "ludziejewski2025");
  const Check checked = check_model(published_law(asked.law), model, asked);
  Scenario by_hand;
  by_hand.experts = 256;
  by_hand.active_params = Params(37e9);
  by_hand.params = Params(671e9);
  by_hand.tokens = Tokens(14.8e12);
  const Check same = check(mixture_law(), by_hand);
  EXPECT_EQ(checked.waste.compute_factor, same.waste.compute_factor);
  EXPECT_EQ(checked.run.params, same.run.params);
  EXPECT_EQ(laws_of(checked), laws_of(same));
  EXPECT_EQ(checked.recall->capacity_bits, same.recall->capacity_bits);
  // Another number of experts may be asked for, and no experts at all.
  Scenario fewer = asked;
  fewer.experts = 32;
  EXPECT_EQ(check_model(mixture_law(), model, fewer).scenario.experts->low, 32);
  Scenario dense = asked;
  dense.architecture = Architecture::Dense;
  EXPECT_FALSE(check_model(published_law("besiroglu2024"), model, dense)
                   .scenario.experts.has_value());
  EXPECT_EQ(model_defaults(find_model("gpt-4")).law, kDefaultLaw);
  EXPECT_EQ(model_defaults(find_model("gpt-3-175b")).law, kDefaultLaw);
}

TEST(CheckMixture, MoreExpertsThanTheRunsHadAreOutsideTheLaw) {
  Scenario scenario = mixture(1e9, 30e9, 20e9, 32);
  EXPECT_EQ(fired(check(mixture_law(), scenario), "plan.outside-law"), nullptr);
  scenario.experts = 64;
  const Check checked = check(mixture_law(), scenario);
  ASSERT_NE(fired(checked, "plan.outside-law"), nullptr);
  EXPECT_EQ(value_of(*fired(checked, "plan.outside-law"), "experts_beyond"),
            2.0);
}

// Ranges of a mixture and of what writes tokens.

double chance_of(const Check& checked, const char* code) {
  const Finding* finding = fired(checked, code);
  return finding == nullptr ? 0.0 : value_of(*finding, "probability");
}

TEST(RangesOfModels, ActiveParametersSpreadTheSize) {
  Scenario scenario = mixture(20e9, 160e9, 10e9, 32);
  scenario.active_params = Range<Params>(Params(1e8), Params(1e10));
  const Check checked = check(mixture_law(), scenario);
  EXPECT_EQ(checked.params.high, Params(1e10));
  EXPECT_GT(*checked.waste.probability, 0.1);
  EXPECT_LT(*checked.waste.probability, 0.9);
  EXPECT_EQ(checked.decided_by->quantity, "active_params");
  EXPECT_TRUE(checked.decided_by->threshold.has_value());
}

TEST(RangesOfModels, ExpertsChangeTheLaw) {
  Scenario scenario = mixture(20e9, 640e9, 10e9, 32);
  const double few = [&] {
    scenario.experts = 2;
    return check(mixture_law(), scenario).waste.compute_factor;
  }();
  const double many = [&] {
    scenario.experts = 64;
    return check(mixture_law(), scenario).waste.compute_factor;
  }();
  scenario.experts = Range<int>(2, 64);
  const Check checked = check(mixture_law(), scenario);
  ASSERT_NE(few, many);
  EXPECT_EQ(checked.decided_by->quantity, "experts");
  EXPECT_GT(checked.waste.compute_factor_interval->high,
            checked.waste.compute_factor_interval->low * 1.01);
  EXPECT_GE(checked.waste.compute_factor, std::min(few, many));
  EXPECT_LE(checked.waste.compute_factor, std::max(few, many));
}

TEST(RangesOfModels, WriterDecidesWhetherItPays) {
  Scenario plan = of_size(100e9, 2e12);
  plan.unique_tokens = Tokens(250e9);
  plan.generator_params = Params(70e9);
  const Check exact = judge(plan);
  ASSERT_EQ(fired(exact, "data.synthetic-unprofitable"), nullptr);
  plan.generator_params = Range<Params>(Params(1e9), Params(1e15));
  const Check checked = judge(plan);
  const double chance = chance_of(checked, "data.synthetic-unprofitable");
  EXPECT_GT(chance, 0.05);
  EXPECT_LT(chance, 0.95);
  EXPECT_EQ(checked.deciders.back().quantity, "generator_params");
  // The threshold is the size at which a token costs what it buys.
  plan.generator_params = Params(*checked.deciders.back().threshold * 1.01);
  EXPECT_NE(fired(judge(plan), "data.synthetic-unprofitable"), nullptr);
  plan.generator_params = Params(*checked.deciders.back().threshold / 1.01);
  EXPECT_EQ(fired(judge(plan), "data.synthetic-unprofitable"), nullptr);
}

TEST(RangesOfModels, ContextDecidesWhatIsServed) {
  Scenario plan = of_size(8e9, 160e9);
  plan.serving_accelerator = "h100-sxm";
  plan.max_usd_per_million_tokens = UsdPerMillionTokens(0.1);
  plan.serving_tokens = Tokens(1e12);
  plan.context = Range<Tokens>(Tokens(1024), Tokens(131072));
  const Check checked = judge(plan);
  const double chance = chance_of(checked, "plan.too-expensive");
  EXPECT_GT(chance, 0.05);
  EXPECT_LT(chance, 1.0);
}

TEST(RangesOfModels, GoalSpreadsTheRun) {
  Scenario scenario;
  scenario.target_loss = Range<Nats>(Nats(1.95), Nats(2.3));
  scenario.accelerator.emplace("h100-sxm");
  scenario.count = 1024;
  scenario.usd = Usd(3e5);
  CheckOptions options;
  options.samples = 200;
  const Check checked = judge(scenario, options);
  const double chance = chance_of(checked, "plan.over-budget");
  EXPECT_GT(chance, 0.05);
  EXPECT_LT(chance, 0.95);
  const auto decider = std::find_if(
      checked.deciders.begin(), checked.deciders.end(), [](const auto& entry) {
        return entry.code == "plan.over-budget";
      });
  ASSERT_NE(decider, checked.deciders.end());
  EXPECT_EQ(decider->quantity, "target_loss");
  // A plan for a loss is optimal: none has too many parameters.
  EXPECT_EQ(*checked.waste.probability_error, 0.0);
}

// Synthetic tokens.

Scenario writing() {
  Scenario scenario;
  scenario.flops = Flops(1e24);
  scenario.unique_tokens = Tokens(20e9);
  scenario.generator_params = Params(7e9);
  scenario.acceptance = Share(0.5);
  return scenario;
}

TEST(CheckSynthetic, BudgetBuysWhatPlanWrites) {
  const Law law = published_law("besiroglu2024");
  const Plan planned = plan(law, writing());
  ASSERT_GT(planned.synthetic->tokens.value(), 0.0);
  const Check checked = check(law, writing());
  EXPECT_EQ(checked.synthetic->tokens, planned.synthetic->tokens);
  EXPECT_EQ(checked.run.params, planned.run.params);
  EXPECT_EQ(checked.run.tokens, planned.run.tokens);
  EXPECT_EQ(checked.run.loss, planned.run.loss);
  EXPECT_THAT(checked.repeats->epochs, near_rel(planned.epochs, {1e-12}));
  // Both decide the same way whether a token pays.
  EXPECT_EQ(fired(checked, "data.synthetic-unprofitable"), nullptr);
  EXPECT_EQ(to_json(check(planned)), to_json(checked));
}

TEST(CheckSynthetic, SizeAndBudgetBuyThemToo) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario = writing();
  scenario.params = Params(30e9);
  const Plan planned = plan(law, scenario);
  ASSERT_GT(planned.synthetic->tokens.value(), 0.0);
  const Check checked = check(law, scenario);
  EXPECT_EQ(checked.synthetic->tokens, planned.synthetic->tokens);
  EXPECT_EQ(checked.run.tokens, planned.run.tokens);
  // As a range the same share of the compute writes.
  scenario.params = Range<Params>(Params(30e9 / 1.001), Params(30e9 * 1.001));
  const Check ranged = check(law, scenario);
  EXPECT_THAT(ranged.synthetic->tokens.value(),
              near_rel(planned.synthetic->tokens.value(), {1e-3}));
  EXPECT_LT(ranged.run.flops, Flops(1e24));
}

TEST(CheckSynthetic, FindingsSayHowManyAreSynthetic) {
  Scenario scenario = writing();
  scenario.flops = Flops(1e25);
  scenario.max_epochs = 1.5;
  scenario.params = Params(10e9);
  const Check checked = judge(scenario);
  ASSERT_TRUE(checked.synthetic.has_value());
  ASSERT_GT(checked.synthetic->tokens.value(), 0.0);
  EXPECT_THAT(to_text(checked), HasSubstr("synthetic tokens"));
  EXPECT_THAT(to_json(checked), HasSubstr("\"synthetic\": {"));
  CheckOptions options;
  options.bits_per_param = 1e6;
  const Check held = judge(scenario, options);
  ASSERT_NE(fired(held, "plan.memorizes"), nullptr);
  EXPECT_THAT(fired(held, "plan.memorizes")->message,
              HasSubstr("of them synthetic"));
}

TEST(CheckSynthetic, ThoseThatDoNotPayAreNotBought) {
  Scenario scenario = writing();
  scenario.unique_tokens = Tokens(100e12);
  const Check checked = judge(scenario);
  EXPECT_EQ(checked.synthetic->tokens, Tokens(0.0));
  EXPECT_NE(fired(checked, "data.synthetic-unprofitable"), nullptr);
}

}  // namespace
}  // namespace isoflop
