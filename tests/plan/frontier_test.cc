// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/base/random.h"
#include "isoflop/plan/plan.h"

namespace isoflop {
namespace {

/// Log-uniform numbers, the same each time.
class Draw {
 public:
  explicit Draw(std::uint64_t index) : random_(11, index) {}
  double between(double low, double high) {
    return low * std::pow(high / low, random_.uniform());
  }
  bool coin() { return random_.uniform() < 0.5; }

 private:
  RandomStream random_;
};

/// A law without draws: copies are cheap.
Law bare(const char* id) {
  Law law = published_law(id);
  law.draws.resize(0, law.draws.cols());
  return law;
}

Scenario random_scenario(Draw& draw) {
  Scenario scenario;
  scenario.flops = Flops(draw.between(1e19, 1e27));
  if (draw.coin()) {
    scenario.unique_tokens = Tokens(draw.between(1e9, 1e14));
    scenario.max_epochs = draw.between(1, 8);
  }
  if (draw.coin()) {
    scenario.accelerator = "h100-sxm";
    scenario.usd = Usd(draw.between(1e3, 1e9));
    if (draw.coin()) {
      scenario.count = static_cast<int>(draw.between(1, 30000));
      scenario.days = Days(draw.between(1, 300));
    }
  }
  return scenario;
}

double most_tokens(const Scenario& scenario) {
  return scenario.unique_tokens
             ? scenario.unique_tokens->low.value() * scenario.useful_epochs()
             : HUGE_VAL;
}

TEST(Frontier, NoSampledFeasibleRunIsBetter) {
  const Law laws[] = {bare("besiroglu2024"), bare("hoffmann2022")};
  for (std::uint64_t i = 0; i < 10000; ++i) {
    Draw draw(i);
    const Law& law = laws[i % 2];
    const Scenario scenario = random_scenario(draw);
    const Plan made = plan_point(law, scenario);
    ASSERT_TRUE(made.is_answered);
    const double flops = made.run.flops.value();
    const double budget = compute_budget(scenario, "test")->flops.value();
    EXPECT_LE(flops, budget * (1 + 1e-9));
    EXPECT_LE(made.run.tokens.value(), most_tokens(scenario) * (1 + 1e-9));
    for (int sample = 0; sample < 10; ++sample) {
      const Params params = made.run.params * draw.between(0.02, 50);
      const double tokens =
          std::min(budget / (6 * params.value()), most_tokens(scenario));
      EXPECT_GE(made.law.loss(params, Tokens(tokens)).value(),
                made.run.loss.value() * (1 - 1e-12))
          << i;
    }
  }
}

TEST(Frontier, ServedPlansAreBestAmongThoseFastEnough) {
  const Law law = bare("besiroglu2024");
  for (std::uint64_t i = 0; i < 200; ++i) {
    Draw draw(i);
    Scenario scenario = random_scenario(draw);
    scenario.serving_accelerator = "h100-sxm";
    scenario.min_tokens_per_second = TokensPerSecond(draw.between(20, 300));
    const Plan made = plan_point(law, scenario);
    ASSERT_TRUE(made.is_answered);
    ASSERT_TRUE(made.cost.serving->decode.has_value());
    EXPECT_GE(made.cost.serving->decode->per_user.value(),
              scenario.min_tokens_per_second->low.value() * (1 - 1e-9));
    const double budget = compute_budget(scenario, "test")->flops.value();
    for (int sample = 0; sample < 10; ++sample) {
      const Params params = made.run.params * draw.between(0.02, 1);
      const double tokens =
          std::min(budget / (6 * params.value()), most_tokens(scenario));
      EXPECT_GE(made.law.loss(params, Tokens(tokens)).value(),
                made.run.loss.value() * (1 - 1e-12))
          << i;
    }
  }
}

TEST(Frontier, MoreBudgetIsNeverWorse) {
  const Law law = bare("besiroglu2024");
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Draw draw(i);
    Scenario scenario = random_scenario(draw);
    const double before = plan_point(law, scenario).run.loss.value();
    const double factor = draw.between(1, 10);
    scenario.flops = Flops(scenario.flops->low.value() * factor);
    if (scenario.usd) scenario.usd = scenario.usd->low * factor;
    if (scenario.days) scenario.days = scenario.days->low * factor;
    EXPECT_LE(plan_point(law, scenario).run.loss.value(), before * (1 + 1e-12))
        << i;
  }
}

}  // namespace
}  // namespace isoflop
