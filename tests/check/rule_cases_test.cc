// SPDX-License-Identifier: Apache-2.0
// Every rule of plans and of router loads: a case in which it fires, one in
// which it does not, both sides of its threshold, and one over ranges. A rule
// without a case fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "check/plans.h"
#include "isoflop/check/router.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/laws/repeats.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::fired;
using testing::judge;
using testing::of_size;
using testing::value_of;

constexpr double kBeyond = 1.0 + 1e-6;

/// Thunks: a case is judged when it is looked at.
using Judged = std::function<Check()>;

struct RuleCase {
  const char* code;
  Judged fires;
  Judged is_silent;
  Judged before;  ///< the last point at which the rule is silent
  Judged beyond;  ///< a millionth farther, or one step
  Judged over_ranges;
  bool is_certain = false;  ///< over these ranges the rule always fires

  friend void PrintTo(const RuleCase& one, std::ostream* out) {
    *out << one.code;
  }
};

Check of(const std::function<void(Scenario&)>& set,
         Scenario scenario,
         const CheckOptions& options = {}) {
  set(scenario);
  return judge(scenario, options);
}

/// 175B on 300B, judged by a bound on the waste.
Judged wasting(double of_waste, double params = 175e9, double tokens = 300e9) {
  return [=] {
    const Scenario plan = of_size(params, tokens);
    CheckOptions options;
    options.waste_warning = judge(plan).waste.compute_factor * of_waste;
    options.waste_error = 1e9;
    return judge(plan, options);
  };
}

Judged within(double params_low,
              double params_high,
              double tokens_low,
              double tokens_high) {
  return [=] {
    Scenario scenario;
    scenario.params = Range<Params>(Params(params_low), Params(params_high));
    scenario.tokens = Range<Tokens>(Tokens(tokens_low), Tokens(tokens_high));
    return judge(scenario);
  };
}

/// 7B on so many passes.
Scenario of_epochs(double epochs) {
  Scenario plan = of_size(7e9, 1e12);
  plan.unique_tokens = Tokens(1e12 / epochs);
  return plan;
}

Judged passes(double epochs) {
  return [=] { return judge(of_epochs(epochs)); };
}

Judged passes_between(double low, double high) {
  return [=] {
    Scenario plan = of_size(7e9, 1e12);
    plan.unique_tokens = Range<Tokens>(Tokens(1e12 / high), Tokens(1e12 / low));
    return judge(plan);
  };
}

/// Passes at whose end a repeat is worth a quarter of a new token.
double most_passes() {
  return 1.0 - worn_repeats(published_law("muennighoff2023")) * std::log(0.25);
}

/// 8B on 160B, on a thousand devices.
Scenario on_a_cluster() {
  Scenario scenario = of_size(8e9, 160e9);
  scenario.accelerator = "h100-sxm";
  scenario.count = 1024;
  scenario.mfu = Share(0.4);
  return scenario;
}

Judged on_cluster(const std::function<void(Scenario&)>& set) {
  return [=] { return of(set, on_a_cluster()); };
}

/// Dollars over those of the bill.
Judged for_usd(double low, double high) {
  return on_cluster([=](Scenario& scenario) {
    const Usd bill = *judge(scenario).cost.training->usd;
    scenario.usd = Range<Usd>(bill * low, bill * high);
  });
}

Judged for_days(double low, double high) {
  return on_cluster([=](Scenario& scenario) {
    const Days needed = *judge(scenario).cost.training->days;
    scenario.days = Range<Days>(needed * low, needed * high);
  });
}

/// 405B on few devices.
Judged on_devices(int low, int high) {
  return [=] {
    Scenario scenario = of_size(405e9, 15.6e12);
    scenario.accelerator = "h100-sxm";
    scenario.count = Range<int>(low, high);
    return judge(scenario);
  };
}

/// The fewest devices on which it fits, of powers of two.
int devices_needed() {
  const Check small = on_devices(8, 8)();
  return static_cast<int>(
      value_of(*fired(small, "plan.does-not-fit"), "devices_needed"));
}

Scenario on_a_laptop() {
  Scenario scenario = of_size(7e9, 1e12);
  scenario.device = "laptop";
  scenario.precision_bits = 4;
  return scenario;
}

/// A speed over what the laptop reaches.
Judged at_speed(double low, double high) {
  return [=] {
    Scenario scenario = on_a_laptop();
    const TokensPerSecond most = judge(scenario).cost.device->decode->per_user;
    scenario.min_tokens_per_second =
        Range<TokensPerSecond>(most * low, most * high);
    return judge(scenario);
  };
}

/// A price over what a million tokens cost.
Judged for_price(double low, double high) {
  return [=] {
    Scenario scenario = on_a_cluster();
    scenario.serving_tokens = Tokens(1e12);
    const UsdPerMillionTokens price =
        *judge(scenario).cost.serving->usd_per_million_tokens;
    scenario.max_usd_per_million_tokens =
        Range<UsdPerMillionTokens>(price * low, price * high);
    return judge(scenario);
  };
}

