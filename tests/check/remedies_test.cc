// SPDX-License-Identifier: Apache-2.0
// What a remedy says is enough is enough, once typed in as it is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <string>
#include <vector>

#include "check/plans.h"
#include "isoflop/base/random.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

using testing::fired;
using testing::judge;

/// The parts of a text that a pattern's groups match; none when it does not.
std::vector<std::string> groups(const std::string& text,
                                const std::string& pattern) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(pattern))) return {};
  return {match.begin() + 1, match.end()};
}

double log_uniform(RandomStream& random, double low, double high) {
  return low * std::pow(high / low, random.uniform());
}

Scenario of(const std::vector<std::string>& keys) {
  return edited({}, {keys}, "test");
}

Plan planned(const std::vector<std::string>& keys) {
  return plan(published_law("besiroglu2024"), of(keys));
}

TEST(Remedies, EndWhatMemorizes) {
  RandomStream random(1, 0);
  int seen = 0;
  for (int i = 0; i < 40; ++i) {
    const double params = log_uniform(random, 1e9, 1e12);
    const double tokens = params * log_uniform(random, 0.2, 1.3);
    const Check check = judge(testing::of_size(params, tokens));
    const Finding* finding = fired(check, "plan.memorizes");
    if (finding == nullptr) continue;
    ++seen;
    const auto said = groups(finding->remedy,
                             "train on (\\S+) unique tokens or more, or at "
                             "most (\\S+) parameters");
    ASSERT_EQ(said.size(), 2u) << finding->remedy;
    const double enough = parse_quantity(said[0], TokensTag::unit);
    const double most = parse_quantity(said[1], ParamsTag::unit);
    EXPECT_EQ(fired(judge(testing::of_size(params, enough)), "plan.memorizes"),
              nullptr)
        << params << " " << tokens << " " << finding->remedy;
    EXPECT_EQ(fired(judge(testing::of_size(most, tokens)), "plan.memorizes"),
              nullptr)
        << params << " " << tokens << " " << finding->remedy;
    // And no further than the digits printed, where the law has a say.
    const Check larger = judge(testing::of_size(1.02 * most, tokens));
    if (!larger.recall) continue;
    EXPECT_NE(fired(larger, "plan.memorizes"), nullptr)
        << params << " " << tokens << " " << finding->remedy;
  }
  EXPECT_GE(seen, 20);
}

TEST(Remedies, ASizeThatTheTokensAtHandFeedIsCleared) {
  struct Case {
    const char* law;
    std::vector<std::string> keys;
    const char* size;
  };
  const std::vector<Case> cases = {
      {"besiroglu2024",
       {"model.params=530B", "data.tokens=270B", "data.unique_tokens=100B"},
       "model.params"},
      {"besiroglu2024",
       {"model.params=2000B", "data.tokens=800B", "data.unique_tokens=50B"},
       "model.params"},
      {"muennighoff2023",
       {"model.params=170B", "data.tokens=600B", "data.unique_tokens=100B"},
       "model.params"},
      {"besiroglu2024",
       {"model.params=530B",
        "data.tokens=270B",
        "data.unique_tokens=100B",
        "model.flops_rule=typical"},
       "model.params"},
      {"ludziejewski2025",
       {"model.params=2000B",
        "model.active_params=700B",
        "model.experts=8",
        "data.tokens=400B",
        "data.unique_tokens=100B"},
       "model.active_params"}};
  for (const Case& one : cases) {
    const auto checked = [&](std::vector<std::string> keys) {
      return check(published_law(one.law), edited({}, {keys}, "test"));
    };
    const Check large = checked(one.keys);
    const Finding* finding = fired(large, "plan.overparameterized");
    ASSERT_NE(finding, nullptr) << one.law;
    const auto sizes =
        groups(finding->remedy, "; or (\\S+) on the tokens at hand");
    ASSERT_EQ(sizes.size(), 1u) << finding->remedy;
    std::vector<std::string> keys = one.keys;
    keys.push_back(std::string(one.size) + "=" + sizes[0]);
    EXPECT_EQ(fired(checked(keys), "plan.overparameterized"), nullptr)
        << one.law << ": " << finding->remedy;
    const double more = 1.02 * parse_quantity<ParamsTag>(sizes[0]).value();
    keys.back() = std::string(one.size) + "=" + std::to_string(more);
    EXPECT_NE(fired(checked(keys), "plan.overparameterized"), nullptr)
        << one.law << ": " << finding->remedy;
  }
}

