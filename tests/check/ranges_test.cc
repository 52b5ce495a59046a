// SPDX-License-Identifier: Apache-2.0
// Any quantity of a scenario as a range, and findings that are accepted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "check/plans.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::fired;
using ::testing::HasSubstr;
using testing::judge;
using testing::kRounding;
using testing::message_of;
using testing::near_rel;
using testing::of_size;
using testing::value_of;

/// A third of an hour to a few years of 1024 devices.
Scenario on_a_cluster() {
  Scenario scenario = of_size(8e9, 160e9);
  scenario.accelerator = "h100-sxm";
  scenario.count = 1024;
  scenario.mfu = Share(0.4);
  return scenario;
}

double chance_of(const Scenario& scenario, const char* code) {
  const Check checked = judge(scenario);
  const Finding* finding = fired(checked, code);
  return finding == nullptr ? 0.0 : value_of(*finding, "probability");
}

TEST(Ranges, BudgetIsMissedByTheShareOfItBelowTheBill) {
  Scenario scenario = on_a_cluster();
  const double usd = judge(scenario).cost.training->usd->value();
  // The logarithm of the budget is uniform over a factor of 16, and the bill
  // lies a quarter, a half, three quarters up.
  for (const double below : {0.25, 0.5, 0.75}) {
    const double low = usd * std::pow(16.0, -below);
    scenario.usd = Range<Usd>(Usd(low), Usd(16.0 * low));
    // Four standard deviations of a share of 2000.
    EXPECT_NEAR(chance_of(scenario, "plan.over-budget"), below, 0.045);
  }
}

TEST(Ranges, SeverityFollowsTheChance) {
  Scenario scenario = on_a_cluster();
  const double usd = judge(scenario).cost.training->usd->value();
  const auto severity = [&](double below) -> std::optional<Severity> {
    const double low = usd * std::pow(16.0, -below);
    scenario.usd = Range<Usd>(Usd(low), Usd(16.0 * low));
    const Check checked = judge(scenario);
    const Finding* finding = fired(checked, "plan.over-budget");
    if (finding == nullptr) return std::nullopt;
    return finding->severity;
  };
  EXPECT_EQ(severity(0.7), Severity::Error);
  EXPECT_EQ(severity(0.35), Severity::Warning);
  EXPECT_EQ(severity(0.12), Severity::Note);
  EXPECT_EQ(severity(0.01), std::nullopt);
}

TEST(Ranges, DeciderOfAFindingIsTheWidestAndHasTheBillForThreshold) {
  Scenario scenario = on_a_cluster();
  const double usd = judge(scenario).cost.training->usd->value();
  scenario.usd = Range<Usd>(Usd(usd / 4.0), Usd(usd * 4.0));
  scenario.usd_per_hour = Range<UsdPerHour>(UsdPerHour(1.99), UsdPerHour(2.01));
  const Check checked = judge(scenario);
  const auto found = std::find_if(
      checked.deciders.begin(),
      checked.deciders.end(),
      [](const Decider& entry) { return entry.code == "plan.over-budget"; });
  ASSERT_NE(found, checked.deciders.end());
  EXPECT_EQ(found->quantity, "usd");
  EXPECT_GT(found->variance_share, 0.7);
  Scenario middle = scenario;
  middle.usd.reset();
  middle = at_middle(middle);
  EXPECT_THAT(found->threshold.value(),
              near_rel(judge(middle).cost.training->usd->value(), {1e-9}));
  EXPECT_THAT(fired(checked, "plan.over-budget")->message,
              HasSubstr("decided by usd"));
}

