// SPDX-License-Identifier: Apache-2.0
// Plans judged by another rule of FLOP than 6 N.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "check/plans.h"
#include "isoflop/cost/transformer.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/text.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::fired;
using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;
using testing::Tolerance;
using testing::value_of;

constexpr Tolerance kNearNone{0.0, 1e-8};
/// A scan in steps of a thousandth of the size misses this of the least.
constexpr Tolerance kScan{2e-6};

Law bare(const char* id = "besiroglu2024") {
  Law law = published_law(id);
  law.draws.resize(0, law.draws.cols());
  return law;
}

Scenario of(const std::vector<std::string>& keys) {
  return edited({}, {keys}, "test");
}

const char* const kShape =
    "model.flops_rule=layers=32,width=4096,heads=32,kv_heads=8,"
    "feed_forward=14336,vocabulary=128256";

/// FLOP of a token by today's proportions, and of a whole training.
double a_token(double params, double context = 8192) {
  return typical_training_flops(Params(params), Tokens(context)).value();
}

/// The least of a function of the size, by a scan about a size.
double least_about(double params, const std::function<double(double)>& cost) {
  double least = HUGE_VAL;
  for (double n = params / 30; n < params * 30; n *= 1.001) {
    const double at = cost(n);
    if (at < least) least = at;
  }
  return least;
}

/// Tokens on which a size has a loss by the additive law, in closed form.
double tokens_of_loss(const Law& law, double params, double loss) {
  const auto c = law.named_coefficients();
  const double rest =
      loss - c.at("E") - c.at("A") * std::pow(params, -c.at("alpha"));
  return rest > 0 ? std::pow(c.at("B") / rest, 1 / c.at("beta")) : HUGE_VAL;
}

TEST(CheckFlopsRule, FindsNothingWastedInAPlanByTheSameRule) {
  for (const char* id : {"besiroglu2024", "hoffmann2022", "muennighoff2023"}) {
    for (const char* rule :
         {"model.flops_rule=typical", "model.flops_rule=1.76", kShape}) {
      const Law law = bare(id);
      Scenario scenario = of({"budget.flops=3e21", "model.context=8192", rule});
      const Plan made = plan(law, scenario);
      const Check planned = check(law, scenario);
      EXPECT_EQ(planned.run.params, made.run.params);
      scenario.flops.reset();
      scenario.params = made.run.params;
      scenario.tokens = made.run.tokens;
      const Check given = check(law, scenario);
      EXPECT_THAT(given.run.flops.value(), near_rel(3e21, testing::kRounding));
      for (const Check& judged : {planned, given, check(made)}) {
        EXPECT_THAT(judged.waste.compute_factor, near_rel(0.0, kNearNone));
        EXPECT_THAT(judged.waste.params_over_optimal,
                    near_rel(1.0, testing::kSolverParameters));
        EXPECT_THAT(
            *judged.needs.tokens,
            near_rel(made.run.tokens.value(), testing::kSolverParameters));
        EXPECT_THAT(
            *judged.needs.params_supported,
            near_rel(made.run.params.value(), testing::kSolverParameters));
      }
    }
  }
}

TEST(CheckFlopsRule, AFactorThatIsTheSameForAllSizesWastesTheSame) {
  // N* = G (C / (6 k))^{beta / (alpha + beta)} of C = 6 k N D: k cancels.
  const std::vector<std::string> keys = {
      "model.params=70B", "data.tokens=300B", "data.unique_tokens=60B"};
  const Check plain = check(bare(), of(keys));
  std::vector<std::string> by_factor = keys;
  by_factor.emplace_back("model.flops_rule=1.76");
  const Check judged = check(bare(), of(by_factor));
  EXPECT_THAT(judged.run.flops / plain.run.flops,
              near_rel(1.76, testing::kRounding));
  EXPECT_THAT(judged.waste.compute_factor,
              near_rel(plain.waste.compute_factor, testing::kSolver));
  EXPECT_THAT(judged.best.params.value(),
              near_rel(plain.best.params.value(), testing::kSolver));
  EXPECT_THAT(judged.best.tokens.value(),
              near_rel(plain.best.tokens.value(), testing::kSolver));
  ASSERT_EQ(judged.by_law.size(), plain.by_law.size());
  for (std::size_t i = 0; i < plain.by_law.size(); ++i) {
    EXPECT_THAT(judged.by_law[i].compute_factor,
                near_rel(plain.by_law[i].compute_factor, testing::kSolver));
  }
  for (std::size_t i = 0; i < plain.findings.size(); ++i) {
    EXPECT_EQ(judged.findings[i].code, plain.findings[i].code);
  }
}

