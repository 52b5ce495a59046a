// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/matchers.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;
using testing::Tolerance;

/// Training curves that follow a law at every checkpoint.
Runs curves(int sizes, double alpha, double beta, int checkpoints = 60) {
  Runs runs;
  const Eigen::Index n = sizes * checkpoints;
  runs.params.resize(n);
  runs.tokens.resize(n);
  runs.loss_nats.resize(n);
  Eigen::Index row = 0;
  for (int i = 0; i < sizes; ++i) {
    for (int j = 0; j < checkpoints; ++j, ++row) {
      runs.params[row] = 1e7 * std::pow(1e3, i / (sizes - 1.0));
      runs.tokens[row] = 1e8 * std::pow(1e4, j / (checkpoints - 1.0));
      runs.loss_nats[row] = 1.8 + 400.0 / std::pow(runs.params[row], alpha) +
                            2000.0 / std::pow(runs.tokens[row], beta);
    }
  }
  runs.flops = 6.0 * (runs.params.array() * runs.tokens.array()).matrix();
  return runs;
}

EnvelopeOptions quick() {
  EnvelopeOptions options;
  options.bootstrap = 50;
  return options;
}

// With sizes as dense as here the steps of N* average out.
TEST(Envelope, FindsTheExponentOfALaw) {
  for (const auto& [alpha, beta] :
       {std::pair{0.34, 0.34}, std::pair{0.34, 0.42}}) {
    const EnvelopeResult found = envelope(curves(60, alpha, beta), quick());
    ASSERT_TRUE(found.params);
    EXPECT_THAT(found.params->exponent,
                near_rel(beta / (alpha + beta), Tolerance{0.01}));
    EXPECT_EQ(found.curves, 60);
    ASSERT_TRUE(found.exponent_interval);
    EXPECT_LT(found.exponent_interval->low, beta / (alpha + beta) + 0.01);
    EXPECT_GT(found.exponent_interval->high, beta / (alpha + beta) - 0.01);
  }
}

// Two curves, straight in ln C and ln L, that cross at ln C = 46, and a third
// above both.
TEST(Envelope, ChangesTheCurveWhereTwoCross) {
  Runs runs;
  runs.params.resize(6);
  runs.tokens.resize(6);
  runs.loss_nats.resize(6);
  const double params[] = {1e7, 1e8, 1e9};
  const double slope[] = {-0.05, -0.10, -0.10};
  const double height[] = {1.0, 1.0, 1.5};
  for (int k = 0; k < 3; ++k) {
    for (int end = 0; end < 2; ++end) {
      const double log_flops = end == 0 ? 44.0 : 50.0;
      const int row = 2 * k + end;
      runs.params[row] = params[k];
      runs.tokens[row] = std::exp(log_flops) / 6.0 / params[k];
      runs.loss_nats[row] = std::exp(height[k] + slope[k] * (log_flops - 46.0));
    }
  }
  runs.flops = 6.0 * (runs.params.array() * runs.tokens.array()).matrix();
  runs.name = {"a", "a", "b", "b", "c", "c"};
  EnvelopeOptions options = quick();
  options.points = 6001;
  const EnvelopeResult found = envelope(runs, options);
  ASSERT_EQ(found.parts.size(), 2U);
  EXPECT_EQ(found.parts[0].name, "a");
  EXPECT_TRUE(found.parts[0].is_edge);
  EXPECT_EQ(found.parts[1].name, "b");
  EXPECT_FALSE(found.parts[1].is_edge);
  EXPECT_NEAR(std::log(found.parts[1].flops.low), 46.0, 6.0 / 6000.0);
  // One size inside the range makes no power law.
  EXPECT_FALSE(found.params);
  EXPECT_NE(find(found.findings, "envelope.no-frontier"), nullptr);
  EXPECT_EQ(worst(found.findings), Severity::Error);
}

TEST(Envelope, DoesNotDependOnTheOrderOfRowsOrThreads) {
  const Runs runs = curves(8, 0.34, 0.4);
  Runs reversed = runs;
  reversed.params = runs.params.reverse().eval();
  reversed.tokens = runs.tokens.reverse().eval();
  reversed.loss_nats = runs.loss_nats.reverse().eval();
  EnvelopeOptions options = quick();
  options.threads = 1;
  const EnvelopeResult one = envelope(runs, options);
  options.threads = 3;
  const EnvelopeResult three = envelope(reversed, options);
  ASSERT_TRUE(one.exponent_interval);
  EXPECT_EQ(one.params->exponent, three.params->exponent);
  EXPECT_EQ(*one.exponent_interval, *three.exponent_interval);
}

TEST(Envelope, SaysThatCheckpointsAreNotRuns) {
  const EnvelopeResult found = envelope(curves(8, 0.34, 0.4), quick());
  EXPECT_NE(find(found.findings, "envelope.schedule"), nullptr);
}

TEST(Envelope, RefusesNoRuns) {
  EXPECT_THAT(message_of([] { envelope({}); }), HasSubstr("no runs"));
}

}  // namespace
}  // namespace isoflop