TEST(Ranges, AnyQuantityOfACluster) {
  const auto changed = [](auto set) {
    Scenario scenario = on_a_cluster();
    scenario.days = Days(12.0);
    scenario.usd = Usd(1e5);
    scenario.serving_tokens = Tokens(1e12);
    scenario.min_tokens_per_second = TokensPerSecond(100.0);
    scenario.max_usd_per_million_tokens = UsdPerMillionTokens(0.2);
    set(scenario);
    return judge(scenario);
  };
  using R = Scenario;
  EXPECT_NE(
      fired(changed([](R& s) { s.days = Range<Days>(Days(0.05), Days(0.15)); }),
            "plan.not-on-time"),
      nullptr);
  EXPECT_NE(fired(changed([](R& s) { s.count = Range<int>(8, 16); }),
                  "plan.not-on-time"),
            nullptr);
  EXPECT_NE(fired(changed([](R& s) {
                    s.mfu = Range<Share>(Share(0.001), Share(0.005));
                  }),
                  "plan.not-on-time"),
            nullptr);
  EXPECT_NE(fired(changed([](R& s) {
                    s.usd_per_hour =
                        Range<UsdPerHour>(UsdPerHour(50.0), UsdPerHour(90.0));
                  }),
                  "plan.over-budget"),
            nullptr);
  EXPECT_NE(fired(changed([](R& s) {
                    s.min_tokens_per_second = Range<TokensPerSecond>(
                        TokensPerSecond(1e4), TokensPerSecond(1e5));
                  }),
                  "plan.too-slow"),
            nullptr);
  EXPECT_NE(fired(changed([](R& s) {
                    s.max_usd_per_million_tokens = Range<UsdPerMillionTokens>(
                        UsdPerMillionTokens(1e-4), UsdPerMillionTokens(1e-3));
                  }),
                  "plan.too-expensive"),
            nullptr);
  EXPECT_NE(fired(changed([](R& s) {
                    s.device_hours_per_failure = Range<DeviceHours>(
                        DeviceHours(500.0), DeviceHours(1000.0));
                  }),
                  "plan.fragile-run"),
            nullptr);
}

TEST(Ranges, EpochsAreARangeToo) {
  Scenario scenario = of_size(70e9, 1.4e12);
  scenario.unique_tokens = Tokens(1.4e12 / 4.0);
  scenario.max_epochs = Range<double>(2.0, 8.0);
  // 4 passes are too many where fewer are useful: half of the logarithm.
  EXPECT_NEAR(chance_of(scenario, "plan.data-wall"), 0.5, 0.045);
}

TEST(Ranges, BudgetsThatPayForTheRunSpreadIt) {
  Scenario scenario = on_a_cluster();
  scenario.tokens.reset();
  scenario.usd = Range<Usd>(Usd(1e5), Usd(1e7));
  const Check checked = judge(scenario);
  EXPECT_FALSE(checked.flops.is_exact());
  EXPECT_THAT(checked.tokens.high / checked.tokens.low,
              near_rel(checked.flops.high / checked.flops.low, {1e-9}));
  EXPECT_GT(checked.flops.high / checked.flops.low, 90.0);
  EXPECT_LE(checked.flops.high / checked.flops.low, 100.0);
}

TEST(Ranges, PlanRefusesEachByName) {
  const Law law = published_law("besiroglu2024");
  Scenario scenario = on_a_cluster();
  scenario.usd_per_hour = Range<UsdPerHour>(UsdPerHour(1.0), UsdPerHour(2.0));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { plan(law, scenario); }),
              HasSubstr("usd_per_hour is a range"));
  scenario = on_a_cluster();
  scenario.count = Range<int>(8, 16);
  EXPECT_THAT(message_of<std::invalid_argument>([&] { plan(law, scenario); }),
              HasSubstr("count is a range"));
}

TEST(Ranges, ResultIsTheSameForAnyNumberOfThreads) {
  Scenario scenario = on_a_cluster();
  scenario.usd = Range<Usd>(Usd(1e5), Usd(1e7));
  CheckOptions options;
  options.threads = 1;
  const std::string one = to_json(judge(scenario, options));
  options.threads = 3;
  EXPECT_EQ(to_json(judge(scenario, options)), one);
}

TEST(CheckMany, IsCheckOfEach) {
  std::vector<Scenario> scenarios = {
      of_size(530e9, 270e9), published_scenario("gpt-4.5"), of_size(7e9, 1e12)};
  const Law law = published_law("besiroglu2024");
  const std::vector<Check> all = check_many(law, scenarios);
  ASSERT_EQ(all.size(), scenarios.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(to_json(all[i]), to_json(check(law, scenarios[i])));
  }
  scenarios[1] = Scenario{};
  EXPECT_THAT(
      message_of<std::invalid_argument>([&] { check_many(law, scenarios); }),
      HasSubstr("scenario 2: check: needs two of"));
}

// Accepted findings.

class AcceptFile : public ::testing::Test {
 protected:
  Scenario read(const std::string& text) {
    const auto path =
        std::filesystem::path(::testing::TempDir()) / "accept_test.toml";
    std::ofstream(path) << text;
    return read_scenario(path.string());
  }
  const std::string plan_ =
      "[model]\nparams = \"7B\"\n[data]\ntokens = \"1T\"\n";
};

