// SPDX-License-Identifier: Apache-2.0
// Laws and plans that were made, judged.
#include "isoflop/check/check_law.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/plans.h"
#include "isoflop/check/checks.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/annotations.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "isoflop/runs/read_runs.h"
#include "support/matchers.h"
#include "support/paths.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using testing::fired;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using ::testing::Not;
using testing::source_path;
using testing::TemporaryFolder;

const FitResult& pilot_fit() {
  static const FitResult kFit = [] {
    FitOptions options;
    options.bootstrap = 50;
    return fit(read_runs(source_path("data/pilot/pile.csv")), options);
  }();
  return kFit;
}

TEST(CheckLaw, HasTheFindingsOfItsFit) {
  const FitResult& fitted = pilot_fit();
  ASSERT_FALSE(fitted.is_identified());
  const LawCheck checked = check(fitted);
  for (const Finding& finding : fitted.findings) {
    // Of the budgets that the fit was asked about, not of the law.
    if (finding.code == "law.extrapolation") continue;
    EXPECT_NE(find(checked.findings, finding.code), nullptr) << finding.code;
  }
  EXPECT_EQ(checked.verdict, Verdict::DoNotTrain);
  EXPECT_EQ(checked.findings.front().code, "fit.weak");
  EXPECT_TRUE(fails(checked, FailOn::Error));
}

TEST(CheckLaw, SavedLawHasThemToo) {
  const TemporaryFolder folder;
  const std::string path = folder / "law.json";
  write_law(pilot_fit().law, path);
  const LawCheck checked = check_law(path);
  const LawCheck before = check(pilot_fit());
  EXPECT_EQ(checked.source, path);
  ASSERT_EQ(checked.findings.size(), before.findings.size());
  for (std::size_t i = 0; i < before.findings.size(); ++i) {
    EXPECT_EQ(checked.findings[i].code, before.findings[i].code);
    EXPECT_EQ(checked.findings[i].severity, before.findings[i].severity);
    EXPECT_EQ(checked.findings[i].message, before.findings[i].message);
    EXPECT_EQ(checked.findings[i].remedy, before.findings[i].remedy);
    EXPECT_EQ(checked.findings[i].values.size(),
              before.findings[i].values.size());
  }
}

TEST(CheckLaw, LawSavedWithoutFindingsHasItsStatus) {
  Law law = pilot_fit().law;
  law.findings.clear();
  const LawCheck checked = check_law(law);
  EXPECT_NE(find(checked.findings, "fit.weak"), nullptr);
  EXPECT_EQ(checked.verdict, Verdict::DoNotTrain);
}

TEST(CheckLaw, AcceptedCodesDoNotCount) {
  LawCheckOptions options;
  options.accept = {"fit.weak=pilot runs"};
  const LawCheck checked = check(pilot_fit(), options);
  ASSERT_EQ(checked.accepted.size(), 1u);
  EXPECT_EQ(checked.accepted[0].reason, "pilot runs");
  EXPECT_FALSE(fails(checked, FailOn::Error));
  options.accept = {"fit.wek"};
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { check(pilot_fit(), options); }),
      HasSubstr("did you mean 'fit.weak'"));
}

TEST(CheckLaw, PublishedLawIsCleanButForItsNotes) {
  EXPECT_EQ(check_law(published_law("besiroglu2024")).verdict, Verdict::Clean);
  EXPECT_EQ(check_law(published_law("kaplan2020")).verdict, Verdict::Noted);
}

