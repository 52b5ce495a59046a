// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "support/reference.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::message_of;
using testing::near_rel;
using ::testing::Not;
using testing::reference_rows;
using testing::ReferenceRow;

TEST(Models, AreRowsWithIdsOfTheirOwn) {
  std::set<std::string> ids;
  for (const Model& model : published_models()) {
    EXPECT_TRUE(ids.insert(model.id).second) << model.id;
    EXPECT_THAT(model.id, MatchesRegex("[a-z0-9.-]+"));
    EXPECT_FALSE(model.name.empty()) << model.id;
    EXPECT_FALSE(model.org.empty()) << model.id;
    EXPECT_FALSE(model.source.empty()) << model.id;
  }
  EXPECT_EQ(ids.size(), 119u);
}

TEST(Models, HoldPlausibleNumbers) {
  const auto within = [](const auto& value, double low, double high) {
    return !value || (value->value() >= low && value->value() <= high);
  };
  for (const Model& model : published_models()) {
    EXPECT_THAT(model.release_date,
                MatchesRegex("20[0-9][0-9]-[01][0-9]-[0-3][0-9]"))
        << model.id;
    EXPECT_GE(model.year(), 2019) << model.id;
    EXPECT_LE(model.year(), 2026) << model.id;
    EXPECT_TRUE(within(model.params, 5e7, 1e13)) << model.id;
    EXPECT_TRUE(within(model.tokens, 2e9, 1e14)) << model.id;
    EXPECT_TRUE(within(model.unique_tokens, 2e9, 1e14)) << model.id;
    EXPECT_TRUE(within(model.flops, 1e18, 1e27)) << model.id;
    EXPECT_TRUE(within(model.loss, 1.0, 4.0)) << model.id;
    EXPECT_EQ(model.loss.has_value(), !model.loss_set.empty()) << model.id;
    if (model.params && model.active_params) {
      EXPECT_LE(*model.active_params, *model.params) << model.id;
    }
    if (model.architecture == Architecture::Dense) {
      EXPECT_EQ(model.active_params, model.params) << model.id;
    }
    EXPECT_EQ(model.flops_low.has_value(), model.flops_high.has_value());
    if (model.flops_low) {
      EXPECT_LE(*model.flops_low, *model.flops) << model.id;
      EXPECT_GE(*model.flops_high, *model.flops) << model.id;
    }
  }
}

// C = 6 N D is a rule of thumb: what is told from device hours or with
// attention lies up to 1.8 times above it, and rounding 7 % below.
TEST(Models, ComputeIsNearSixNd) {
  int compared = 0;
  for (const Model& model : published_models()) {
    const auto ratio = model.six_nd_over_flops();
    if (!ratio) continue;
    ++compared;
    EXPECT_GT(*ratio, 0.56) << model.id;
    EXPECT_LT(*ratio, 1.07) << model.id;
  }
  EXPECT_GT(compared, 90);
}

TEST(Models, EpochsAreTokensOverUniqueTokens) {
  for (const Model& model : published_models()) {
    if (!model.epochs || !model.tokens || !model.unique_tokens) continue;
    // Printed with one or two digits.
    EXPECT_THAT(*model.epochs,
                near_rel(*model.tokens / *model.unique_tokens, {0.01}))
        << model.id;
  }
}

TEST(Models, UtilisationSaysOfWhichPeak) {
  for (const Model& model : published_models()) {
    if (model.mfu_bits) {
      EXPECT_TRUE(model.mfu.has_value()) << model.id;
      EXPECT_TRUE(*model.mfu_bits == 16 || *model.mfu_bits == 8) << model.id;
    }
  }
  // DeepSeek-AI 2024, arXiv:2412.19437: trained in fp8.
  EXPECT_EQ(find_model("deepseek-v3").mfu_bits, 8);
}

TEST(Models, SayWhichColumnsWereNotCompared) {
  const std::vector<std::string> columns = column_names<Model>();
  const std::set<std::string> known(columns.begin(), columns.end());
  for (const Model& model : published_models()) {
    std::istringstream words(model.unverified);
    for (std::string word; words >> word;) {
      EXPECT_TRUE(word == "all" || known.contains(word)) << model.id << word;
    }
    EXPECT_EQ(model.verification == Verification::Unverified,
              model.unverified == "all")
        << model.id;
    EXPECT_EQ(model.verification == Verification::Partial,
              !model.unverified.empty() && model.unverified != "all")
        << model.id;
  }
  EXPECT_EQ(find_model("llama-7b").verification, Verification::Unverified);
}

TEST(Models, ExpertsAreThoseOfTheirReports) {
  const auto experts = [](const char* id) {
    const Model model = find_model(id);
    return std::pair(model.experts.value_or(0),
                     model.active_experts.value_or(0));
  };
  // Jiang et al. 2024, arXiv:2401.04088, abstract.
  EXPECT_EQ(experts("mixtral-8x7b"), std::pair(8, 2));
  // DeepSeek-AI 2024, arXiv:2412.19437, section 4.2.
  EXPECT_EQ(experts("deepseek-v3"), std::pair(256, 8));
  // Kimi Team 2025, arXiv:2507.20534, table 2.
  EXPECT_EQ(experts("kimi-k2"), std::pair(384, 8));
  EXPECT_EQ(experts("gpt-4"), std::pair(0, 0));  // never published
  int known = 0;
  for (const Model& model : published_models()) {
    ASSERT_EQ(model.experts.has_value(), model.active_experts.has_value())
        << model.id;
    if (!model.experts) continue;
    ++known;
    EXPECT_EQ(model.architecture, Architecture::Moe) << model.id;
    EXPECT_LT(*model.active_experts, *model.experts) << model.id;
    EXPECT_LT(*model.active_params, *model.params) << model.id;
  }
  EXPECT_EQ(known, 24);
}

