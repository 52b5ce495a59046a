// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/suggest.h"

#include <gtest/gtest.h>

namespace isoflop {
namespace {

const std::vector<std::string> kOptions = {
    "huber_delta", "max_iterations", "seed", "threads", "bootstrap"};

TEST(Suggest, FindsTheMisspelt) {
  EXPECT_EQ(suggest("huber_dleta", kOptions), "huber_delta");
  EXPECT_EQ(suggest("hubber_delta", kOptions), "huber_delta");
  EXPECT_EQ(suggest("max_iteration", kOptions), "max_iterations");
  EXPECT_EQ(suggest("sed", kOptions), "seed");
}

TEST(Suggest, ForgivesCaseAndSeparators) {
  EXPECT_EQ(suggest("Huber-Delta", kOptions), "huber_delta");
  EXPECT_EQ(suggest("huberdelta", kOptions), "huber_delta");
  EXPECT_EQ(suggest("max iterations", kOptions), "max_iterations");
}

TEST(Suggest, CompletesABeginning) {
  EXPECT_EQ(suggest("boot", kOptions), "bootstrap");
  EXPECT_EQ(suggest("hub", kOptions), "huber_delta");
}

TEST(Suggest, CountsASwapOnce) {
  EXPECT_EQ(suggest("esed", kOptions), "seed");
  EXPECT_EQ(suggest("ab", {"ba"}), "ba");
}

TEST(Suggest, PrefersTheNearest) {
  EXPECT_EQ(suggest("palm3", {"palm", "palm2", "palm34"}), "palm");
  EXPECT_EQ(suggest("gpt-4", {"gpt-4.5", "gpt-4"}), "gpt-4");
}

TEST(Suggest, FindsAMisspeltBeginning) {
  const std::vector<std::string> names = {
      "gpt-4", "chinchilla-70b", "h100-sxm"};
  EXPECT_EQ(suggest("chinchila", names), "chinchilla-70b");
  EXPECT_EQ(suggest("h1000", names), "h100-sxm");
  EXPECT_EQ(suggest("h2000", names), "");
  EXPECT_EQ(suggest("chimera", names), "");
}

TEST(Suggest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(suggest("zebra", kOptions), "");
  EXPECT_EQ(suggest("", kOptions), "");
  EXPECT_EQ(suggest("--", kOptions), "");
  EXPECT_EQ(suggest("seed", {}), "");
  EXPECT_EQ(suggest(std::string(100000, 'x'), kOptions), "");
}

TEST(DidYouMean, IsAClauseOrNothing) {
  EXPECT_EQ(did_you_mean("sede", kOptions), "; did you mean 'seed'?");
  EXPECT_EQ(did_you_mean("zebra", kOptions), "");
}

TEST(JoinWords, WritesAList) {
  EXPECT_EQ(join_words({}), "");
  EXPECT_EQ(join_words({"a"}), "a");
  EXPECT_EQ(join_words({"a", "b"}), "a and b");
  EXPECT_EQ(join_words({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace isoflop
