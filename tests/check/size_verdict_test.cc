// SPDX-License-Identifier: Apache-2.0
// What a plan says of its own size and passes is what `check` would say of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "isoflop/base/random.h"
#include "isoflop/check/check.h"
#include "isoflop/plan/scenario_file.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::near_rel;

Law bare(const char* id) {
  Law law = published_law(id);
  law.draws.resize(0, law.draws.cols());
  return law;
}

Plan plan_with(const std::vector<std::string>& keys,
               const char* law = "besiroglu2024") {
  return plan(bare(law), edited({}, {keys}, "test"));
}

double value_of(const Finding& finding, const std::string& name) {
  for (const Evidence& value : finding.values) {
    if (value.name == name) return value.value;
  }
  throw std::out_of_range(name);
}

/// The plan as one that somebody else made: a size, data, and what it has.
Scenario as_given(const Scenario& asked, const Plan& made) {
  Scenario given = asked;
  given.flops.reset();
  given.minimise.reset();
  given.target_loss.reset();
  given.risk.reset();
  given.max_params.reset();
  given.generator_params.reset();
  given.acceptance.reset();
  given.params = made.run.params;
  given.tokens = made.run.tokens;
  if (made.synthetic) {
    given.unique_tokens =
        given.unique_tokens->middle() + made.synthetic->tokens;
  }
  return given;
}

Scenario random_scenario(std::uint64_t index) {
  RandomStream random(23, index);
  const auto between = [&](double low, double high) {
    return low * std::pow(high / low, random.uniform());
  };
  const auto coin = [&] { return random.uniform() < 0.5; };
  Scenario scenario;
  const double flops = between(1e19, 1e27);
  scenario.flops = Flops(flops);
  if (coin()) scenario.unique_tokens = Tokens(between(1e9, 1e14));
  if (scenario.unique_tokens && coin()) scenario.max_epochs = between(1, 30);
  const double kind = random.uniform();
  if (kind < 0.2) {
    scenario.params = Params(std::sqrt(flops) * between(0.01, 10));
  } else if (kind < 0.4) {
    scenario.tokens = Tokens(std::sqrt(flops) * between(0.1, 100));
  } else if (kind < 0.5) {
    scenario.max_params = Params(between(1e8, 1e12));
  } else if (kind < 0.6 && scenario.unique_tokens) {
    scenario.generator_params = Params(between(1e9, 1e11));
    scenario.acceptance = Share(between(0.05, 1));
  }
  if (coin()) {
    scenario.accelerator = "h100-sxm";
    scenario.count = static_cast<int>(between(8, 30000));
  }
  const double rule = random.uniform();
  if (rule < 0.2) {
    scenario.flops_rule = parse_flops_rule(rule < 0.1 ? "1.76" : "typical");
  }
  return scenario;
}

TEST(SizeVerdict, CheckFindsNoErrorThatThePlanDoesNotSay) {
  const Law laws[] = {
      bare("besiroglu2024"), bare("hoffmann2022"), bare("muennighoff2023")};
  int failed = 0;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    const Law& law = laws[i % 3];
    const Scenario scenario = random_scenario(i);
    const Plan made = plan(law, scenario);
    ASSERT_TRUE(made.is_answered) << i;
    const Check judged = check(law, as_given(scenario, made));
    for (const Finding& finding : judged.findings) {
      if (finding.severity != Severity::Error) continue;
      ++failed;
      const bool is_said = std::any_of(
          made.findings.begin(), made.findings.end(), [&](const Finding& own) {
            return own.code == finding.code && own.severity == Severity::Error;
          });
      EXPECT_TRUE(is_said) << i << ": " << finding.code << ": "
                           << finding.message;
    }
    EXPECT_EQ(made.verdict == PlanVerdict::Plan,
              worst(made.findings) != Severity::Error)
        << i;
  }
  EXPECT_GT(failed, 200);  // the scenarios do reach what is held
}

TEST(SizeVerdict, ThePlanSaysNoErrorThatCheckDoesNotFind) {
  const Law law = bare("besiroglu2024");
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Scenario scenario = random_scenario(i);
    const Plan made = plan(law, scenario);
    const Check judged = check(law, as_given(scenario, made));
    for (const Finding& finding : made.findings) {
      if (finding.severity != Severity::Error) continue;
      const bool is_found = std::any_of(
          judged.findings.begin(),
          judged.findings.end(),
          [&](const Finding& other) { return other.code == finding.code; });
      EXPECT_TRUE(is_found) << i << ": " << finding.message;
    }
  }
}

