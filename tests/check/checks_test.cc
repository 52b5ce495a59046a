// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/plans.h"
#include "isoflop/base/interrupt.h"
#include "isoflop/check/check_model.h"
#include "isoflop/plan/scenario_file.h"
#include "support/matchers.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using testing::fired;
using ::testing::HasSubstr;
using testing::judge;
using testing::message_of;
using testing::of_size;
using testing::TemporaryFolder;

using Answer = decltype(Checked::answer);

// Which findings make an answer a no.

TEST(Fails, FromItsSeverityOn) {
  const Check noted = judge(of_size(8e9, 15e12));
  EXPECT_FALSE(fails(noted, FailOn::Error));
  EXPECT_FALSE(fails(noted, FailOn::Warning));
  EXPECT_TRUE(fails(noted, FailOn::Note));
  const Check failed = judge(of_size(530e9, 270e9));
  EXPECT_TRUE(fails(failed, FailOn::Error));
}

TEST(Fails, NotByWhatIsAccepted) {
  CheckOptions options;
  for (const Finding& finding : judge(of_size(8e9, 15e12)).findings) {
    options.accept.push_back(finding.code);
  }
  EXPECT_FALSE(fails(judge(of_size(8e9, 15e12), options), FailOn::Note));
}

// Several at once.

TEST(CheckEach, AnswersAllButTheOneThatCannotBe) {
  const Checks checks = check_each(
      {"good", "bad", "other"}, [](const std::string& name) -> Answer {
        if (name == "bad") throw DataError({"bad.toml", 3, 7}, "no such key");
        return judge(of_size(70e9, 1.4e12));
      });
  ASSERT_EQ(checks.all.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<Check>(checks.all[0].answer));
  EXPECT_TRUE(std::holds_alternative<Check>(checks.all[2].answer));
  const auto& problem = std::get<CheckProblem>(checks.all[1].answer);
  EXPECT_EQ(problem.message, "no such key");
  EXPECT_EQ(to_string(problem.at), "bad.toml:3:7");
  EXPECT_THROW(std::rethrow_exception(problem.error), DataError);
  EXPECT_TRUE(checks.fails());
}

TEST(CheckEach, StopsWhenItIsInterrupted) {
  EXPECT_THROW(
      check_each({"one"},
                 [](const std::string&) -> Answer { throw Interrupted(); }),
      Interrupted);
}

TEST(CheckEach, FailsByItsOptions) {
  const auto noted = [](const std::string&) -> Answer {
    return judge(of_size(8e9, 15e12));
  };
  EXPECT_FALSE(check_each({"one"}, noted).fails());
  ChecksOptions options;
  options.fail_on = FailOn::Note;
  EXPECT_TRUE(check_each({"one"}, noted, options).fails());
  EXPECT_FALSE(check_each({}, noted, options).fails());
}

// Where a finding is.

TEST(PlaceOf, IsTheKeyThatTheFindingIsAbout) {
  const TemporaryFolder folder;
  const std::string path = folder.write("plan.toml",
                                        "name = \"big\"\n"
                                        "[data]\n"
                                        "  tokens = \"270B\"\n"
                                        "unique_tokens = \"1B\"\n"
                                        "[model]\n"
                                        "params = \"530B\"\n");
  const Check checked = judge(read_scenario(path));
  const auto place = [&](const char* code) {
    return place_of(checked, *fired(checked, code));
  };
  EXPECT_EQ(place("plan.overparameterized").key, "model.params");
  EXPECT_EQ(to_string(place("plan.overparameterized").at), path + ":6:1");
  EXPECT_EQ(place("plan.data-wall").key, "data.unique_tokens");
  EXPECT_EQ(to_string(place("plan.data-wall").at), path + ":4:1");
}

