// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "isoflop/plan/scenario_file.h"
#include "isoflop/runs/read_runs.h"
#include "report/results.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// What any text for a terminal must hold.
void expect_fit_for_a_terminal(const std::string& text) {
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n');
  EXPECT_THAT(text, Not(HasSubstr(" nan")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    for (const char c : line) {
      EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20) << line;
    }
  }
}

TEST(Text, FitsEightyColumns) {
  expect_fit_for_a_terminal(to_text(testing::good_fit()));
  expect_fit_for_a_terminal(to_text(testing::poor_fit()));
  Runs pilot = read_runs(testing::source_path("data/pilot/pile.csv"));
  pilot.source = "data/pilot/pile.csv";
  expect_fit_for_a_terminal(to_text(fit(pilot)));
  const Forecast known = forecast(pilot);
  expect_fit_for_a_terminal(to_text(known));
  expect_fit_for_a_terminal(to_text(backtest(pilot)));
  expect_fit_for_a_terminal(to_text(predict_table(
      known.law, {pilot.params, pilot.tokens, pilot.loss_nats, pilot.name})));
  expect_fit_for_a_terminal(to_text(testing::some_plan()));
  for (const Check& check : testing::some_checks()) {
    expect_fit_for_a_terminal(to_text(check));
  }
  expect_fit_for_a_terminal(to_text(published_laws()));
  expect_fit_for_a_terminal(to_text(finding_codes()));
  expect_fit_for_a_terminal(to_text(published_scenarios()));
  for (const Law& law : published_laws()) {
    expect_fit_for_a_terminal(to_text(law));
    if (!answers_size_and_data(*law.form)) continue;
    expect_fit_for_a_terminal(to_text(predict(law, Params(7e9), Tokens(2e12))));
  }
  for (const RuleInfo& code : finding_codes()) {
    expect_fit_for_a_terminal(to_text(code));
  }
}

TEST(Text, EveryPlanFitsEightyColumns) {
  for (const Law& law : published_laws()) {
    if (!answers_size_and_data(*law.form)) continue;
    for (const double flops : {1e15, 1e20, 9.87654321e23, 1e28}) {
      Scenario scenario;
      scenario.flops = Flops(flops);
      scenario.unique_tokens = Tokens(1.234567e11);
      expect_fit_for_a_terminal(to_text(plan(law, scenario)));
    }
  }
}

TEST(Text, PoorDesignsFitEightyColumns) {
  for (const auto& design : {testing::fixed_ratio(),
                             testing::fixed_ratio(1.02),
                             testing::grid(2, 11),
                             testing::grid(11, 2),
                             testing::isoflop_sweep(1, 13, 4),
                             testing::grid(1 + 1, 1 + 1)}) {
    FitOptions options = testing::without_bootstrap();
    const FitResult result = fit(
        testing::observe(design, testing::chinchilla_law(), 0.002), options);
    expect_fit_for_a_terminal(to_text(result));
  }
}

TEST(Text, FitSaysTheVerdictFirst) {
  EXPECT_THAT(to_text(testing::good_fit()), HasSubstr("\nIDENTIFIED "));
  const std::string poor = to_text(testing::poor_fit());
  EXPECT_THAT(poor, HasSubstr("\nNOT IDENTIFIED "));
  EXPECT_THAT(poor, HasSubstr("do not plan on this law"));
  // No coefficients are offered.
  EXPECT_THAT(poor, Not(HasSubstr("alpha  ")));
}

TEST(Text, CheckSaysTheVerdictFirst) {
  EXPECT_THAT(to_text(testing::judge(testing::of_size(530e9, 270e9))),
              StartsWith("DO NOT TRAIN "));
  EXPECT_THAT(to_text(testing::judge(testing::of_size(1e9, 2e10))),
              StartsWith("CLEAN "));
  EXPECT_THAT(to_text(testing::gpt45()), HasSubstr("not known: "));
}

TEST(Text, FindingIsOneLineWithItsCode) {
  const Finding finding{
      "plan.data-wall", Severity::Error, "too\x1b[2J many", "use fewer", {}};
  EXPECT_EQ(to_text(finding),
            "error[plan.data-wall]: too\\x1b[2J many; use fewer\n");
}

TEST(Text, ControlCharactersAreShown) {
  EXPECT_EQ(printable("a\x1b[2J\n\t\x7f\x01z"),
            "a\\x1b[2J\\x0a\\x09\\x7f\\x01z");
  EXPECT_EQ(printable("ünïcode"), "ünïcode");
  // U+009B starts a terminal command as ESC [ does.
  EXPECT_EQ(printable("a\xc2\x9bz"), "a\\xc2\\x9bz");
  FitResult fit = testing::good_fit();
  fit.source = "run\x1b[2J.csv";
  const std::string text = to_text(fit);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("run\\x1b[2J.csv"));
}

TEST(Text, NamesWithControlCharactersAreShownInChecks) {
  Scenario scenario = testing::of_size(1e9, 2e10);
  scenario.name = "my\x1b[31m plan";
  scenario.about = "about\x1b[31m it";
  scenario.unknown = {"what\a"};
  scenario.sources = {{"key\r", "source\x1b"}};
  Law law = published_law("besiroglu2024");
  law.id = "law\x1b";
  expect_fit_for_a_terminal(to_text(check(law, scenario)));
  expect_fit_for_a_terminal(to_text(law));
  expect_fit_for_a_terminal(to_text(std::vector<Law>{law}));
  expect_fit_for_a_terminal(to_text(std::vector<Scenario>{scenario}));
  Scenario budget;
  budget.flops = Flops(1e24);
  expect_fit_for_a_terminal(to_text(plan(law, budget)));
  expect_fit_for_a_terminal(to_text(predict(law, Params(1e9), Tokens(1e10))));
}

TEST(ToText, TablesFitATerminal) {
  std::string text = to_text(published_models());
  text += to_text(published_accelerators());
  for (const Model& model : published_models()) text += to_text(model);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

}  // namespace
}  // namespace isoflop
