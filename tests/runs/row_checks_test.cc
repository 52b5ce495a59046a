// SPDX-License-Identifier: Apache-2.0
#include "runs/row_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace isoflop {
namespace {

using ::testing::IsEmpty;

/// Sizes by amounts of data, the losses of a law.
Runs grid(int sizes, const std::vector<double>& tokens) {
  Runs runs;
  const auto n = static_cast<Eigen::Index>(tokens.size()) * sizes;
  runs.params.resize(n);
  runs.tokens.resize(n);
  runs.loss_nats.resize(n);
  Eigen::Index row = 0;
  for (int i = 0; i < sizes; ++i) {
    for (const double d : tokens) {
      const double size = 1e7 * std::pow(3.0, i);
      runs.params[row] = size;
      runs.tokens[row] = d;
      runs.loss_nats[row++] =
          1.8 + 480.0 / std::pow(size, 0.35) + 2100.0 / std::pow(d, 0.37);
    }
  }
  runs.flops = 6.0 * (runs.params.array() * runs.tokens.array()).matrix();
  return runs;
}

std::vector<double> steps(int count, double first, double step) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(first + i * step);
  return values;
}

std::vector<double> decades(int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(1e9 * std::pow(2.0, i));
  return values;
}

std::vector<Finding> curve(const Runs& runs) {
  std::vector<Finding> findings;
  detail::add_curve(runs, findings);
  return findings;
}

std::vector<Finding> mixed(const Runs& runs) {
  std::vector<Finding> findings;
  detail::add_mixed_units(runs, findings);
  return findings;
}

TEST(CurveRows, AreKnownByEqualSteps) {
  const std::vector<Finding> found = curve(grid(2, steps(100, 1e8, 1e8)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "runs.curve");
  EXPECT_EQ(found[0].values[0].value, 200.0);
  EXPECT_EQ(found[0].values[1].value, 2.0);
}

TEST(CurveRows, AreNotAGridOfRuns) {
  EXPECT_THAT(curve(grid(14, decades(11))), IsEmpty());
  EXPECT_THAT(curve(grid(3, steps(5, 1e9, 1e9))), IsEmpty());
}

TEST(MixedUnits, BitsAmongNatsAreSeen) {
  Runs runs = grid(6, decades(6));
  for (Eigen::Index i = 0; i < runs.size(); i += 3) {
    runs.loss_nats[i] /= std::numbers::ln2;
  }
  const std::vector<Finding> found = mixed(runs);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].code, "runs.mixed-units");
  EXPECT_EQ(found[0].values[0].value, 12.0);
}

TEST(MixedUnits, AreNotSeenInRunsOfOneUnit) {
  EXPECT_THAT(mixed(grid(6, decades(6))), IsEmpty());
  Runs runs = grid(6, decades(6));
  for (Eigen::Index i = 0; i < runs.size(); i += 3) runs.loss_nats[i] *= 1.2;
  EXPECT_THAT(mixed(runs), IsEmpty());
}

}  // namespace
}  // namespace isoflop
