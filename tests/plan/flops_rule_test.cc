// SPDX-License-Identifier: Apache-2.0
// FLOP a token by a shape in place of 6 N.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/cost/transformer.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;

Law bare() {
  Law law = published_law("besiroglu2024");
  law.draws.resize(0, law.draws.cols());
  return law;
}

Plan plan_with(const std::vector<std::string>& keys) {
  return plan(bare(), edited({}, {keys}, "test"));
}

const std::string kLlama =
    "model.flops_rule=layers=32,width=4096,heads=32,kv_heads=8,"
    "feed_forward=14336,vocabulary=128256";

TEST(FlopsRule, ByTheShapeOfLlama3) {
  // Grattafiori et al. 2024, arXiv:2407.21783, table 3: of 8.03B parameters
  // 0.525B are a table that is looked up; attention to half of 8192 tokens.
  const double active = 8.03026e9 - 128256.0 * 4096;
  const double attention = 3 * 2 * 32 * (2 * 32 * 128) * 4096.0;
  const double a_token = 6 * active + attention;
  const Plan made = plan_with({"model.params=8.03026B",
                               "data.tokens=15T",
                               "model.context=8192",
                               kLlama});
  EXPECT_THAT(made.run.flops.value(), near_rel(a_token * 15e12, {1e-5}));
  EXPECT_THAT(made.cost.flops_over_6nd, near_rel(1.068, {1e-3}));
  const Plan plain = plan_with({"model.params=8.03026B", "data.tokens=15T"});
  EXPECT_EQ(plain.cost.flops_over_6nd, 1.0);
}

TEST(FlopsRule, ByAFactorThatIsMeasured) {
  // Dey et al. 2023, arXiv:2304.03208, table 8: 2.6e18 FLOP for 111M
  // parameters on 2.22B tokens, 1.76 times 6 N D.
  const Plan made = plan_with(
      {"model.params=111M", "data.tokens=2.22B", "model.flops_rule=1.76"});
  EXPECT_THAT(made.run.flops.value(), near_rel(2.6e18, {5e-3}));
}

TEST(FlopsRule, SmallModelsCostMoreThanSixN) {
  // The shape of that model, with attention counted once and the table as the
  // product that it is: the paper counts attention in full, and the lookup.
  const std::string shape =
      "model.flops_rule=layers=10,width=768,heads=12,feed_forward=3072,"
      "vocabulary=50257,is_plain=true,ties_embeddings=true";
  const double params = 50257.0 * 768 + 10 * (12.0 * 768 * 768 + 2 * 768) + 768;
  const double attention = 3 * 2 * 10 * (2 * 768) * 1024.0;
  const Plan made = plan_with(
      {"model.params=111M", "data.tokens=2.22B", "model.context=2048", shape});
  EXPECT_THAT(made.cost.flops_over_6nd,
              near_rel(1 + attention / (6 * params), {1e-9}));
  EXPECT_GT(made.cost.flops_over_6nd, 1.14);
  const double in_full = 6 * params + 2 * attention + 6 * 50257.0 * 768;
  EXPECT_GT(in_full / (6 * 111e6), 1.6);
}

TEST(FlopsRule, TypicalIsThatOfTheTypicalTransformer) {
  for (const double params : {3e8, 1e9, 8.03e9, 7e10, 4e11}) {
    for (const double context : {1024.0, 8192.0}) {
      const double whole =
          training_flops(typical_transformer(Params(params)), Tokens(context))
              .value();
      EXPECT_THAT(
          typical_training_flops(Params(params), Tokens(context)).value(),
          near_rel(whole, {params < 1e9 ? 0.1 : 3e-2}))
          << params << " " << context;
    }
  }
  // 8.03B are 32 layers of 4096, as Llama 3 has them.
  EXPECT_THAT(typical_training_flops(Params(8.03e9), Tokens(8192)).value(),
              near_rel(1.068 * 6 * 8.03e9, {2e-3}));
}

TEST(FlopsRule, PlansAreBestAmongRunsOfTheBudget) {
  const Law law = bare();
  for (const double flops : {1e19, 1e22, 1e25}) {
    for (const char* rule : {"typical", "1.76", "6n"}) {
      Scenario scenario;
      scenario.flops = Flops(flops);
      scenario.context = Tokens(8192);
      scenario.flops_rule = parse_flops_rule(rule);
      const Plan made = plan_point(law, scenario);
      const auto a_token = [&](double n) {
        return std::string(rule) == "typical"
                   ? typical_training_flops(Params(n), Tokens(8192)).value()
                   : (std::string(rule) == "6n" ? 6 * n : 1.76 * 6 * n);
      };
      EXPECT_THAT(made.run.tokens.value() * a_token(made.run.params.value()),
                  near_rel(flops, {1e-9}));
      double least = HUGE_VAL;
      const double best = made.run.params.value();
      for (double n = best / 3; n < best * 3; n *= 1.001) {
        least = std::min(
            least, law.loss(Params(n), Tokens(flops / a_token(n))).value());
      }
      EXPECT_LE(made.run.loss.value(), least * (1 + 1e-12)) << rule << flops;
    }
  }
}

TEST(FlopsRule, KeepsTheBoundsOnData) {
  const Plan made = plan_with({"budget.flops=1e24",
                               "data.unique_tokens=100B",
                               "model.flops_rule=typical",
                               "model.context=32768"});
  EXPECT_THAT(made.run.tokens.value(), near_rel(400e9, {1e-9}));
  EXPECT_THAT(made.run.flops.value(), near_rel(1e24, {1e-9}));
  EXPECT_EQ(made.binding, "data.unique_tokens");
}

TEST(FlopsRule, OfSizeOrDataAloneIsOptimal) {
  for (const char* key : {"model.params=300M", "data.tokens=10B"}) {
    const Plan made =
        plan_with({key, "model.flops_rule=typical", "model.context=8192"});
    Scenario budget;
    budget.flops = made.run.flops;
    budget.flops_rule = parse_flops_rule("typical");
    budget.context = Tokens(8192);
    const Plan again = plan_point(bare(), budget);
    EXPECT_THAT(made.run.params.value(),
                near_rel(again.run.params.value(), {1e-6}));
    EXPECT_THAT(made.run.tokens.value(),
                near_rel(again.run.tokens.value(), {1e-6}));
  }
}

TEST(FlopsRule, RefusesWhatCannotBeMeant) {
  const auto refusal = [](const std::string& rule) {
    return message_of<std::invalid_argument>([&] { parse_flops_rule(rule); });
  };
  EXPECT_THAT(refusal("llama"), HasSubstr("is not 6n, typical"));
  EXPECT_THAT(refusal("1000"), HasSubstr("between 0.1 and 100"));
  EXPECT_THAT(refusal("layers=32,widht=4096"), HasSubstr("width"));
  EXPECT_THAT(refusal("layers=32,width=4096"), HasSubstr("transformer"));
  EXPECT_EQ(to_string(parse_flops_rule("layers=2,width=256,heads=2,"
                                       "feed_forward=1024,vocabulary=1000")),
            "layers=2,width=256,heads=2,kv_heads=2,head_size=128,"
            "feed_forward=1024,vocabulary=1000");
}

}  // namespace
}  // namespace isoflop
