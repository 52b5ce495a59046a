// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/base/random.h"
#include "isoflop/laws/optimum.h"
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

/// A scenario, and its numbers for a reckoning of our own.
struct Case {
  Scenario scenario;
  double flops = 0.0;
  double unique = HUGE_VAL;  ///< distinct tokens
  double epochs = 4.0;
  double usd = HUGE_VAL;
  double days = HUGE_VAL;
  double count = 0.0;  ///< 0: open
  double served_speed = 0.0;

  double most_tokens() const { return unique * epochs; }
};

// What an H100 SXM is said to be: 989.4 TFLOP/s in bf16, 3.35 TB/s, 80 GB; the
// numbers of the cases, not of the library's table.
constexpr double kPeak = 989.4e12;
constexpr double kBandwidth = 3.35e12;
constexpr double kMemory = 80e9;
constexpr double kMfu = 0.4;
constexpr double kRent = 2.5;

Case random_case(Draw& draw) {
  Case made;
  Scenario& scenario = made.scenario;
  made.flops = draw.between(1e19, 1e27);
  scenario.flops = Flops(made.flops);
  if (draw.coin()) {
    made.unique = draw.between(1e9, 1e14);
    made.epochs = draw.between(1, 8);
    scenario.unique_tokens = Tokens(made.unique);
    scenario.max_epochs = made.epochs;
  }
  if (draw.coin()) {
    made.usd = draw.between(1e3, 1e9);
    scenario.accelerator = "h100-sxm";
    scenario.mfu = Share(kMfu);
    scenario.usd_per_hour = UsdPerHour(kRent);
    scenario.usd = Usd(made.usd);
    if (draw.coin()) {
      made.count = std::floor(draw.between(1, 30000));
      made.days = draw.between(1, 300);
      scenario.count = static_cast<int>(made.count);
      scenario.days = Days(made.days);
    }
  }
  return made;
}

/// Share of the paid time that trains, at the rates of Llama 3 405B
/// (arXiv:2407.21783): a checkpoint of 30 s, a restart of 5 min, a failure in
/// 50,677 device-hours (419 in 54 days of 16,384). A segment of t seconds with exponential failures takes
/// M exp(R / M) (exp(t / M) - 1) on average (Daly 2006, equation 13).
double kept(double devices) {
  if (devices == 0.0) return 1.0;
  const double mean = 54.0 * 24 * 16384 / 419 * 3600.0 / devices;
  const double interval = std::max(std::sqrt(2.0 * 30.0 * mean), 30.0);
  return interval /
         (mean * std::exp(300.0 / mean) *
          (std::exp((interval + 30.0) / mean) - 1.0));
}

/// FLOP that the tightest budget of a case pays for.
double paid_flops(const Case& made) {
  double flops = made.flops;
  const double a_hour = 3600.0 * kPeak * kMfu * kept(made.count);
  if (std::isfinite(made.usd)) {
    flops = std::min(flops, made.usd / kRent * a_hour);
  }
  if (std::isfinite(made.days)) {
    flops = std::min(flops, 24.0 * made.days * made.count * a_hour);
  }
  return flops;
}

/// What the repeats of the unique tokens are worth (Muennighoff et al. 2023,
/// arXiv:2305.16264, equation 5, R_D* = 15.387756) by E + A/N^a + B/D^b.
double loss_of(const Eigen::VectorXd& c, const Case& made, double n, double d) {
  constexpr double kWorn = 15.387756;
  double worth = d;
  if (d > made.unique) {
    worth = made.unique +
            made.unique * kWorn *
                (1.0 - std::exp(-(d / made.unique - 1.0) / kWorn));
  }
  return c[0] + c[1] * std::pow(n, -c[3]) + c[2] * std::pow(worth, -c[4]);
}

