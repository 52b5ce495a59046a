// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/laws/predict.h"
#include "isoflop/plan/scenario_file.h"
#include "plan/draws.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;
using testing::printed;

Law replication() { return published_law("besiroglu2024"); }

/// Published laws that a plan can be made under.
std::vector<Law> planning_laws() {
  std::vector<Law> laws = published_laws();
  std::erase_if(
      laws, [](const Law& law) { return !answers_size_and_data(*law.form); });
  return laws;
}

Scenario with_flops(double flops) {
  Scenario scenario;
  scenario.flops = Flops(flops);
  return scenario;
}

std::string refusal(const Scenario& scenario, const PlanOptions& options = {}) {
  return message_of<std::invalid_argument>(
      [&] { plan(replication(), scenario, options); });
}

TEST(Plan, BudgetAloneGivesTheOptimum) {
  for (const Law& law : published_laws({"additive", ""})) {
    for (const double flops : {1e20, 5.76e23, 1e27}) {
      const Plan made = plan(law, with_flops(flops));
      ASSERT_TRUE(made.is_answered);
      const Optimum best = optimum(law, Flops(flops));
      EXPECT_EQ(made.run.params, best.params);
      EXPECT_EQ(made.run.tokens, best.tokens);
      EXPECT_EQ(made.run.loss, best.loss);
      EXPECT_EQ(made.binding, "budget.flops");
      EXPECT_EQ(made.epochs, 0.0);
      // N* = [alpha A / (beta B)]^(1/(alpha+beta)) (C/6)^(beta/(alpha+beta)).
      const auto& c = law.coefficients;
      EXPECT_THAT(
          made.run.params.value(),
          near_rel(std::pow(c[3] * c[1] / (c[4] * c[2]), 1 / (c[3] + c[4])) *
                       std::pow(flops / 6, c[4] / (c[3] + c[4])),
                   kRounding));
    }
  }
}

TEST(Plan, ReplicationOfChinchillaAtItsBudget) {
  const Plan made = plan(replication(), with_flops(5.76e23));
  EXPECT_THAT(made.run.params.value() / 1e9, near_rel(printed("72.35")));
  EXPECT_THAT(made.run.tokens.value() / 1e12, near_rel(printed("1.327")));
  EXPECT_THAT(made.run.loss.value(), near_rel(printed("1.974")));
}

TEST(Plan, BudgetAndSizeLeaveTheData) {
  Scenario scenario = with_flops(6e22);
  scenario.params = Params(1e10);
  const Plan made = plan(replication(), scenario);
  EXPECT_EQ(made.run.params, Params(1e10));
  EXPECT_THAT(made.run.tokens.value(), near_rel(1e12, kRounding));
  EXPECT_EQ(made.run.loss,
            replication().loss(made.run.params, made.run.tokens));
  EXPECT_EQ(made.binding, "budget.flops, model.params");
}

TEST(Plan, BudgetAndDataLeaveTheSize) {
  Scenario scenario = with_flops(6e22);
  scenario.tokens = Tokens(1e12);
  const Plan made = plan(replication(), scenario);
  EXPECT_EQ(made.run.tokens, Tokens(1e12));
  EXPECT_THAT(made.run.params.value(), near_rel(1e10, kRounding));
  EXPECT_EQ(made.binding, "budget.flops, data.tokens");
}

TEST(Plan, SizeAndDataLeaveTheBudget) {
  Scenario scenario;
  scenario.params = Params(70e9);
  scenario.tokens = Tokens(1.4e12);
  const Plan made = plan(replication(), scenario);
  EXPECT_THAT(made.run.flops.value(), near_rel(5.88e23, kRounding));
  scenario.flops = Flops(5.9e23);  // within 1 % of 6 N D
  EXPECT_TRUE(plan(replication(), scenario).is_answered);
  scenario.flops = Flops(5.76e23);
  EXPECT_THAT(refusal(scenario), HasSubstr("give two of three"));
}

TEST(Plan, SizeAloneIsPlannedWhereItIsOptimal) {
  for (const Law& law : planning_laws()) {
    SCOPED_TRACE(law.id);
    for (const double params : {1e8, 7e9, 1e12}) {
      Scenario scenario;
      scenario.params = Params(params);
      const Plan made = plan(law, scenario);
      EXPECT_EQ(made.run.params, Params(params));
      const Optimum best = optimum(law, made.run.flops);
      EXPECT_THAT(best.params.value(), near_rel(params, {1e-9}));
      EXPECT_THAT(best.tokens.value(),
                  near_rel(made.run.tokens.value(), {1e-9}));
      EXPECT_EQ(made.binding, "model.params");
    }
  }
}