TEST(SizeVerdict, SaysWhereMoreParametersStopPaying) {
  const Plan made = plan_with({"budget.flops=1e24", "data.unique_tokens=50B"});
  EXPECT_EQ(made.verdict, PlanVerdict::DoNotTrain);
  const Finding* large = find(made.findings, "plan.overparameterized");
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large->severity, Severity::Error);
  const double fed = value_of(*large, "params_fed");
  EXPECT_LT(fed, made.run.params.value());
  // There `check` is on the edge of a warning: it has none below, and above.
  for (const double factor : {0.99, 1.01}) {
    Scenario edge;
    edge.params = Params(fed * factor);
    edge.tokens = made.run.tokens;
    edge.unique_tokens = Tokens(50e9);
    const Check judged = check(bare("besiroglu2024"), edge);
    EXPECT_EQ(find(judged.findings, "plan.overparameterized") != nullptr,
              factor > 1.0);
  }
  EXPECT_THAT(value_of(*large, "flops_fed"),
              near_rel(6 * fed * made.run.tokens.value(), {1e-9}));
  // What the rest of the compute buys.
  EXPECT_GT(value_of(*large, "loss_fed"), made.run.loss.value());
  EXPECT_THAT(
      value_of(*large, "loss_fed"),
      near_rel(made.law.loss(Params(fed), made.run.tokens).value(), {1e-12}));
  EXPECT_THAT(large->remedy, HasSubstr("the rest buys"));
}

TEST(SizeVerdict, OfASizeThatIsGivenNamesTheBetterRun) {
  const Plan made = plan_with({"budget.flops=1e22", "model.params=70B"});
  const Finding* large = find(made.findings, "plan.overparameterized");
  ASSERT_NE(large, nullptr);
  const Plan best = plan_with({"budget.flops=1e22"});
  EXPECT_THAT(value_of(*large, "params_optimal"),
              near_rel(best.run.params.value(), {1e-9}));
  EXPECT_THAT(large->remedy, HasSubstr("instead of"));
  EXPECT_EQ(best.verdict, PlanVerdict::Plan);
}

TEST(SizeVerdict, OfPassesIsThatOfCheck) {
  const Plan few = plan_with(
      {"model.params=1B", "data.tokens=50B", "data.unique_tokens=10B"});
  EXPECT_EQ(find(few.findings, "plan.data-wall")->severity, Severity::Warning);
  const Plan many = plan_with(
      {"model.params=1B", "data.tokens=170B", "data.unique_tokens=10B"});
  EXPECT_EQ(find(many.findings, "plan.data-wall")->severity, Severity::Error);
  EXPECT_EQ(many.verdict, PlanVerdict::DoNotTrain);
}

TEST(SizeVerdict, CheckJudgesWhatThePlanChooses) {
  Law law = bare("ludziejewski2025");
  Scenario scenario = edited(
      {}, {{"budget.flops=1e21", "choose=model.experts=2,8,32"}}, "test");
  const Plan made = plan(law, scenario);
  const Check judged = check(law, scenario);
  EXPECT_THAT(judged.run.params.value(),
              near_rel(made.run.params.value(), {1e-9}));
}

TEST(PlanVerdict, IsInfeasibleWhereABoundIsMissed) {
  const std::vector<std::string> keys = {"model.params=70B",
                                         "data.tokens=2T",
                                         "cluster.accelerator=h100-sxm",
                                         "cluster.count=1024",
                                         "budget.days=10"};
  const Plan late = plan_with(keys);
  EXPECT_EQ(late.verdict, PlanVerdict::Infeasible);
  EXPECT_THAT(late.missed, ::testing::ElementsAre("plan.not-on-time"));
  std::vector<std::string> enough = keys;
  enough.back() = "budget.days=1000";
  EXPECT_EQ(plan_with(enough).verdict, PlanVerdict::Plan);
  EXPECT_EQ(plan_with({"goal.loss=1.0"}).verdict, PlanVerdict::NoPlan);
  // A loss that is within the doubt of where the law ends is a bound too.
  const Plan doubtful = plan(published_law("besiroglu2024"),
                             edited({}, {{"goal.loss=1.84"}}, "test"));
  EXPECT_EQ(doubtful.verdict, PlanVerdict::Infeasible);
}

}  // namespace
}  // namespace isoflop