TEST_F(AcceptFile, ReasonStaysInTheReport) {
  const Check checked = judge(
      read(plan_ +
           "[check]\naccept = {\"plan.overtrained\" = \"served at 10T\"}\n"));
  ASSERT_EQ(checked.accepted.size(), 1u);
  EXPECT_EQ(checked.accepted[0].code, "plan.overtrained");
  EXPECT_EQ(checked.accepted[0].reason, "served at 10T");
  EXPECT_NE(fired(checked, "plan.overtrained"), nullptr);
  EXPECT_THAT(to_text(checked),
              HasSubstr("accepted  plan.overtrained: served at 10T\n"));
  EXPECT_THAT(to_json(checked), HasSubstr("\"reason\": \"served at 10T\""));
}

TEST_F(AcceptFile, ListHasNoReasons) {
  const Check checked =
      judge(read(plan_ + "[check]\naccept = [\"plan.overtrained\"]\n"));
  ASSERT_EQ(checked.accepted.size(), 1u);
  EXPECT_EQ(checked.accepted[0].reason, "");
  EXPECT_THAT(to_text(checked), HasSubstr("accepted  plan.overtrained\n"));
}

TEST_F(AcceptFile, UnknownCodeIsRefusedWhereItStands) {
  const Scenario scenario =
      read(plan_ + "[check]\naccept = {\"plan.over-trained\" = \"why\"}\n");
  const std::string message = message_of<DataError>([&] { judge(scenario); });
  EXPECT_THAT(message, HasSubstr("accept_test.toml:6:"));
  EXPECT_THAT(message, HasSubstr("did you mean 'plan.overtrained'"));
}

TEST_F(AcceptFile, ShapeIsRefusedWhereItStands) {
  EXPECT_THAT(
      message_of<DataError>([&] { read(plan_ + "[check]\naccept = 3\n"); }),
      HasSubstr("accept_test.toml:6:10: check.accept must be a list"));
  EXPECT_THAT(message_of<DataError>(
                  [&] { read(plan_ + "[check]\naccept = {a = 1}\n"); }),
              HasSubstr("must be a text"));
  EXPECT_THAT(
      message_of<DataError>([&] { read(plan_ + "[check]\nallow = []\n"); }),
      HasSubstr("unknown key 'check.allow'"));
}

TEST(Accept, OptionTakesAReasonToo) {
  CheckOptions options;
  options.accept = {"plan.overtrained=served at 10T"};
  const Check checked = judge(of_size(7e9, 1e12), options);
  ASSERT_EQ(checked.accepted.size(), 1u);
  EXPECT_EQ(checked.accepted[0].reason, "served at 10T");
}

TEST(Samples, ThatNoRunCanMeetAreCountedAndSaid) {
  // Losses from within the reach of 3B parameters, 2.18 by the law's point, to
  // below it: ln loss is drawn evenly.
  Law law = published_law("besiroglu2024");
  law.draws.resize(0, law.draws.cols());
  Scenario scenario;
  scenario.max_params = Params(3e9);
  const auto c = law.named_coefficients();
  const double least = c.at("E") + c.at("A") * std::pow(3e9, -c.at("alpha"));
  const double low = 0.95 * least;
  const double high = 1.20 * least;
  scenario.target_loss = Range<Nats>(Nats(low), Nats(high));
  const Check checked = check(law, scenario);
  const double share = std::log(least / low) / std::log(high / low);
  const double drawn = checked.samples.drawn;
  EXPECT_EQ(checked.samples.drawn, CheckOptions().samples);
  EXPECT_EQ(checked.samples.without_optimum, 0);
  // Four standard deviations of a binomial share.
  EXPECT_NEAR(checked.samples.without_run / drawn,
              share,
              4.0 * std::sqrt(share * (1.0 - share) / drawn));
  const std::string count = std::to_string(checked.samples.without_run);
  EXPECT_THAT(
      to_text(checked),
      HasSubstr("of 2000 samples are left out: " + count + " in which no run"));
  EXPECT_THAT(to_json(checked), HasSubstr("\"without_run\": " + count));
}

TEST(Samples, AllHaveASayOfAPlanThatIsGiven) {
  const Check exact = judge(of_size(7e9, 1e12));
  EXPECT_EQ(exact.samples.drawn, 500);  // draws of the law
  EXPECT_EQ(exact.samples.without_run + exact.samples.without_optimum, 0);
  EXPECT_THAT(to_text(exact), ::testing::Not(HasSubstr("left out")));
}

}  // namespace
}  // namespace isoflop