TEST(Plan, DataAloneIsPlannedWhereItIsOptimal) {
  for (const Law& law : planning_laws()) {
    SCOPED_TRACE(law.id);
    Scenario scenario;
    scenario.tokens = Tokens(2e12);
    const Plan made = plan(law, scenario);
    EXPECT_EQ(made.run.tokens, Tokens(2e12));
    EXPECT_THAT(optimum(law, made.run.flops).tokens.value(),
                near_rel(2e12, {1e-9}));
    EXPECT_EQ(made.binding, "data.tokens");
  }
}

TEST(Plan, UniqueTokensBindWhenTheyAreFew) {
  Scenario scenario = with_flops(1e24);
  scenario.unique_tokens = Tokens(200e9);
  const Plan made = plan(replication(), scenario);
  EXPECT_EQ(made.binding, "data.unique_tokens");
  EXPECT_THAT(made.run.tokens.value(), near_rel(800e9, kRounding));
  EXPECT_THAT(made.run.flops.value(), near_rel(1e24, kRounding));
  EXPECT_THAT(made.epochs, near_rel(4.0, kRounding));
  EXPECT_GT(made.run.loss, plan(replication(), with_flops(1e24)).run.loss);
  scenario.max_epochs = 1;
  EXPECT_THAT(plan(replication(), scenario).run.tokens.value(),
              near_rel(200e9, kRounding));
}

TEST(Plan, MorePassesAreOfferedWhereTheyAreWorthIt) {
  Scenario scenario = with_flops(1e24);
  scenario.unique_tokens = Tokens(200e9);
  const Plan held = plan(replication(), scenario);
  const Finding* large = find(held.findings, "plan.overparameterized");
  ASSERT_NE(large, nullptr);
  const auto value = [&](std::string_view name) {
    for (const auto& [key, number] : large->values) {
      if (key == name) return number;
    }
    return 0.0;
  };
  ASSERT_GT(value("tokens_more_passes"), 800e9);
  EXPECT_NE(large->remedy.find("(data.max_epochs)"), std::string::npos);
  scenario.max_epochs = value("tokens_more_passes") / 200e9 * (1.0 + 1e-9);
  const Plan more = plan(replication(), scenario);
  EXPECT_THAT(more.run.params.value(),
              near_rel(value("params_more_passes"), {1e-6}));
  EXPECT_THAT(more.run.loss.value(),
              near_rel(value("loss_more_passes"), {1e-9}));
  EXPECT_LT(more.run.loss, held.run.loss);
  EXPECT_NE(more.verdict, PlanVerdict::DoNotTrain);
}

TEST(Plan, PassesThatBindByDefaultAreAmongItsSensitivities) {
  Scenario scenario = with_flops(1e24);
  scenario.unique_tokens = Tokens(200e9);
  const auto loss_of = [&](const Scenario& asked) {
    for (const Sensitivity& one : sensitivities(replication(), asked)) {
      if (one.key == "data.max_epochs") return one.loss_nats;
    }
    return 0.0;
  };
  const double by_default = loss_of(scenario);
  scenario.max_epochs = 4;
  EXPECT_LT(by_default, 0.0);
  EXPECT_EQ(by_default, loss_of(scenario));
}

TEST(Plan, SizesBesideItKeepItsBounds) {
  Scenario scenario = with_flops(1e24);
  scenario.max_params = Params(30e9);
  const Plan made = plan(replication(), scenario);
  EXPECT_THAT(made.run.params.value(), near_rel(30e9, kRounding));
  EXPECT_EQ(made.alternatives.size(), 2u);
  for (const SizeAlternative& other : made.alternatives) {
    EXPECT_LT(other.params, made.run.params);
  }
  ASSERT_TRUE(made.flat_params.has_value());
  EXPECT_LE(made.flat_params->high, 30e9 * (1.0 + 1e-12));
}

TEST(Plan, UniqueTokensDoNotBindWhenTheyAreMany) {
  Scenario scenario = with_flops(1e24);
  scenario.unique_tokens = Tokens(2e12);
  const Plan made = plan(replication(), scenario);
  EXPECT_EQ(made.binding, "budget.flops");
  EXPECT_EQ(made.run.params, optimum(replication(), Flops(1e24)).params);
  EXPECT_THAT(made.epochs, near_rel(made.run.tokens.value() / 2e12, kRounding));
}

