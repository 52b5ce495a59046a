// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "isoflop/check/check.h"
#include "isoflop/report/text.h"
#include "support/matchers.h"
#include "support/paths.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::source_path;

std::set<std::string> listed_codes() {
  std::set<std::string> codes;
  for (const RuleInfo& info : finding_codes()) codes.emplace(info.code);
  return codes;
}

/// Texts that look like a code, in the sources that may make findings.
std::set<std::string> codes_in_sources() {
  const std::regex code(
      "\"((?:runs|fit|forecast|backtest|valleys|envelope|compare|law|plan|"
      "check|moe|data)\\.[a-z]+(?:-[a-z]+)*)\"");
  std::set<std::string> codes;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(source_path("lib/src"))) {
    if (entry.path().extension() != ".cc" ||
        entry.path().filename() == "codes.cc") {
      continue;
    }
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator it(source.begin(), source.end(), code), end;
         it != end;
         ++it) {
      codes.insert((*it)[1]);
    }
  }
  return codes;
}

TEST(FindingCodes, AreUniqueAndHaveAPage) {
  EXPECT_EQ(listed_codes().size(), finding_codes().size());
  const std::regex form("[a-z]+\\.[a-z]+(-[a-z]+)*");
  for (const RuleInfo& info : finding_codes()) {
    const std::string code(info.code);
    EXPECT_TRUE(std::regex_match(code, form)) << code;
    EXPECT_FALSE(info.summary.empty()) << code;
    EXPECT_GT(info.explanation.size(), 60u) << code;
    EXPECT_EQ(info.explanation.front(), '\n') << code;
    EXPECT_EQ(info.explanation.back(), '\n') << code;
    EXPECT_EQ(find_code(code).summary, info.summary);
  }
}

TEST(FindingCodes, ListsWhatTheSourcesUse) {
  std::set<std::string> used = codes_in_sources();
  // Keys of a scenario, not codes.
  used.erase("law.json");
  used.erase("check.accept");
  used.erase("data.tokens");
  EXPECT_EQ(used, listed_codes());
}

TEST(FindingCodes, RulesOfPlansComeFirst) {
  const std::vector<RuleInfo> rules = check_rules();
  std::vector<std::string> codes;
  for (const RuleInfo& info : rules) codes.emplace_back(info.code);
  EXPECT_THAT(codes,
              ElementsAre("plan.overparameterized",
                          "plan.overtrained",
                          "plan.dominated",
                          "plan.data-wall",
                          "plan.diminishing-repeats",
                          "plan.memorizes",
                          "plan.outside-law",
                          "plan.over-budget",
                          "plan.not-on-time",
                          "plan.does-not-fit",
                          "plan.too-slow",
                          "plan.too-expensive",
                          "plan.fragile-run",
                          "plan.assumed-mfu",
                          "moe.dead-experts",
                          "moe.imbalanced",
                          "data.synthetic-unprofitable"));
  EXPECT_EQ(finding_codes().front().code, rules.front().code);
}

/// A rule is named in its own file alone, and in the list that is made of
/// lib/CMakeLists.txt: without its file in that list just this rule is gone.
TEST(FindingCodes, RuleIsItsFileAlone) {
  const std::regex declared("extern const Rule (kRule[A-Za-z]+);");
  std::map<std::string, std::string> sources;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(source_path("lib/src"))) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    sources[entry.path().string()] = text.str();
  }
  std::size_t rules = 0;
  for (const auto& [path, text] : sources) {
    std::smatch found;
    if (!std::regex_search(text, found, declared)) continue;
    ++rules;
    for (const auto& [other, words] : sources) {
      if (other == path) continue;
      EXPECT_EQ(words.find(found[1].str()), std::string::npos)
          << other << " names the rule of " << path;
    }
  }
  EXPECT_EQ(rules, check_rules().size());
}

TEST(FindingCodes, RulesNameTheirSource) {
  for (const RuleInfo& info : check_rules()) {
    EXPECT_THAT(std::string(info.explanation), HasSubstr("Source"))
        << info.code;
  }
}

TEST(FindingCodes, UnknownCodeIsRefusedWithAHint) {
  EXPECT_THAT(
      message_of<std::invalid_argument>([] { find_code("plan.datawall"); }),
      HasSubstr("did you mean 'plan.data-wall'"));
}

}  // namespace
}  // namespace isoflop
