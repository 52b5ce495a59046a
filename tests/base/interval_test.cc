// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/interval.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::kRounding;
using testing::near_rel;

/// Quantiles of distributions, as far as two libraries agree on them.
constexpr testing::Tolerance kQuantiles{1e-10};

/// A skewed sample, its mean without each, and values as of resamples.
struct Sample {
  Eigen::VectorXd values = Eigen::VectorXd(400);
  Eigen::VectorXd jackknife = Eigen::VectorXd(12);
  double estimate;

  Sample() {
    Eigen::VectorXd x(12);
    for (int i = 0; i < 12; ++i) x[i] = std::exp((i + 1) / 4.0);
    estimate = x.mean();
    for (int i = 0; i < 12; ++i) jackknife[i] = (x.sum() - x[i]) / 11.0;
    for (int k = 0; k < 400; ++k) {
      values[k] = estimate * std::exp(0.25 * std::sin(k * 1.7) +
                                      0.1 * std::cos(k * k * 0.013));
    }
  }
};

TEST(BcaInterval, EqualsScipy) {
  // scipy.stats.bootstrap 1.10.1, method="BCa", with these values as its
  // bootstrap_distribution.
  const Sample sample;
  const Interval wide =
      bca_interval(sample.values, sample.estimate, sample.jackknife, 0.9);
  EXPECT_THAT(wide.low, near_rel(5.47223016341687, kQuantiles));
  EXPECT_THAT(wide.high, near_rel(9.8528746362500303, kQuantiles));
  const Interval narrow =
      bca_interval(sample.values, sample.estimate, sample.jackknife, 0.5);
  EXPECT_THAT(narrow.low, near_rel(6.244653240203796, kQuantiles));
  EXPECT_THAT(narrow.high, near_rel(8.406353374557229, kQuantiles));
}

TEST(BcaInterval, OfASymmetricSampleIsThePercentileInterval) {
  const Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(1001, -1.0, 1.0);
  const Eigen::VectorXd jackknife = Eigen::VectorXd::LinSpaced(9, -1.0, 1.0);
  const Interval bca = bca_interval(values, 0.0, jackknife, 0.9);
  const Interval percentile = percentile_interval(values, 0.9);
  EXPECT_THAT(bca.low, near_rel(percentile.low, kRounding));
  EXPECT_THAT(bca.high, near_rel(percentile.high, kRounding));
}

TEST(BcaInterval, WithAllValuesOnOneSideIsFinite) {
  const Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(100, 1.0, 2.0);
  const Interval interval =
      bca_interval(values, 0.5, Eigen::VectorXd::Constant(5, 0.5), 0.9);
  EXPECT_GE(interval.low, 1.0);
  EXPECT_LE(interval.high, 2.0);
}

TEST(StudentQuantile, EqualsScipy) {
  EXPECT_THAT(student_quantile(0.95, 8),
              near_rel(1.8595480375228424, kQuantiles));
  EXPECT_THAT(student_quantile(0.975, 9),
              near_rel(2.2621571627409915, kQuantiles));
}

}  // namespace
}  // namespace isoflop
