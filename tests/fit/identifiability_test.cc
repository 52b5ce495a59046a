// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/identifiability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fit/design.h"
#include "fit/designs.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::chinchilla_law;
using testing::DesignPoints;
using testing::fixed_ratio;
using testing::grid;
using ::testing::HasSubstr;
using testing::isoflop_sweep;
using testing::observe;
using testing::spread;

/// Losses of repeated runs scatter by about this much.
constexpr double kNoise = 0.002;

struct Design {
  const char* name;
  DesignPoints points;
  std::vector<const char*> words;  ///< what must be said

  friend void PrintTo(const Design& design, std::ostream* out) {
    *out << design.name;
  }
};

FitOptions few_refits() {
  FitOptions options = testing::without_bootstrap();
  options.bootstrap = 20;
  return options;
}

std::string name_of(const ::testing::TestParamInfo<Design>& entry) {
  return entry.param.name;
}

class PoorDesign : public ::testing::TestWithParam<Design> {};

DesignPoints line(int count,
                  double params_low,
                  double params_high,
                  double tokens_low,
                  double tokens_high) {
  DesignPoints design;
  for (int i = 0; i < count; ++i) {
    design.add(spread(params_low, params_high, i, count),
               spread(tokens_low, tokens_high, i, count));
  }
  return design;
}

DesignPoints repeated(int count) {
  DesignPoints design;
  for (int i = 0; i < count; ++i) design.add(1e8, 2e9);
  return design;
}

TEST_P(PoorDesign, IsNotOfferedAsALawAndSaysWhy) {
  for (const double noise : {0.0, kNoise, 0.01}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE("noise " + std::to_string(noise) + ", seed " +
                   std::to_string(seed));
      const FitResult result =
          fit(observe(GetParam().points, chinchilla_law(), noise, seed),
              few_refits());
      const Identifiability& found = result.identifiability;
      EXPECT_FALSE(result.is_identified());
      EXPECT_EQ(worst(result.findings), Severity::Error);
      EXPECT_EQ(to_string(result.law.status), to_string(found.status));
      const bool weak = found.status == IdentifiabilityStatus::Weak;
      const Finding* finding =
          find(result.findings, weak ? "fit.weak" : "fit.not-identified");
      ASSERT_NE(finding, nullptr);
      for (const char* words : GetParam().words) {
        EXPECT_THAT(finding->message, HasSubstr(words));
      }
      EXPECT_FALSE(found.reasons.empty());
      EXPECT_FALSE(found.free_combinations.empty());
      EXPECT_FALSE(found.still_known.empty());
      // Where there is no single optimum to reach that is no error of its own.
      const Finding* stopped = find(result.findings, "fit.not-converged");
      EXPECT_TRUE(stopped == nullptr || stopped->severity == Severity::Warning);
      if (!weak) {
        EXPECT_TRUE(result.optimum.empty());
        EXPECT_TRUE(result.intervals.empty());
        EXPECT_EQ(result.law.draws.rows(), 0);
      }
    }
  }
}

TEST_P(PoorDesign, SuggestedRunsMendIt) {
  const Runs runs = observe(GetParam().points, chinchilla_law(), kNoise);
  const FitResult result = fit(runs, few_refits());
  if (GetParam().points.runs.size() < 5) {
    return;  // nearly a whole design is wanting, which is not spelt out
  }
  if (GetParam().name == std::string("SixDuplicates")) return;
  ASSERT_FALSE(result.identifiability.suggested_runs.empty());
  DesignPoints mended = GetParam().points;
  const double largest = runs.flops.maxCoeff();
  for (const SuggestedRun& run : result.identifiability.suggested_runs) {
    EXPECT_LE(train_flops(run.params, run.tokens).value(), 1.01 * largest);
    mended.add(run.params.value(), run.tokens.value());
  }
  // The advice is for typical coefficients and this noise; a fit of so few
  // runs may still end elsewhere, so most seeds must succeed.
  int identified = 0;
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    identified += fit(observe(mended, chinchilla_law(), kNoise, seed),
                      testing::without_bootstrap())
                      .is_identified();
  }
  EXPECT_GE(identified, 5) << "of 9, after "
                           << result.identifiability.suggested_runs.size()
                           << " more runs";
}

INSTANTIATE_TEST_SUITE_P(
    Designs,
    PoorDesign,
    ::testing::Values(
        Design{"FixedRatio",
               fixed_ratio(),
               {"alpha and beta",
                "cannot be separated",
                "tokens/params is 20 in all runs"}},
        Design{
            "NearlyFixedRatio",
            fixed_ratio(1.02),
            {"alpha and beta", "cannot be separated", "within", "in all runs"}},
        Design{"OneSize",
               line(13, 1e9, 1e9, 1e9, 1e12),
               {"A and alpha", "params is 1B in all runs"}},
        Design{"OneAmountOfData",
               line(13, 1e7, 1e10, 2e10, 2e10),
               {"B and beta", "tokens is 20B in all runs"}},
        Design{"TwoSizes", grid(2, 11), {"A and alpha", "2 sizes"}},
        Design{"TwoAmountsOfData", grid(11, 2), {"B and beta", "2 amounts"}},
        Design{"TwoPoints",
               line(2, 1e8, 1e9, 2e9, 2e10),
               {"2 distinct runs for 5 coefficients"}},
        Design{"SixDuplicates",
               repeated(6),
               {"1 distinct run", "same params and tokens"}},
        Design{"OneBudget",
               isoflop_sweep(1, 13, 4),
               {"compute in FLOP is 1e20 in all runs"}},
        Design{"OneBudgetWide",
               isoflop_sweep(1, 13, 8),
               {"compute in FLOP is 1e20 in all runs"}},
        Design{"OneRun", repeated(1), {"1 distinct run"}},
        Design{"FivePoints", line(5, 1e7, 1e10, 1e9, 3e9), {}},
        Design{"RatioWithJitter", fixed_ratio(2.0), {"which so few"}}),
    name_of);