TEST(Plan, SizeIsKeptWhenUniqueTokensBind) {
  Scenario scenario = with_flops(1e24);
  scenario.params = Params(1e10);
  scenario.unique_tokens = Tokens(100e9);
  const Plan made = plan(replication(), scenario);
  EXPECT_EQ(made.run.params, Params(1e10));
  EXPECT_THAT(made.run.tokens.value(), near_rel(400e9, kRounding));
  EXPECT_LT(made.run.flops, Flops(1e24));
  EXPECT_EQ(made.binding, "data.unique_tokens");
}

TEST(Plan, UniqueTokensLimitASizeOrDataAloneToo) {
  // 70B parameters want 1.3T tokens, and 50B give 200B.
  Scenario scenario;
  scenario.params = Params(70e9);
  scenario.unique_tokens = Tokens(50e9);
  const Plan made = plan(replication(), scenario);
  EXPECT_THAT(made.run.tokens.value(), near_rel(200e9, kRounding));
  EXPECT_EQ(made.binding, "data.unique_tokens");
}

TEST(Plan, AlternativesWasteWhatTheDefinitionSays) {
  for (const Law& law : published_laws({"additive", ""})) {
    const Plan made = plan(law, with_flops(1e24));
    ASSERT_EQ(made.alternatives.size(), 4u);
    const auto& c = law.coefficients;
    const double exponent = c[3] * c[4] / (c[3] + c[4]);
    for (const SizeAlternative& other : made.alternatives) {
      EXPECT_THAT(other.params / made.run.params,
                  near_rel(other.size_factor, kRounding));
      EXPECT_THAT(train_flops(other.params, other.tokens).value(),
                  near_rel(1e24, kRounding));
      EXPECT_EQ(other.loss, law.loss(other.params, other.tokens));
      EXPECT_GT(other.loss_regret_nats, 0.0);
      EXPECT_THAT(other.loss_regret_nats,
                  near_rel((other.loss - made.run.loss).value(), {1e-9}));
      EXPECT_GT(other.compute_waste, 0.0);
      // C / C_same - 1, where L*(C_same) is the loss of the alternative.
      EXPECT_THAT(1.0 + other.compute_waste,
                  near_rel(std::pow((other.loss.value() - c[0]) /
                                        (made.run.loss.value() - c[0]),
                                    1.0 / exponent),
                           {1e-9}));
      EXPECT_THAT(
          optimum(law, Flops(1e24) / (1.0 + other.compute_waste)).loss.value(),
          near_rel(other.loss.value(), {1e-9}));
    }
  }
}

TEST(Plan, AlternativesKeepToTheUniqueTokens) {
  Scenario scenario = with_flops(1e24);
  scenario.unique_tokens = Tokens(200e9);
  const Plan made = plan(replication(), scenario);
  ASSERT_FALSE(made.alternatives.empty());
  for (const SizeAlternative& other : made.alternatives) {
    EXPECT_LE(other.tokens, Tokens(800e9));
    EXPECT_GT(other.loss, made.run.loss);
  }
}

TEST(Plan, FlatRangeEndsWhereTheLossIsATenthOfAPerCentAbove) {
  for (const Law& law : planning_laws()) {
    SCOPED_TRACE(law.id);
    const Plan made = plan(law, with_flops(1e24));
    ASSERT_TRUE(made.flat_params.has_value());
    EXPECT_LT(made.flat_params->low, made.run.params.value());
    EXPECT_GT(made.flat_params->high, made.run.params.value());
    for (const double params :
         {made.flat_params->low, made.flat_params->high}) {
      const Nats loss =
          law.loss(Params(params), tokens_for(Flops(1e24), Params(params)));
      EXPECT_THAT(loss / made.run.loss, near_rel(1.001, {1e-9}));
    }
  }
}

TEST(Plan, LargerBudgetsGiveLargerRunsAndLowerLoss) {
  Plan last = plan(replication(), with_flops(1e19));
  for (double flops = 1e20; flops < 1e29; flops *= 10) {
    const Plan made = plan(replication(), with_flops(flops));
    EXPECT_GT(made.run.params, last.run.params);
    EXPECT_GT(made.run.tokens, last.run.tokens);
    EXPECT_LT(made.run.loss, last.run.loss);
    last = made;
  }
}

