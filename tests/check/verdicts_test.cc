// SPDX-License-Identifier: Apache-2.0
// The size verdict against numbers from elsewhere, from other verbs, and over
// many plans.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "check/plans.h"
#include "isoflop/base/random.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/plan.h"
#include "support/reference.h"

namespace isoflop {
namespace {

using testing::fired;
using testing::judge;
using testing::near_rel;
using testing::of_size;
using testing::reference_rows;
using testing::ReferenceRow;
using testing::shared_path;
using testing::value_of;

TEST(Verdicts, WasteOfPublishedModels) {
  const std::vector<ReferenceRow> rows = reference_rows("verdicts.csv");
  EXPECT_GE(rows.size(), 70u);
  for (const ReferenceRow& row : rows) {
    const Check checked =
        check(published_law(row.text("law")),
              of_size(row.number("params"), row.number("tokens")));
    const double actual = row.text("quantity") == "compute_waste"
                              ? checked.waste.compute_factor
                              : checked.waste.params_over_optimal;
    EXPECT_THAT(actual, row.is_met())
        << row.text("model") << " " << row.text("law") << " "
        << row.text("quantity");
  }
}

/// A published law; that of repeats without what it says of them.
Law law_of_one_epoch(const std::string& id) {
  Law law = published_law(id);
  if (law.form->name() != "data_constrained") return law;
  const auto known = law.named_coefficients();
  law.form = find_form("additive");
  law.coefficients.resize(law.form->coefficient_count());
  for (int i = 0; i < law.form->coefficient_count(); ++i) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(i)];
    law.coefficients[i] = known.at(std::string(info.name));
  }
  return law;
}

// The laws that a table computed elsewhere names in its own words.
TEST(Verdicts, WasteUnderEightLawsIsThatOfTheSharedTable) {
  const std::string path = shared_path("../reference/verdicts.csv");
  if (path.empty()) GTEST_SKIP() << "no shared table";
  const std::map<std::string, std::string> ids = {
      {"besiroglu2024", "besiroglu2024"},
      {"hoffmann2022 (printed)", "hoffmann2022"},
      {"hoffmann2022 (unrounded)", "hoffmann2022-unrounded"},
      {"muennighoff2023 (one epoch)", "muennighoff2023"},
      {"gadre2024 (C4)", "gadre2024-c4"},
      {"gadre2024 (RedPajama)", "gadre2024-rpj"},
      {"gadre2024 (RefinedWeb)", "gadre2024-rw"},
      {"kaplan2020 (joint)", "kaplan2020"}};
  constexpr testing::Tolerance kAsked{1e-3, 1e-5};
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  int rows = 0;
  while (std::getline(in, line)) {
    std::stringstream cells(line);
    std::string name, params, tokens, law, ratio, waste;
    for (std::string* cell : {&name, &params, &tokens, &law, &ratio, &waste}) {
      std::getline(cells, *cell, ',');
    }
    const Check checked =
        check(law_of_one_epoch(ids.at(law)),
              of_size(parse_number(params), parse_number(tokens)));
    EXPECT_THAT(checked.waste.params_over_optimal,
                near_rel(parse_number(ratio), kAsked))
        << line;
    EXPECT_THAT(checked.waste.compute_factor,
                near_rel(parse_number(waste), kAsked))
        << line;
    ++rows;
  }
  EXPECT_EQ(rows, 96);
}

// The findings' numbers are those of the other verbs.

TEST(Verdicts, NumbersAreThoseOfPlanAndPredict) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario = of_size(530e9, 270e9);
  scenario.accelerator = "h100-sxm";
  scenario.count = 4096;
  const Check checked = check(law, scenario);
  EXPECT_EQ(checked.run.loss.value(),
            predict(law, Params(530e9), Tokens(270e9)).value);
  const Plan as_given = plan(law, scenario);
  EXPECT_EQ(checked.run.loss, as_given.run.loss);
  EXPECT_EQ(checked.cost.training->usd, as_given.cost.training->usd);
  EXPECT_EQ(checked.cost.training->days, as_given.cost.training->days);
  Scenario budget;
  budget.flops = checked.run.flops;
  const Plan best = plan(law, budget);
  EXPECT_EQ(checked.best.params, best.run.params);
  EXPECT_EQ(checked.best.loss, best.run.loss);
  EXPECT_EQ(
      value_of(*fired(checked, "plan.overparameterized"), "params_optimal"),
      best.run.params.value());
  // With repeats as well.
  scenario.unique_tokens = Tokens(30e9);
  EXPECT_EQ(check(law, scenario).run.loss, plan(law, scenario).run.loss);
}

