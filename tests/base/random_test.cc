// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace isoflop {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Random123 1.14, tests/kat_vectors, philox4x32 10.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                   {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  // The digits of pi.
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                   {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, IsThePhiloxOfSeedAndStream) {
  RandomStream random(0, 0);
  for (const std::uint32_t word : philox({0, 0, 0, 0}, {0, 0})) {
    EXPECT_EQ(random.next_u32(), word);
  }
  for (const std::uint32_t word : philox({1, 0, 0, 0}, {0, 0})) {
    EXPECT_EQ(random.next_u32(), word);
  }
  RandomStream other(0x0000000200000001, 0x0000000400000003);
  EXPECT_EQ(other.next_u32(), philox({0, 0, 3, 4}, {1, 2})[0]);
}

TEST(RandomStream, RepeatsFromTheSameSeed) {
  RandomStream a(42, 7);
  RandomStream b(42, 7);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(a.next_u64(), b.next_u64());
}

TEST(RandomStream, DiffersBetweenSeedsAndStreams) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint64_t stream = 0; stream < 100; ++stream) {
      firsts.insert(RandomStream(seed, stream).next_u64());
    }
  }
  EXPECT_EQ(firsts.size(), 10000u);
}

TEST(RandomStream, UniformLiesInsideTheOpenUnitInterval) {
  RandomStream random(3, 0);
  double sum = 0.0;
  double squares = 0.0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double u = random.uniform();
    ASSERT_GT(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Five standard errors: sqrt(1/12 / n) and sqrt(4/45 / n).
  EXPECT_NEAR(sum / kDraws, 0.5, 5.0 * std::sqrt(1.0 / 12.0 / kDraws));
  EXPECT_NEAR(
      squares / kDraws, 1.0 / 3.0, 5.0 * std::sqrt(4.0 / 45.0 / kDraws));
}

TEST(RandomStream, NormalHasTheMomentsOfANormal) {
  RandomStream random(4, 0);
  double sum = 0.0;
  double squares = 0.0;
  double fourths = 0.0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = random.normal();
    sum += z;
    squares += z * z;
    fourths += z * z * z * z;
  }
  // Five standard errors: variances of z, z^2 and z^4 are 1, 2 and 96.
  EXPECT_NEAR(sum / kDraws, 0.0, 5.0 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0, 5.0 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourths / kDraws, 3.0, 5.0 * std::sqrt(96.0 / kDraws));
}

TEST(RandomStream, BelowIsUniform) {
  RandomStream random(5, 0);
  constexpr int kDraws = 70000;
  std::vector<int> counts(7);
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.below(7));
  double chi_squared = 0.0;
  for (const int count : counts) {
    chi_squared += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  }
  // Six degrees of freedom: above 30 with probability 4e-5.
  EXPECT_LT(chi_squared, 30.0);
}

TEST(RandomStream, BelowKeepsItsBound) {
  RandomStream random(6, 0);
  for (const std::uint32_t n : {1u, 2u, 3u, 0x80000001u, 0xffffffffu}) {
    for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(n), n);
  }
}

}  // namespace
}  // namespace isoflop