TEST(Plan, IntervalsHoldTheOptimum) {
  const Plan made = plan(replication(), with_flops(1e24));
  ASSERT_TRUE(made.params && made.tokens && made.tokens_per_param &&
              made.loss_nats);
  EXPECT_LT(made.params->low, made.run.params.value());
  EXPECT_GT(made.params->high, made.run.params.value());
  EXPECT_LT(made.tokens->low, made.run.tokens.value());
  EXPECT_GT(made.tokens->high, made.run.tokens.value());
  EXPECT_LT(made.loss_nats->low, made.run.loss.value());
  EXPECT_GT(made.loss_nats->high, made.run.loss.value());
  EXPECT_FALSE(
      plan(published_law("hoffmann2022"), with_flops(1e24)).params.has_value());
}

TEST(Plan, WidensTheLossAsPredictDoes) {
  Law law = replication();
  const Plan narrow = plan(law, with_flops(1e24));
  law.widening = {{10.0, 3.0, 5}};
  const Plan wide = plan(law, with_flops(1e24));
  EXPECT_EQ(narrow.widening, 1.0);
  EXPECT_EQ(wide.widening, 3.0);
  const Prediction said = predict(law, wide.run.params, wide.run.tokens);
  EXPECT_EQ(wide.loss_nats->low, said.interval->low);
  EXPECT_EQ(wide.loss_nats->high, said.interval->high);
  const double loss = wide.run.loss.value();
  EXPECT_THAT(std::log(wide.loss_nats->high / loss),
              near_rel(3.0 * std::log(narrow.loss_nats->high / loss),
                       testing::kSolver));
  EXPECT_EQ(wide.params->low, narrow.params->low);
}

TEST(Plan, RisksBeyondTheRunsAreWidenedToo) {
  Law law = replication();
  const DrawLosses narrow(law);
  law.widening = {{10.0, 3.0, 5}};
  const DrawLosses wide(law);
  const Risk risk = parse_risk("q90");
  const double log_params = std::log(1e11);
  const double log_tokens = std::log(2e12);
  const double loss = law.loss(Params(1e11), Tokens(2e12)).value();
  // Between two draws the quantile is linear in the loss, not its logarithm.
  EXPECT_THAT(
      std::log(wide.measure(risk, log_params, log_tokens) / loss),
      near_rel(
          3.0 * std::log(narrow.measure(risk, log_params, log_tokens) / loss),
          testing::kDerivative));
  // Among the runs nothing is widened.
  EXPECT_EQ(wide.measure(risk, std::log(1e9), std::log(2e10)),
            narrow.measure(risk, std::log(1e9), std::log(2e10)));
}

TEST(Plan, FarBeyondTheRunsOfTheLawIsSaid) {
  const Plan made = plan(replication(), with_flops(1e26));
  EXPECT_THAT(*made.extrapolation, near_rel(1e4, {1e-9}));
  EXPECT_NE(find(made.findings, "law.extrapolation"), nullptr);
  EXPECT_THAT(plan(replication(), with_flops(1e22)).findings, IsEmpty());
}

TEST(Plan, RefusesALawThatWouldMislead) {
  for (const LawStatus status : {LawStatus::Weak, LawStatus::NotIdentified}) {
    Law law = replication();
    law.status = status;
    const std::string code =
        status == LawStatus::Weak ? "fit.weak" : "fit.not-identified";
    const Plan refused = plan(law, with_flops(1e24));
    EXPECT_FALSE(refused.is_answered);
    const Finding* finding = find(refused.findings, code);
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->severity, Severity::Error);
    EXPECT_THAT(finding->remedy, HasSubstr(code));
    PlanOptions accept;
    accept.accept = {code};
    const Plan accepted = plan(law, with_flops(1e24), accept);
    EXPECT_TRUE(accepted.is_answered);
    EXPECT_NE(worst(accepted.findings), Severity::Error);
  }
}

TEST(Plan, AcceptingWeakDoesNotAcceptNotIdentified) {
  Law law = replication();
  law.status = LawStatus::NotIdentified;
  PlanOptions accept;
  accept.accept = {"fit.weak"};
  EXPECT_FALSE(plan(law, with_flops(1e24), accept).is_answered);
}