// Worn tokens: the size is held against what they are worth.

TEST(Verdicts, RepeatsAloneAreNotTooManyParameters) {
  Scenario scenario = of_size(20e9, 1e12);
  scenario.unique_tokens = Tokens(20e9);
  const Check worn = judge(scenario);
  EXPECT_EQ(fired(worn, "plan.overparameterized"), nullptr);
  EXPECT_NE(fired(worn, "plan.data-wall"), nullptr);
  // The verdict is that of as many new tokens as they are worth.
  const Check fresh = judge(of_size(20e9, worn.repeats->tokens_worth));
  EXPECT_THAT(worn.waste.compute_factor,
              near_rel(fresh.waste.compute_factor, {1e-9}));
  EXPECT_THAT(worn.waste.params_over_optimal,
              near_rel(fresh.waste.params_over_optimal, {1e-9}));
}

TEST(Verdicts, FewerUniqueTokensAreNeverMilder) {
  Scenario scenario = of_size(530e9, 270e9);
  double last = judge(scenario).waste.compute_factor;
  for (const double unique : {200e9, 50e9, 10e9, 1e9}) {
    scenario.unique_tokens = Tokens(unique);
    const Check checked = judge(scenario);
    EXPECT_EQ(fired(checked, "plan.overparameterized")->severity,
              Severity::Error);
    EXPECT_GT(checked.waste.compute_factor, last);
    last = checked.waste.compute_factor;
  }
}

// 10,000 plans about their optimum, and 10,000 far above it.

/// Size and data off the optimum at 1e20 to 1e27 FLOP by a factor between two
/// bounds, all tokens distinct.
std::vector<Scenario> plans_off(const Law& law, double low, double high) {
  std::vector<Scenario> plans;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    RandomStream random(7, i);
    const Flops flops(std::pow(10.0, 20.0 + 7.0 * random.uniform()));
    const Optimum best = optimum(law, flops);
    const double off = low + (high - low) * random.uniform();
    plans.push_back(
        of_size(best.params.value() * off, best.tokens.value() / off));
    plans.back().unique_tokens = plans.back().tokens;
  }
  return plans;
}

bool is_flagged(const Check& checked) {
  const Finding* finding = fired(checked, "plan.overparameterized");
  return finding != nullptr && finding->severity == Severity::Error;
}

TEST(Verdicts, SeldomAlarmsAboutTheOptimumAndSeldomMissesFarAboveIt) {
  const Law law = published_law("besiroglu2024");
  Law point = law;
  point.draws.resize(0, point.draws.cols());
  const std::vector<Check> near = check_many(point, plans_off(law, 0.8, 1.2));
  ASSERT_EQ(near.size(), 10000u);
  const auto alarms =
      std::count_if(near.begin(), near.end(), [](const Check& checked) {
        return worst(checked.findings) == Severity::Error;
      });
  EXPECT_LT(alarms, 100);
  const std::vector<Check> far = check_many(point, plans_off(law, 5.0, 10.0));
  const auto found = std::count_if(far.begin(), far.end(), is_flagged);
  EXPECT_GT(found, 9900);
}

// The verdict on an exact plan is that of the law's point: draws change what is
// said of it and not whether it is flagged.
TEST(Verdicts, DrawsOfTheLawMoveNoVerdictOfAnExactPlan) {
  constexpr int kOverDraws = 2500;  // 500 draws of each
  const Law law = published_law("besiroglu2024");
  Law point = law;
  point.draws.resize(0, point.draws.cols());
  std::vector<Scenario> plans = plans_off(law, 0.8, 1.2);
  const std::vector<Scenario> far = plans_off(law, 5.0, 10.0);
  plans.resize(kOverDraws);
  plans.insert(plans.end(), far.begin(), far.begin() + kOverDraws);
  const std::vector<Check> with = check_many(law, plans);
  const std::vector<Check> without = check_many(point, plans);
  double doubt_near = 0.0;
  double doubt_far = 0.0;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    EXPECT_EQ(is_flagged(with[i]), is_flagged(without[i]));
    (i < kOverDraws ? doubt_near : doubt_far) +=
        *with[i].waste.probability_error;
  }
  // Over the draws too: the share of them that would fail a plan about the
  // optimum, and pass one far above it.
  EXPECT_LT(doubt_near / kOverDraws, 0.01);
  EXPECT_GT(doubt_far / kOverDraws, 0.99);
}

}  // namespace
}  // namespace isoflop