TEST(Frontier, NoSampledFeasibleRunIsBetter) {
  const Law laws[] = {bare("besiroglu2024"), bare("hoffmann2022")};
  int bound_by_money = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    Draw draw(i);
    const Law& law = laws[i % 2];
    const Case made = random_case(draw);
    const double budget = paid_flops(made);
    if (!(budget > 1e15)) continue;  // failures leave no time
    const Plan plan = plan_point(law, made.scenario);
    ASSERT_TRUE(plan.is_answered);
    const double n = plan.run.params.value();
    const double d = plan.run.tokens.value();
    // Every bound, by formulas of our own.
    EXPECT_LE(6 * n * d, budget * (1 + 1e-9)) << i;
    EXPECT_LE(d, made.most_tokens() * (1 + 1e-9)) << i;
    const double hours = 6 * n * d / (3600.0 * kPeak * kMfu);
    const double paid = hours / kept(made.count);
    EXPECT_LE(paid * kRent, made.usd * (1 + 1e-9)) << i;
    if (made.count > 0.0) {
      EXPECT_LE(paid / made.count / 24.0, made.days * (1 + 1e-9)) << i;
    }
    if (plan.cost.training) {
      EXPECT_NEAR(plan.cost.training->usd->value(), paid * kRent,
                  1e-9 * paid * kRent);
    }
    bound_by_money += plan.binding == "budget.usd" ? 1 : 0;
    const double loss = loss_of(law.coefficients, made, n, d);
    EXPECT_NEAR(plan.run.loss.value(), loss, 1e-6 * loss) << i;
    for (int sample = 0; sample < 10; ++sample) {
      const double other = n * draw.between(0.02, 50);
      const double tokens =
          std::min(budget / (6 * other), made.most_tokens());
      EXPECT_GE(loss_of(law.coefficients, made, other, tokens),
                loss * (1 - 1e-9))
          << i;
    }
  }
  EXPECT_GT(bound_by_money, 500);
}

TEST(Frontier, ClosedFormAndSearchAgree) {
  const Law law = bare("besiroglu2024");
  for (std::uint64_t i = 0; i < 1000; ++i) {
    Draw draw(i);
    const Case made = random_case(draw);
    const double budget = paid_flops(made);
    if (!(budget > 1e15)) continue;
    const Plan plan = plan_point(law, made.scenario);
    if (std::isfinite(made.unique)) continue;
    const Eigen::VectorXd& c = law.coefficients;
    const double a = c[3];
    const double b = c[4];
    const double g = std::pow(a * c[1] / (b * c[2]), 1.0 / (a + b));
    const double n = g * std::pow(budget / 6.0, b / (a + b));
    EXPECT_NEAR(plan.run.params.value() / n, 1.0, 1e-9);
    EXPECT_NEAR(optimum_by_search(law, plan.run.flops).params.value() / n,
                1.0,
                1e-6);
  }
}

/// Speed of one user alone on eight devices, at the bound of memory: weights
/// in 16 bits and a cache of 4096 tokens, of the shape that the bill has.
TEST(Frontier, ServedPlansKeepTheSpeedByOurOwnReckoning) {
  const Law law = bare("besiroglu2024");
  int bound = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Draw draw(i);
    Case made = random_case(draw);
    made.served_speed = draw.between(20, 300);
    if (!(paid_flops(made) > 1e15)) continue;
    made.scenario.serving_accelerator = "h100-sxm";
    made.scenario.min_tokens_per_second = TokensPerSecond(made.served_speed);
    const Plan plan = plan_point(law, made.scenario);
    ASSERT_TRUE(plan.is_answered);
    const double n = plan.run.params.value();
    const double d = plan.run.tokens.value();
    // No user is faster than the weights are read by all eight devices.
    const double most = 8 * kBandwidth / (2.0 * 0.8 * n);
    EXPECT_LE(made.served_speed, most * (1 + 1e-9)) << i;
    EXPECT_LE(2.0 * n, 8 * kMemory) << i;
    const Decode& decode = *plan.cost.serving->decode;
    EXPECT_LE(decode.devices, 8);
    EXPECT_GE(decode.per_user.value(), made.served_speed * (1 - 1e-9)) << i;
    EXPECT_LE(decode.memory.value(), kMemory * (1 + 1e-9)) << i;
    bound += plan.binding.starts_with("serving") ? 1 : 0;
    const double budget = paid_flops(made);
    const double loss = loss_of(law.coefficients, made, n, d);
    for (int sample = 0; sample < 10; ++sample) {
      const double other = n * draw.between(0.02, 1);
      const double tokens =
          std::min(budget / (6 * other), made.most_tokens());
      EXPECT_GE(loss_of(law.coefficients, made, other, tokens),
                loss * (1 - 1e-9))
          << i;
    }
  }
  EXPECT_GT(bound, 20);
}

TEST(Frontier, MoreBudgetIsNeverWorse) {
  const Law law = bare("besiroglu2024");
  for (std::uint64_t i = 0; i < 3000; ++i) {
    Draw draw(i);
    const Case made = random_case(draw);
    if (!(paid_flops(made) > 1e15)) continue;
    Scenario scenario = made.scenario;
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