TEST(Plan, LawWithoutDrawsIsNoted) {
  const Plan made = plan(published_law("hoffmann2022"), with_flops(1e22));
  const Finding* note = find(made.findings, "law.no-draws");
  ASSERT_NE(note, nullptr);
  EXPECT_EQ(note->severity, Severity::Note);
  EXPECT_EQ(find(made.findings, "law.params-counted"), nullptr);
  const Plan kaplan = plan(published_law("kaplan2020"), with_flops(1e22));
  EXPECT_NE(find(kaplan.findings, "law.params-counted"), nullptr);
}

TEST(Plan, LawOfRepeatsKnowsTheDistinctTokens) {
  const Law law = published_law("muennighoff2023");
  Scenario scenario = with_flops(1e23);
  const Plan fresh = plan(law, scenario);
  scenario.unique_tokens = Tokens(1e11);
  const Plan repeated = plan(law, scenario);
  EXPECT_THAT(repeated.run.loss.value(),
              near_rel(law.value({{"params", repeated.run.params.value()},
                                  {"tokens", repeated.run.tokens.value()},
                                  {"unique_tokens", 1e11}}),
                       kRounding));
  EXPECT_GT(repeated.run.loss, fresh.run.loss);
}

TEST(Plan, EveryLawPlansOrSaysThatItCannot) {
  for (const Law& law : published_laws()) {
    SCOPED_TRACE(law.id);
    if (answers_size_and_data(*law.form)) {
      EXPECT_TRUE(plan(law, with_flops(1e22)).is_answered);
    } else {
      EXPECT_THROW(plan(law, with_flops(1e22)), std::invalid_argument);
    }
  }
}

TEST(Plan, RefusesRangesOfEveryKey) {
  for (const char* key : {"model.active_params=1B..2B",
                          "model.experts=8..16",
                          "model.max_params=1B..2B",
                          "data.synthetic.generator_params=7B..70B",
                          "data.synthetic.acceptance=0.2..0.4",
                          "data.synthetic.verifier_params=1B..2B",
                          "goal.loss=2.0..2.1",
                          "goal.error=0.3..0.4"}) {
    Scenario scenario;
    set_key(scenario, key, "test");
    EXPECT_THAT(message_of<std::invalid_argument>(
                    [&] { plan(published_law("besiroglu2024"), scenario); }),
                HasSubstr("is a range, but must be one value; `check` takes"))
        << key;
  }
}

TEST(Plan, RefusesRanges) {
  Scenario scenario;
  scenario.flops = Range<Flops>(Flops(1e24), Flops(2e24));
  EXPECT_THAT(refusal(scenario), HasSubstr("flops is a range"));
  scenario.flops = Flops(1e24);
  scenario.unique_tokens = Range<Tokens>(Tokens(1e12), Tokens(2e12));
  EXPECT_THAT(refusal(scenario), HasSubstr("unique_tokens is a range"));
}

TEST(Plan, RefusesWhatCannotBeMeant) {
  EXPECT_THAT(refusal({}), HasSubstr("needs flops, params or tokens"));
  Scenario only_data;
  only_data.unique_tokens = Tokens(1e12);
  EXPECT_THAT(refusal(only_data), HasSubstr("needs flops, params or tokens"));
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THAT(refusal(with_flops(bad)), HasSubstr("flops")) << bad;
    Scenario scenario;
    scenario.params = Params(bad);
    EXPECT_THAT(refusal(scenario), HasSubstr("params")) << bad;
  }
  Scenario half = with_flops(1e24);
  half.max_epochs = 0.5;
  EXPECT_THAT(refusal(half), HasSubstr("max_epochs"));
  PlanOptions options;
  options.level = 90;
  EXPECT_THAT(refusal(with_flops(1e24), options), HasSubstr("level"));
  PlanOptions unknown;
  unknown.accept = {"fit.wek"};
  EXPECT_THAT(refusal(with_flops(1e24), unknown),
              HasSubstr("did you mean 'fit.weak'"));
}

TEST(Plan, NeedsABudgetThatMakesTheSizeOptimal) {
  Scenario scenario;
  scenario.params = Params(1e25);
  const Plan none = plan(published_law("besiroglu2024"), scenario);
  EXPECT_FALSE(none.is_answered);
  EXPECT_EQ(none.verdict, PlanVerdict::NoPlan);
  ASSERT_FALSE(none.findings.empty());
  EXPECT_THAT(none.findings.back().message,
              HasSubstr("makes this optimal under the law"));
}

}  // namespace
}  // namespace isoflop