/// A bound on goodput over what a hundred thousand devices keep.
Judged keeping(double note, double warning) {
  return [=] {
    Scenario scenario = on_a_cluster();
    scenario.count = 100000;
    const double kept =
        judge(scenario).cost.training->reliability->goodput.value();
    CheckOptions options;
    options.goodput_note = note * kept;
    options.goodput_warning = warning * kept;
    return judge(scenario, options);
  };
}

Judged on_device_without_mfu(std::optional<Range<Share>> mfu,
                             std::optional<Range<UsdPerHour>> rent = {}) {
  return [=] {
    Scenario scenario = of_size(8e9, 160e9);
    scenario.accelerator = "h20";
    scenario.mfu = mfu;
    scenario.usd_per_hour = rent;
    return judge(scenario);
  };
}

Judged beyond_runs(double params_over_largest) {
  return [=] {
    const Interval sizes = *published_law("besiroglu2024").range.params;
    return judge(of_size(sizes.high * params_over_largest, 1e10));
  };
}

/// Distinct tokens over those that 70B parameters can hold.
Judged holding(double low, double high) {
  return [=] {
    const double bits =
        irreducible_loss(published_law("besiroglu2024")).value() /
        std::numbers::ln2;
    const Tokens held(70e9 * 3.6 / bits);
    Scenario plan = of_size(70e9, 1.4e12);
    plan.unique_tokens = Range<Tokens>(held * low, held * high);
    return judge(plan);
  };
}

/// 100B parameters for eight passes over 250B tokens, a 70B writer.
Judged written(double low, double high) {
  return [=] {
    Scenario plan = of_size(100e9, 2e12);
    plan.unique_tokens = Tokens(250e9);
    plan.generator_params = Params(70e9);
    plan.acceptance = Share(1e-3);
    const Finding dear = *fired(judge(plan), "data.synthetic-unprofitable");
    const double turning = 1e-3 * value_of(dear, "flops_per_token") /
                           value_of(dear, "worth_flops");
    plan.acceptance = Range<Share>(Share(turning * low), Share(turning * high));
    return judge(plan);
  };
}

std::vector<RuleCase> rule_cases() {
  const double most = most_passes();
  const int devices = devices_needed();
  return {{"plan.overparameterized",
           wasting(0.5),
           [] { return judge(of_size(70e9, 1.4e12)); },
           wasting(kBeyond),
           wasting(1.0),
           within(1e11, 1e12, 1e12, 4e12)},
          {"plan.overtrained",
           wasting(0.5, 6.7e9, 1e12),
           [] { return judge(of_size(70e9, 1.4e12)); },
           wasting(kBeyond, 6.7e9, 1e12),
           wasting(1.0, 6.7e9, 1e12),
           within(5e9, 5e10, 5e11, 2e12)},
          {"plan.dominated",
           wasting(0.5),
           [] { return judge(of_size(70e9, 1.4e12)); },
           wasting(kBeyond),
           wasting(1.0),
           within(1e11, 1e12, 1e12, 4e12)},
          {"plan.data-wall",
           passes(8.0),
           passes(1.0),
           passes(4.0),
           passes(4.0 * kBeyond),
           passes_between(2.0, 8.0)},
          {"plan.diminishing-repeats",
           passes(60.0),
           passes(4.0),
           passes(most),
           passes(most * kBeyond),
           passes_between(most / 2.0, most * 2.0)},
          {"plan.memorizes",
           holding(0.5, 0.5),
           holding(2.0, 2.0),
           holding(kBeyond, kBeyond),
           holding(1.0 / kBeyond, 1.0 / kBeyond),
           holding(0.5, 2.0)},
          {"plan.outside-law",
           beyond_runs(2.0),
           beyond_runs(0.5),
           beyond_runs(1.0),
           beyond_runs(kBeyond),
           within(8e9, 32e9, 1e10, 1.01e10)},
          {"plan.over-budget",
           for_usd(0.5, 0.5),
           for_usd(2.0, 2.0),
           for_usd(1.0, 1.0),
           for_usd(1.0 / kBeyond, 1.0 / kBeyond),
           for_usd(0.5, 2.0)},
          {"plan.not-on-time",
           for_days(0.5, 0.5),
           for_days(2.0, 2.0),
           for_days(1.0, 1.0),
           for_days(1.0 / kBeyond, 1.0 / kBeyond),
           for_days(0.5, 2.0)},
          {"plan.does-not-fit",
           on_devices(8, 8),
           on_devices(16384, 16384),
           on_devices(devices, devices),
           on_devices(devices / 2, devices / 2),
           on_devices(devices / 4, devices * 4)},
          {"plan.too-slow",
           at_speed(2.0, 2.0),
           at_speed(0.5, 0.5),
           at_speed(1.0, 1.0),
           at_speed(kBeyond, kBeyond),
           at_speed(0.5, 2.0)},
          {"plan.too-expensive",
           for_price(0.5, 0.5),
           for_price(2.0, 2.0),
           for_price(1.0, 1.0),
           for_price(1.0 / kBeyond, 1.0 / kBeyond),
           for_price(0.5, 2.0)},
          {"plan.fragile-run",
           keeping(1.2, 0.5),
           on_cluster([](Scenario&) {}),
           keeping(1.0, 1.0),
           keeping(kBeyond, 1.0),
           on_cluster([](Scenario& scenario) {
             scenario.count = Range<int>(10000, 100000);
           })},
          {"plan.assumed-mfu",
           on_device_without_mfu({}),
           on_device_without_mfu(Range<Share>(Share(0.4))),
           // There is no number to cross: a range of the MFU is known as well.
           on_device_without_mfu(Range<Share>(Share(0.34), Share(0.52))),
           on_device_without_mfu({}),
           on_device_without_mfu(
               {}, Range<UsdPerHour>(UsdPerHour(1.0), UsdPerHour(2.0))),
           true},
          {"data.synthetic-unprofitable",
           written(0.5, 0.5),
           written(2.0, 2.0),
           written(kBeyond, kBeyond),
           written(1.0 / kBeyond, 1.0 / kBeyond),
           written(0.5, 2.0)}};
}