TEST(CheckLaw, IsReportedLikeAPlan) {
  const TemporaryFolder folder;
  const std::string path = folder / "law.json";
  write_law(pilot_fit().law, path);
  Checks checks;
  checks.all.push_back({path, check_law(path)});
  EXPECT_TRUE(checks.fails());
  EXPECT_THAT(to_sarif(checks), HasSubstr("\"ruleId\": \"fit.weak\""));
  EXPECT_THAT(to_sarif(checks), HasSubstr("law.json"));
  EXPECT_THAT(to_github(checks), HasSubstr("title=fit.weak"));
  EXPECT_THAT(to_junit(checks), HasSubstr("name=\"fit.not-converged\""));
  EXPECT_THAT(to_junit(checks), Not(HasSubstr("plan.data-wall")));
  EXPECT_THAT(to_text(check_law(path)), HasSubstr("DO NOT PLAN BY IT"));
  EXPECT_THAT(to_json(checks),
              HasSubstr("\"schema\": \"isoflop.law-check/1\""));
}

TEST(CheckLaw, ForecastKeepsWhatItFound) {
  const Forecast known =
      forecast(read_runs(source_path("data/pilot/pile.csv")));
  EXPECT_EQ(known.law.findings.size(), known.findings.size());
}

TEST(SavedFindings, AreRefusedInOneLineWhenTheyAreNot) {
  const std::string good = law_text(pilot_fit().law);
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from, text.find("\"findings\""));
    text.replace(at, from.size(), to);
    return message_of<DataError>([&] { parse_law(text, "law.json"); });
  };
  EXPECT_EQ(refusal("\"error\"", "\"fatal\""),
            "law.json: severity 'fatal' is not one of note, warning and error");
  EXPECT_EQ(refusal("\"code\"", "\"kode\""),
            "law.json: a finding has no text \"code\"");
}

// Plans.

TEST(CheckPlan, OfABudgetIsTheCheckOfIt) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.flops = Flops(1e24);
  scenario.unique_tokens = Tokens(2e11);
  scenario.accelerator = "h100-sxm";
  scenario.count = 2048;
  EXPECT_EQ(to_json(check(plan(law, scenario))), to_json(check(law, scenario)));
}

TEST(CheckPlan, JudgesTheRunThatWasPlanned) {
  const Law law = published_law("besiroglu2024");
  // A size alone: the budget at which it is optimal.
  Scenario scenario;
  scenario.params = Params(7e9);
  const Plan planned = plan(law, scenario);
  const Check checked = check(planned);
  EXPECT_EQ(checked.run.tokens, planned.run.tokens);
  EXPECT_EQ(checked.run.loss, planned.run.loss);
  EXPECT_NEAR(checked.waste.params_over_optimal, 1.0, 1e-6);
  // A size and a budget, held by the data.
  scenario.flops = Flops(1e24);
  scenario.unique_tokens = Tokens(1e11);
  const Plan held = plan(law, scenario);
  EXPECT_EQ(held.run.tokens, Tokens(4e11));
  EXPECT_EQ(check(held).run.tokens, held.run.tokens);
  EXPECT_EQ(check(held).run.loss, held.run.loss);
}

TEST(CheckPlan, PlanWithoutAnAnswerIsRefused) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario;
  scenario.target_loss = Nats(1.0);
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { check(plan(law, scenario)); }),
      HasSubstr("the plan has no answer"));
}

TEST(CheckLaw, HasNoVerdictOnPlansWhereItsCoefficientsAreUnknown) {
  Law law = published_law("besiroglu2024");
  Scenario asked;
  asked.params = Params(530e9);
  asked.tokens = Tokens(270e9);
  EXPECT_EQ(check(law, asked).verdict, Verdict::DoNotTrain);
  law.status = LawStatus::NotIdentified;
  const Check unknown = check(law, asked);
  EXPECT_EQ(unknown.verdict, Verdict::NoVerdict);
  EXPECT_NE(find(unknown.findings, "fit.not-identified"), nullptr);
  EXPECT_EQ(find(unknown.findings, "plan.overparameterized"), nullptr);
  EXPECT_TRUE(fails(unknown, FailOn::Error));
  CheckOptions accepting;
  accepting.accept = {"fit.not-identified"};
  EXPECT_EQ(check(law, asked, accepting).verdict, Verdict::DoNotTrain);
}

}  // namespace
}  // namespace isoflop