TEST(CheckFlopsRule, WasteIsThatOfAScanOverSizes) {
  const Law law = bare();
  for (const double params : {2e8, 3e9, 70e9}) {
    Scenario scenario = testing::of_size(params, 5e10);
    scenario.flops_rule = parse_flops_rule("typical");
    scenario.context = Tokens(8192);
    const Check judged = check(law, scenario);
    const double own = a_token(params) * 5e10;
    EXPECT_THAT(judged.run.flops.value(), near_rel(own, testing::kRounding));
    const double least = least_about(params, [&](double n) {
      return a_token(n) * tokens_of_loss(law, n, judged.run.loss.value());
    });
    EXPECT_THAT(1.0 + judged.waste.compute_factor,
                near_rel(own / least, kScan));
    // The optimum has the loss that the scan finds at the same compute.
    const double best = least_about(params, [&](double n) {
      return law.loss(Params(n), Tokens(own / a_token(n))).value();
    });
    EXPECT_THAT(judged.best.loss.value(), near_rel(best, kScan));
    EXPECT_THAT(
        a_token(judged.best.params.value()) * judged.best.tokens.value(),
        near_rel(own, testing::kRounding));
  }
}

TEST(CheckFlopsRule, RemediesCountByTheRule) {
  const Law law = bare();
  const double served = 2e12;
  Scenario scenario = testing::of_size(30e9, 1e11);
  scenario.flops_rule = parse_flops_rule("typical");
  scenario.context = Tokens(8192);
  scenario.serving_tokens = Tokens(served);
  scenario.serving_accelerator = "h100-sxm";
  const Check judged = check(law, scenario);
  const Finding* dominated = fired(judged, "plan.dominated");
  ASSERT_NE(dominated, nullptr);
  const double least = least_about(30e9, [&](double n) {
    return a_token(n) * tokens_of_loss(law, n, judged.run.loss.value()) +
           2 * n * served;
  });
  EXPECT_THAT(value_of(*dominated, "flops"), near_rel(least, kScan));
  EXPECT_THAT(
      a_token(value_of(*dominated, "params")) * value_of(*dominated, "tokens") +
          2 * value_of(*dominated, "params") * served,
      near_rel(value_of(*dominated, "flops"), testing::kSolver));

  const Scenario small = of({"model.params=300M",
                             "data.tokens=200B",
                             "model.flops_rule=typical",
                             "model.context=8192"});
  const Check trained = check(law, small);
  const Finding* over = fired(trained, "plan.overtrained");
  ASSERT_NE(over, nullptr);
  const double loss = trained.run.loss.value();
  // At this demand the size is the cheapest of its loss.
  const double demand = value_of(*over, "tokens_served_cheapest");
  const auto life = [&](double n) {
    return a_token(n) * tokens_of_loss(law, n, loss) + 2 * n * demand;
  };
  EXPECT_THAT(life(3e8), near_rel(least_about(3e8, life), kScan));
}

TEST(CheckFlopsRule, TokensThatClearItDo) {
  Scenario scenario = of({"budget.flops=1e23",
                          "model.params=100B",
                          "model.flops_rule=typical",
                          "model.context=32768"});
  const Check judged = check(bare(), scenario);
  ASSERT_TRUE(judged.needs.tokens_to_clear.has_value());
  scenario.params.reset();
  scenario.tokens = Tokens(*judged.needs.tokens_to_clear);
  EXPECT_THAT(check(bare(), scenario).waste.compute_factor,
              near_rel(CheckOptions().waste_warning, testing::kSolver));
}

TEST(CheckFlopsRule, ALongerContextCostsMoreOverARange) {
  Scenario scenario =
      of({"budget.flops=1e21", "model.params=1B", "model.flops_rule=typical"});
  scenario.context = Range<Tokens>(Tokens(4096), Tokens(131072));
  const Check judged = check(bare(), scenario);
  ASSERT_TRUE(judged.decided_by.has_value());
  EXPECT_EQ(judged.decided_by->quantity, "context");
  for (const double context : {4096.0, 131072.0}) {
    scenario.context = Tokens(context);
    EXPECT_THAT(check(bare(), scenario).run.tokens.value(),
                near_rel(1e21 / a_token(1e9, context), testing::kSolver));
  }
}

TEST(CheckFlopsRule, IsSaidAndHeldAgainstAContradiction) {
  Scenario scenario =
      of({"model.params=1B", "data.tokens=20B", "model.flops_rule=typical"});
  EXPECT_THAT(to_text(check(bare(), scenario)),
              HasSubstr("FLOP by flops_rule, typical: 1.023 times 6 N D"));
  scenario.flops = Flops(6 * 1e9 * 20e9);
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { check(bare(), scenario); }),
      HasSubstr("follows from the flops_rule"));
}

}  // namespace
}  // namespace isoflop