class RuleOfPlans : public ::testing::TestWithParam<RuleCase> {};

TEST_P(RuleOfPlans, Fires) {
  EXPECT_NE(fired(GetParam().fires(), GetParam().code), nullptr);
}

TEST_P(RuleOfPlans, IsSilent) {
  EXPECT_EQ(fired(GetParam().is_silent(), GetParam().code), nullptr);
}

TEST_P(RuleOfPlans, TurnsAtItsThreshold) {
  EXPECT_EQ(fired(GetParam().before(), GetParam().code), nullptr);
  EXPECT_NE(fired(GetParam().beyond(), GetParam().code), nullptr);
}

TEST_P(RuleOfPlans, HasAChanceOverRanges) {
  const Check checked = GetParam().over_ranges();
  const Finding* finding = fired(checked, GetParam().code);
  ASSERT_NE(finding, nullptr);
  const double chance = value_of(*finding, "probability");
  if (GetParam().is_certain) {
    EXPECT_EQ(chance, 1.0);
    return;
  }
  EXPECT_GT(chance, 0.05);
  EXPECT_LT(chance, 1.0);
  const bool has_decider = std::any_of(
      checked.deciders.begin(), checked.deciders.end(), [](const auto& entry) {
        return entry.code == GetParam().code && entry.variance_share > 0.0;
      });
  EXPECT_TRUE(has_decider);
}

INSTANTIATE_TEST_SUITE_P(AllRules,
                         RuleOfPlans,
                         ::testing::ValuesIn(rule_cases()),
                         [](const auto& entry) {
                           std::string name(entry.param.code);
                           for (char& c : name) {
                             if (c == '.' || c == '-') c = '_';
                           }
                           return name;
                         });

// Loads are counts: there are no ranges of them.

struct RouterCase {
  const char* code;
  std::vector<double> fires;
  std::vector<double> is_silent;
  std::vector<double> before;
  std::vector<double> beyond;
};

std::vector<RouterCase> router_cases() {
  return {{"moe.dead-experts",
           {0, 500, 500, 500},
           {100, 100, 100, 100},
           // A tenth of the even load: 39 of 1560 / 4.
           {39, 507, 507, 507},
           {38, 507, 507, 508}},
          {"moe.imbalanced",
           {70, 10, 10, 10},
           {100, 100, 100, 100},
           {199, 67, 67, 67},
           {200, 67, 67, 66}}};
}

TEST(RuleOfRouters, FiresAndTurnsAtItsThreshold) {
  const auto fires = [](const RouterCase& one,
                        const std::vector<double>& tokens) {
    const Eigen::MatrixXd load =
        Eigen::Map<const Eigen::RowVectorXd>(tokens.data(), 4);
    return find(check_router(router_load(load)).findings, one.code) != nullptr;
  };
  for (const RouterCase& one : router_cases()) {
    SCOPED_TRACE(one.code);
    EXPECT_TRUE(fires(one, one.fires));
    EXPECT_FALSE(fires(one, one.is_silent));
    EXPECT_FALSE(fires(one, one.before));
    EXPECT_TRUE(fires(one, one.beyond));
  }
}

TEST(RuleCases, ThereIsOneForEachRule) {
  std::multiset<std::string> cases;
  for (const RuleCase& one : rule_cases()) {
    cases.insert(one.code);
    for (const Judged* judged : {&one.fires,
                                 &one.is_silent,
                                 &one.before,
                                 &one.beyond,
                                 &one.over_ranges}) {
      EXPECT_TRUE(*judged) << one.code;
    }
  }
  for (const RouterCase& one : router_cases()) cases.insert(one.code);
  std::multiset<std::string> rules;
  for (const RuleInfo& rule : check_rules()) rules.emplace(rule.code);
  EXPECT_EQ(cases, rules);
}

}  // namespace
}  // namespace isoflop