constexpr const char* kOfPasses[] = {"plan.data-wall",
                                     "plan.diminishing-repeats"};

/// How many findings tell how to make fewer passes; each of the ways that the
/// one does leaves no finding of passes that counts.
int remedies_that_end_passes(const Scenario& asked) {
  const Check check = judge(asked);
  int said = 0;
  for (const char* code : kOfPasses) {
    const Finding* finding = fired(check, code);
    if (finding == nullptr || is_accepted(*finding, check.accepted)) continue;
    const auto found = groups(finding->remedy, "find (\\S+) unique");
    const auto fewer = groups(finding->remedy, "train on ([^\\s:]+)");
    EXPECT_EQ(found.size(), fewer.size()) << finding->remedy;
    if (found.empty()) continue;
    ++said;
    for (const bool finds : {true, false}) {
      Scenario mended = asked;
      if (finds) {
        mended.unique_tokens = parse_quantity<TokensTag>(found[0]);
      } else {
        mended.tokens = parse_quantity<TokensTag>(fewer[0]);
      }
      const Check after = judge(mended);
      for (const char* other : kOfPasses) {
        const Finding* left = fired(after, other);
        EXPECT_TRUE(left == nullptr || is_accepted(*left, after.accepted))
            << finding->remedy;
      }
    }
  }
  return said;
}

TEST(Remedies, EndTheDataWallOnce) {
  RandomStream random(2, 0);
  for (int i = 0; i < 20; ++i) {
    const double tokens = log_uniform(random, 1e11, 1e13);
    Scenario asked = testing::of_size(tokens / 20, tokens);
    asked.unique_tokens = Tokens(tokens / log_uniform(random, 4.5, 60.0));
    EXPECT_EQ(remedies_that_end_passes(asked), 1);
    // More passes may be useful than are worth making, and fewer.
    asked.max_epochs = log_uniform(random, 4.0, 60.0);
    const Check check = judge(asked);
    const bool is_held =
        fired(check, kOfPasses[0]) || fired(check, kOfPasses[1]);
    EXPECT_EQ(remedies_that_end_passes(asked), is_held ? 1 : 0);
  }
}

TEST(Remedies, OfTheLastPassesAreSaidWhereTheWallIsAccepted) {
  Scenario asked = testing::of_size(7e9, 4e12);
  asked.unique_tokens = Tokens(1e11);
  for (const char* accepted :
       {"", "plan.data-wall", "plan.diminishing-repeats"}) {
    asked.accept.clear();
    if (*accepted) asked.accept.push_back({accepted, "", {}});
    EXPECT_EQ(remedies_that_end_passes(asked), 1) << accepted;
  }
}

TEST(Remedies, LetALossBeReached) {
  const std::vector<std::vector<std::string>> cases = {
      {"goal.loss=1.96", "model.params=8B"},
      {"goal.loss=1.93", "model.params=9B"},
      {"goal.loss=2", "model.params=20B", "data.unique_tokens=1B"},
      {"goal.loss=2.05", "model.params=11B", "data.unique_tokens=3B"},
      {"goal.loss=1.99", "data.tokens=1B"},
      {"goal.loss=2", "model.max_params=3B"}};
  for (const std::vector<std::string>& keys : cases) {
    const Plan missed = planned(keys);
    const Finding* finding = find(missed.findings, "plan.unreachable-loss");
    ASSERT_NE(finding, nullptr) << keys[0] << " " << keys[1];
    const auto losses =
        groups(finding->message, "a loss of (\\S+): the least is ([0-9.]+)");
    ASSERT_EQ(losses.size(), 2u) << finding->message;
    EXPECT_NE(losses[0], losses[1]);
    static const std::regex kSaid(
        "(model\\.params|model\\.max_params|data\\.tokens|data\\.unique_tokens)"
        " (?:of|that allow) (\\S+)");
    int said = 0;
    for (std::sregex_iterator at(
             finding->remedy.begin(), finding->remedy.end(), kSaid);
         at != std::sregex_iterator();
         ++at) {
      std::vector<std::string> mended = keys;
      const std::string key = (*at)[1];
      mended.push_back(key + "=" + std::string((*at)[2]));
      EXPECT_TRUE(planned(mended).is_answered)
          << keys[0] << " " << keys[1] << ": " << finding->remedy;
      ++said;
    }
    EXPECT_GE(said, 1) << finding->remedy;
  }
}

