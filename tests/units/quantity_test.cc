// SPDX-License-Identifier: Apache-2.0
#include "isoflop/units/quantity.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <type_traits>

#include "isoflop/units/range.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::kRounding;
using testing::near_rel;

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Subtractable = requires(A a, B b) {
  a - b;
};
template <class A, class B>
concept Multipliable = requires(A a, B b) {
  a* b;
};
template <class A, class B>
concept Dividable = requires(A a, B b) {
  a / b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};
template <class A, class B>
concept EqualityComparable = requires(A a, B b) {
  a == b;
};

static_assert(Addable<Params, Params>);
static_assert(!Addable<Params, Tokens>);
static_assert(!Addable<Params, double>);
static_assert(!Addable<double, Params>);
static_assert(Subtractable<Nats, Nats>);
static_assert(!Subtractable<Nats, Flops>);
static_assert(!Subtractable<Nats, double>);
static_assert(Multipliable<Params, double>);
static_assert(Multipliable<double, Params>);
static_assert(!Multipliable<Params, Params>);
static_assert(!Multipliable<Params, Tokens>);
static_assert(Dividable<Tokens, Tokens>);
static_assert(!Dividable<Tokens, Params>);
static_assert(!Dividable<double, Tokens>);
static_assert(Comparable<Params, Params>);
static_assert(!Comparable<Params, Tokens>);
static_assert(!Comparable<Params, double>);
static_assert(!EqualityComparable<Flops, Tokens>);
static_assert(!std::is_convertible_v<double, Params>);
static_assert(!std::is_convertible_v<Params, double>);
static_assert(!std::is_constructible_v<Params, Tokens>);
static_assert(std::is_constructible_v<Params, double>);
static_assert(std::is_same_v<decltype(Params() / Params()), double>);
static_assert(std::is_trivially_copyable_v<Params>);
static_assert(sizeof(Params) == sizeof(double));

TEST(Quantity, StartsAtZero) { EXPECT_EQ(Params().value(), 0.0); }

TEST(Quantity, AddsSubtractsAndScales) {
  EXPECT_EQ((Tokens(3.0) + Tokens(4.0)).value(), 7.0);
  EXPECT_EQ((Tokens(3.0) - Tokens(4.0)).value(), -1.0);
  EXPECT_EQ((Tokens(3.0) * 2.0).value(), 6.0);
  EXPECT_EQ((2.0 * Tokens(3.0)).value(), 6.0);
  EXPECT_EQ((Tokens(3.0) / 2.0).value(), 1.5);
}

TEST(Quantity, RatioOfSameUnitIsANumber) {
  EXPECT_EQ(Tokens(1.4e12) / Tokens(7e11), 2.0);
}

TEST(Quantity, Orders) {
  EXPECT_LT(Nats(1.9), Nats(2.0));
  EXPECT_GE(Nats(2.0), Nats(2.0));
  EXPECT_NE(Nats(1.9), Nats(2.0));
}

TEST(TrainFlops, IsSixTimesParamsTimesTokens) {
  // Chinchilla: 70B parameters on 1.4T tokens.
  const Flops flops = train_flops(Params(70e9), Tokens(1.4e12));
  EXPECT_THAT(flops.value(), near_rel(5.88e23, kRounding));
  EXPECT_THAT(train_flops(Params(2.0), Tokens(3.0), 2.0).value(),
              near_rel(12.0, kRounding));
}

TEST(TrainFlops, IsUndoneByTokensForAndParamsFor) {
  for (const double k : {2.0, 6.0, 8.0}) {
    const Params params(1.3e9);
    const Tokens tokens(3.7e11);
    const Flops flops = train_flops(params, tokens, k);
    EXPECT_THAT(tokens_for(flops, params, k).value(),
                near_rel(tokens.value(), kRounding));
    EXPECT_THAT(params_for(flops, tokens, k).value(),
                near_rel(params.value(), kRounding));
  }
}

TEST(Range, OfOneValueIsExact) {
  const Range<Params> range = Params(5.0);
  EXPECT_TRUE(range.is_exact());
  EXPECT_EQ(range.middle(), Params(5.0));
  EXPECT_EQ(range.at(0.9), Params(5.0));
}

TEST(Range, QuantilesAreLogUniform) {
  const Range<Flops> range(Flops(1e24), Flops(1e26));
  EXPECT_FALSE(range.is_exact());
  EXPECT_EQ(range.at(0.0), range.low);
  EXPECT_THAT(range.middle().value(), near_rel(1e25, kRounding));
  EXPECT_THAT(range.at(1.0).value(), near_rel(1e26, kRounding));
}

TEST(SplitRange, SplitsAtTheDots) {
  using Sides = std::pair<std::string_view, std::string_view>;
  EXPECT_EQ(split_range("2e26..5.4e26"), Sides("2e26", "5.4e26"));
  EXPECT_EQ(split_range("1..2.5"), Sides("1", "2.5"));
  EXPECT_EQ(split_range("70B"), Sides("70B", "70B"));
}

TEST(SplitRange, RefusesHalfRangesAndChains) {
  for (const char* text : {"..", "1..", "..2", "1..2..3", "1...."}) {
    EXPECT_THROW(split_range(text), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace isoflop