class GoodDesign : public ::testing::TestWithParam<Design> {};

TEST_P(GoodDesign, IsIdentified) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const FitResult result =
        fit(observe(GetParam().points, chinchilla_law(), kNoise, seed),
            testing::without_bootstrap());
    std::string reasons;
    for (const auto& reason : result.identifiability.reasons) {
      reasons += reason + "; ";
    }
    EXPECT_TRUE(result.is_identified())
        << "seed " << seed << ": condition " << result.identifiability.condition
        << ": " << reasons;
    EXPECT_TRUE(result.identifiability.reasons.empty());
    EXPECT_EQ(result.identifiability.rank, 5);
    EXPECT_TRUE(result.search.converged);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Designs,
    GoodDesign,
    ::testing::Values(Design{"Grid", grid(14, 11), {}},
                      Design{"IsoflopSevenBudgets", isoflop_sweep(7, 9, 4), {}},
                      Design{"IsoflopThreeBudgets", isoflop_sweep(3, 5, 2), {}},
                      Design{"ThreeByThree", grid(3, 3), {}}),
    name_of);

TEST(Identify, ConditionAndRankOfTheDesignTable) {
  // Ranks and conditions of bad-input design tables at the truth: a good
  // grid has a condition near 166, a fixed ratio at least a hundred times it.
  const Law law = chinchilla_law();
  const Eigen::VectorXd theta =
      law.form->theta_from_coefficients(law.coefficients);
  const auto judged = [&](const DesignPoints& points) {
    return identify(observe(points, law), *law.form, theta, kNoise);
  };
  const Identifiability good = judged(grid(14, 11));
  EXPECT_EQ(good.status, IdentifiabilityStatus::Identified);
  EXPECT_EQ(good.rank, 5);
  EXPECT_EQ(good.distinct_runs, 154);
  EXPECT_LT(good.condition, 300);
  EXPECT_GT(judged(fixed_ratio()).condition, 1e4);
  EXPECT_LT(judged(grid(2, 11)).rank, 5);
  EXPECT_LT(judged(repeated(6)).rank, 5);
  EXPECT_EQ(judged(repeated(6)).distinct_runs, 1);
}

TEST(Identify, TargetIsTenTimesTheLargestBudget) {
  const Law law = chinchilla_law();
  const FitResult result =
      fit(observe(grid(5, 5), law), testing::without_bootstrap());
  EXPECT_NEAR(result.identifiability.target.value() / 1e23,
              10 * 6 * 1.6e10 * 3.2e11 / 1e23,
              1e-9);
  ASSERT_TRUE(result.identifiability.sd_log_loss.has_value());
  EXPECT_GT(*result.identifiability.sd_log_loss, 0);
  EXPECT_LT(*result.identifiability.sd_log_loss, 0.05);
}

TEST(Identify, ErrorsThatHappenToLookSmallDoNotPass) {
  // At an error of 0.5 % these 13 runs leave N* open by about as much as the
  // gate lets pass: judged at the scatter as estimated 47 % would.
  for (const double noise : {0.0005, 0.005, 0.01}) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      const FitResult result =
          fit(observe(fixed_ratio(2.0), chinchilla_law(), noise, seed),
              testing::without_bootstrap());
      EXPECT_EQ(result.identifiability.status, IdentifiabilityStatus::Weak)
          << "error " << noise << ", seed " << seed;
    }
  }
}

TEST(Identify, AFormulaIsJudgedAsTheFormThatItWritesOut) {
  const Runs runs = observe(isoflop_sweep(3, 5, 2), chinchilla_law(), 0.01);
  FitOptions options = testing::without_bootstrap();
  const Identifiability named = fit(runs, options).identifiability;
  options.law = "E + A/N^alpha + B/D^beta";
  const Identifiability written = fit(runs, options).identifiability;
  EXPECT_EQ(written.status, named.status);
  ASSERT_TRUE(named.sd_log_params.has_value());
  ASSERT_TRUE(written.sd_log_params.has_value());
  EXPECT_NEAR(*written.sd_log_params / *named.sd_log_params, 1.0, 1e-6);
  EXPECT_NEAR(written.design_condition / named.design_condition, 1.0, 1e-6);
}

TEST(Identify, ScatterThatRunsDoNotRuleOut) {
  // Chi squared with 8 spare runs at 0.01: NIST/SEMATECH e-Handbook
  // of Statistical Methods, section 1.3.6.7.4, prints 1.646.
  const double ratio = 0.003 / widest_scatter(0.003, 13, 5);
  EXPECT_THAT(8 * ratio * ratio, testing::near_rel(testing::printed("1.646")));
  EXPECT_THAT(
      widest_scatter(0.006, 13, 5),
      testing::near_rel(2 * widest_scatter(0.003, 13, 5), testing::kRounding));
  EXPECT_LT(widest_scatter(0.003, 154, 5), 0.0035);
  EXPECT_EQ(widest_scatter(0.0001, 13, 5), widest_scatter(kLeastScale, 13, 5));
  EXPECT_EQ(widest_scatter(0.003, 5, 5), widest_scatter(0.003, 6, 5));
}

TEST(Identify, FewSpareRunsAreSaid) {
  DesignPoints six = isoflop_sweep(3, 2, 4);
  six.add(1e9, 2e10);
  const FitResult result =
      fit(observe(six, chinchilla_law(), kNoise), testing::without_bootstrap());
  EXPECT_NE(find(result.findings, "fit.few-runs"), nullptr);
}

}  // namespace
}  // namespace isoflop