TEST(Remedies, MeetADemandOnServing) {
  const std::vector<std::string> base = {"data.tokens=2T",
                                         "serving.accelerator=h100-sxm"};
  for (const double speed : {90.0, 170.0, 333.0}) {
    std::vector<std::string> keys = base;
    keys.push_back("serving.min_tokens_per_second=" + format_exact(speed));
    std::vector<std::string> asked = keys;
    asked.push_back("model.params=2T");
    const Check check = judge(of(asked));
    const Finding* finding = fired(check, "plan.too-slow");
    ASSERT_NE(finding, nullptr);
    const auto said = groups(finding->remedy, "at most (\\S+) params");
    ASSERT_EQ(said.size(), 1u) << finding->remedy;
    keys.push_back("model.params=" + said[0]);
    EXPECT_EQ(fired(judge(of(keys)), "plan.too-slow"), nullptr)
        << finding->remedy;
  }
}

TEST(Remedies, SayAtHowManyBitsASizeIsFastEnough) {
  const std::vector<std::vector<std::string>> cases = {
      {"model.params=200B",
       "serving.accelerator=h100-sxm",
       "serving.min_tokens_per_second=100"},
      {"model.params=7B",
       "serving.device=laptop",
       "serving.min_tokens_per_second=20"},
      // It does not fit in 16 bits.
      {"model.params=400B",
       "serving.accelerator=h100-sxm",
       "serving.min_tokens_per_second=1"}};
  for (std::vector<std::string> keys : cases) {
    keys.push_back("data.tokens=4T");
    const Check check = judge(of(keys));
    const Finding* finding = fired(check, "plan.too-slow");
    ASSERT_NE(finding, nullptr) << keys[0];
    const auto said = groups(finding->remedy, "this size at (\\S+) bits");
    ASSERT_EQ(said.size(), 1u) << finding->remedy;
    const int bits = std::stoi(said[0]);
    EXPECT_EQ(testing::value_of(*finding, "precision_bits"), bits);
    for (const int served : {2, bits, bits + 1}) {
      std::vector<std::string> mended = keys;
      mended.push_back("model.precision_bits=" + std::to_string(served));
      EXPECT_EQ(fired(judge(of(mended)), "plan.too-slow") != nullptr,
                served > bits)
          << served << ": " << finding->remedy;
    }
  }
  const Check never = judge(of({"model.params=2T",
                                "data.tokens=40T",
                                "serving.accelerator=h100-sxm",
                                "serving.min_tokens_per_second=1000"}));
  EXPECT_TRUE(
      groups(fired(never, "plan.too-slow")->remedy, "size at (\\S+) bits")
          .empty());
}

TEST(Remedies, EndARunOnTime) {
  const std::vector<std::string> base = {"model.params=70B",
                                         "cluster.accelerator=h100-sxm"};
  RandomStream random(3, 0);
  for (int i = 0; i < 10; ++i) {
    std::vector<std::string> keys = base;
    keys.push_back("data.tokens=" +
                   format_exact(log_uniform(random, 1e12, 1e13)));
    const auto late = [&](std::string days, std::string count) {
      std::vector<std::string> asked = keys;
      asked.push_back("budget.days=" + days);
      asked.push_back("cluster.count=" + count);
      const Check check = judge(of(asked));
      const Finding* finding = fired(check, "plan.not-on-time");
      return finding == nullptr ? std::string() : finding->remedy;
    };
    const std::string remedy = late("9", "512");
    const auto said = groups(remedy, "give it (\\S+) days, or (\\S+) devices");
    ASSERT_EQ(said.size(), 2u) << remedy;
    EXPECT_EQ(late(said[0], "512"), "") << remedy;
    EXPECT_EQ(late("9", said[1]), "") << remedy;
  }
}

}  // namespace
}  // namespace isoflop