TEST(Models, ScenariosAreMarkedAsSuch) {
  std::vector<std::string> scenarios;
  for (const Model& model : published_models()) {
    EXPECT_EQ(model.confidence == Confidence::Scenario,
              model.verification == Verification::Computed);
    if (model.confidence == Confidence::Scenario) scenarios.push_back(model.id);
  }
  EXPECT_THAT(
      scenarios,
      ElementsAre("gpt-4.5-at-12.8t", "gpt-4.5-at-30t", "gpt-4.5-at-60t"));
  EXPECT_FALSE(find_model("gpt-4.5").params.has_value());
}

TEST(Models, DerivedColumnsAreTheExpectedNumbers) {
  int compared = 0;
  for (const ReferenceRow& row : reference_rows("tables.csv")) {
    std::optional<double> actual;
    if (row.text("quantity") == "tokens_per_active_param") {
      actual = find_model(row.text("row")).tokens_per_active_param();
    } else if (row.text("quantity") == "six_nd_over_flops") {
      actual = find_model(row.text("row")).six_nd_over_flops();
    } else {
      continue;
    }
    ++compared;
    EXPECT_THAT(actual.value_or(std::nan("")), row.is_met())
        << row.text("row") << " " << row.text("quantity");
  }
  EXPECT_GT(compared, 190);
}

// Brown et al. 2020, arXiv:2005.14165, table D.1; Hoffmann et al. 2022,
// arXiv:2203.15556, table A9; Grattafiori et al. 2024, arXiv:2407.21783,
// section 3.2.
TEST(Models, AreThoseOfTheirPapers) {
  EXPECT_EQ(find_model("gpt-3-175b").params, Params(174.6e9));
  EXPECT_EQ(find_model("gpt-3-175b").flops, Flops(3.14e23));
  EXPECT_EQ(find_model("chinchilla-70b").tokens, Tokens(1.4e12));
  EXPECT_EQ(find_model("llama-3.1-405b").tokens, Tokens(15.6e12));
  EXPECT_EQ(find_model("llama-3.1-405b").flops, Flops(3.8e25));
}

TEST(FindModel, TakesIdsAndNamesInAnyCase) {
  for (const char* name :
       {"gpt-3-175b", "GPT-3 175B", "gpt 3 175b", "GPT_3_175B"}) {
    EXPECT_EQ(find_model(name).id, "gpt-3-175b") << name;
  }
  // The dot counts: 1.3B is not 13B.
  EXPECT_EQ(find_model("cerebras gpt 1.3b").params, Params(1.3e9));
  EXPECT_EQ(find_model("cerebras gpt 13b").params, Params(13e9));
}

TEST(FindModel, SuggestsButNeverGuesses) {
  const auto message = [](const char* name) {
    return message_of<std::invalid_argument>([&] { find_model(name); });
  };
  EXPECT_THAT(message("gtp-3-175b"), HasSubstr("did you mean 'gpt-3-175b'?"));
  EXPECT_THAT(message("gopher"), HasSubstr("did you mean 'gopher-280b'?"));
  EXPECT_THAT(message("405b llama"), HasSubstr("'llama-3.1-405b'"));
  EXPECT_THAT(message("llama"), HasSubstr("llama-7b, llama-13b"));
  EXPECT_THAT(message("llama"), HasSubstr(" more?"));
  for (const char* name : {"", " ", "-", "zzzzzz"}) {
    EXPECT_THAT(message(name), HasSubstr("unknown model")) << name;
    EXPECT_THAT(message(name), Not(HasSubstr("did you mean"))) << name;
  }
}

TEST(PublishedModels, AreFilteredByColumns) {
  const auto count = [](std::vector<std::string> where) {
    return published_models({std::move(where)}).size();
  };
  EXPECT_EQ(count({}), 119u);
  EXPECT_EQ(count({"org=EleutherAI"}), 8u);
  EXPECT_EQ(count({"org=EleutherAI", "params>=1B"}), 5u);
  EXPECT_EQ(count({"org=EleutherAI", "N >= 1B"}), 5u);  // as for runs
  EXPECT_EQ(count({"id=gpt-3-175b", "year=2020"}), 1u);
  EXPECT_EQ(count({"confidence=scenario", "tokens_per_active_param<20"}), 1u);
  EXPECT_EQ(count({"params>1e20"}), 0u);
  EXPECT_EQ(count({"tokens="}) + count({"tokens>0"}), 119u);
}

TEST(PublishedModels, RefuseConditionsThatCannotBeMeant) {
  const auto message = [](const char* where) {
    return message_of<std::invalid_argument>(
        [&] { published_models({{where}}); });
  };
  EXPECT_THAT(message("parms>=1e9"), HasSubstr("did you mean 'params'?"));
  EXPECT_THAT(message("params"), HasSubstr("is not a condition"));
  EXPECT_THAT(message("params>=many"), HasSubstr("'many' is not a number"));
  EXPECT_THAT(message("year>=many"), HasSubstr("needs a number"));
  EXPECT_THAT(message("params>=80GB"),
              HasSubstr("'B' measures a number of bytes"));
  EXPECT_THAT(message("org=meta"),
              HasSubstr("no row has 'meta' in org; did you mean 'Meta'?"));
}

}  // namespace
}  // namespace isoflop