TEST(PlaceOf, FallsBackToOtherKeysThenToTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("plan.toml",
                                        "budget.flops = \"8.6e23\"\n"
                                        "[data]\n"
                                        "  tokens = \"270B\"\n");
  const Check checked = judge(read_scenario(path));
  EXPECT_EQ(place_of(checked, *fired(checked, "plan.overparameterized")).key,
            "data.tokens");
  const FindingPlace law =
      place_of(checked, {"law.no-draws", Severity::Note, "", "", {}});
  EXPECT_EQ(law.key, "");
  EXPECT_EQ(to_string(law.at), path);
}

TEST(PlaceOf, IsNowhereWithoutAFile) {
  const Check checked = judge(of_size(530e9, 270e9));
  EXPECT_EQ(to_string(place_of(checked, checked.findings.front()).at), "");
  const Check published = judge(published_scenario("gpt-4.5"));
  EXPECT_EQ(to_string(place_of(published, published.findings.front()).at), "");
}

TEST(PlaceOf, EveryRuleOfPlansNamesKeysThatExist) {
  std::vector<std::string> known;
  for (const OptionInfo& info : option_infos<Scenario>()) {
    known.push_back(info.key);
  }
  for (const RuleInfo& rule : check_rules()) {
    if (rule.code.starts_with("moe.")) continue;
    ASSERT_FALSE(rule.keys.empty()) << rule.code;
    std::istringstream words{std::string(rule.keys)};
    for (std::string key; words >> key;) {
      EXPECT_THAT(known, ::testing::Contains(key)) << rule.code;
    }
  }
}

// Published models.

Model model_of(Architecture architecture) {
  Model model;
  model.id = "some-model";
  model.name = "Some model";
  model.architecture = architecture;
  model.params = Params(400e9);
  model.tokens = Tokens(15e12);
  return model;
}

TEST(ModelScenario, TakesActiveParametersAndWhatTheAskerGives) {
  Model model = model_of(Architecture::Moe);
  model.active_params = Params(17e9);
  model.unique_tokens = Tokens(5e12);
  EXPECT_EQ(model_scenario(model).params, Range<Params>(Params(17e9)));
  EXPECT_EQ(model_scenario(model).unique_tokens, Range<Tokens>(Tokens(5e12)));
  Scenario asked;
  asked.tokens = Tokens(1e12);
  EXPECT_EQ(model_scenario(model, asked).tokens, Range<Tokens>(Tokens(1e12)));
  EXPECT_EQ(model_scenario(model).name, "some-model");
}

TEST(ModelScenario, SaysWhatNobodySaid) {
  const auto problem = [](const Model& model) {
    return message_of<std::invalid_argument>([&] { model_scenario(model); });
  };
  EXPECT_THAT(problem(model_of(Architecture::Moe)),
              HasSubstr("nobody has said the active_params of some-model"));
  Model model = model_of(Architecture::Dense);
  model.tokens.reset();
  EXPECT_THAT(problem(model), HasSubstr("the tokens of some-model"));
  model.params.reset();
  EXPECT_THAT(problem(model), HasSubstr("the params and tokens of"));
  EXPECT_THAT(problem(model), HasSubstr("give --params and --tokens"));
}

TEST(CheckModel, IsTheCheckOfItsNumbers) {
  const Law law = published_law("besiroglu2024");
  for (const Model& model : published_models()) {
    if (!model.active_params || !model.tokens) continue;
    if (model.id != "mt-nlg-530b" && model.id != "deepseek-v3") continue;
    const Check checked = check_model(law, model);
    Scenario scenario =
        of_size(model.active_params->value(), model.tokens->value());
    scenario.unique_tokens = model.unique_tokens;
    const Check plain = check(law, scenario);
    EXPECT_EQ(checked.waste.compute_factor, plain.waste.compute_factor);
    const bool is_dense = model.architecture == Architecture::Dense;
    EXPECT_EQ(fired(checked, "law.other-architecture") == nullptr, is_dense);
  }
}

}  // namespace
}  // namespace isoflop
