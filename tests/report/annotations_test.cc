// SPDX-License-Identifier: Apache-2.0
#include "isoflop/report/annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "check/plans.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using testing::judge;
using ::testing::Not;
using testing::of_size;
using testing::TemporaryFolder;

using Answer = decltype(Checked::answer);

/// A plan from a file that fails, one that is accepted, a router, a problem.
Checks some_checks(const std::string& name) {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "plan.toml", "[model]\nparams = \"530B\"\n[data]\ntokens = \"270B\"\n");
  return check_each(
      {name, "accepted", "load.csv", "bad.toml"},
      [&](const std::string& asked) -> Answer {
        if (asked == "bad.toml") {
          throw DataError({"bad.toml", 2, 5}, "unknown key 'a<b>&\"c\"'");
        }
        if (asked == "load.csv") {
          RouterLoad load =
              router_load(Eigen::MatrixXd(Eigen::RowVector4d(97, 1, 1, 1)));
          load.source = "load.csv";
          return check_router(load);
        }
        CheckOptions options;
        if (asked == "accepted")
          options.accept = {"plan.overparameterized=all <data> there is"};
        Scenario scenario = read_scenario(path);
        for (KeyOrigin& origin : scenario.origins) origin.at.path = name;
        return check(published_law("besiroglu2024"), scenario, options);
      });
}

TEST(Sarif, HasWhatTheStandardRequires) {
  const json log = json::parse(to_sarif(some_checks("plan 1.toml")));
  EXPECT_EQ(log["version"], "2.1.0");
  ASSERT_EQ(log["runs"].size(), 1u);
  const json& run = log["runs"][0];
  const json& driver = run["tool"]["driver"];
  EXPECT_EQ(driver["name"], "isoflop");
  ASSERT_FALSE(run["results"].empty());
  for (const json& result : run["results"]) {
    EXPECT_FALSE(result["message"]["text"].get<std::string>().empty());
    EXPECT_EQ(driver["rules"][result["ruleIndex"].get<int>()]["id"],
              result["ruleId"]);
    EXPECT_THAT(result["level"].get<std::string>(),
                ::testing::AnyOf("error", "warning", "note"));
    ASSERT_EQ(result["locations"].size(), 1u);
  }
  for (const json& rule : driver["rules"]) {
    EXPECT_FALSE(rule["shortDescription"]["text"].empty());
    EXPECT_FALSE(rule["help"]["text"].empty());
  }
}

TEST(Sarif, PointsAtTheKey) {
  const json run =
      json::parse(to_sarif(some_checks("plans/plan 1.toml")))["runs"][0];
  const json& place = run["results"][0]["locations"][0]["physicalLocation"];
  EXPECT_EQ(run["results"][0]["ruleId"], "plan.overparameterized");
  EXPECT_EQ(place["artifactLocation"]["uri"], "plans/plan%201.toml");
  EXPECT_EQ(place["region"]["startLine"], 2);
  EXPECT_EQ(place["region"]["startColumn"], 1);
}

TEST(Sarif, SuppressesWhatIsAcceptedAndNotesWhatCannotBeJudged) {
  const json run = json::parse(to_sarif(some_checks("plan.toml")))["runs"][0];
  int suppressed = 0;
  for (const json& result : run["results"]) {
    if (!result.contains("suppressions")) continue;
    ++suppressed;
    EXPECT_EQ(result["ruleId"], "plan.overparameterized");
    EXPECT_EQ(result["level"], "note");
    EXPECT_EQ(result["suppressions"][0]["justification"],
              "all <data> there is");
  }
  EXPECT_EQ(suppressed, 1);
  const json& invocation = run["invocations"][0];
  EXPECT_EQ(invocation["executionSuccessful"], false);
  ASSERT_EQ(invocation["toolExecutionNotifications"].size(), 1u);
  EXPECT_EQ(invocation["toolExecutionNotifications"][0]["locations"][0]
                      ["physicalLocation"]["region"]["startLine"],
            2);
}

TEST(Github, WritesAWorkflowCommandForEachFinding) {
  const std::string text = to_github(some_checks("plan.toml"));
  EXPECT_THAT(text,
              HasSubstr("::error file=plan.toml,line=2,col=1,"
                        "title=plan.overparameterized::530B parameters"));
  EXPECT_THAT(text,
              HasSubstr("title=plan.overparameterized::accepted (all <data> "
                        "there is): 530B"));
  EXPECT_THAT(text, HasSubstr("::error file=load.csv,title=moe.imbalanced::"));
  EXPECT_THAT(text,
              HasSubstr("::error file=bad.toml,line=2,col=5,title=bad.toml::"
                        "unknown key 'a<b>&\"c\"'"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, ::testing::StartsWith("::"));
  }
}

TEST(Github, LetsNoTextOutOfItsPlace) {
  const std::string text =
      to_github(some_checks("a:b,c%d\n::set-output name=x::y.toml"));
  EXPECT_THAT(text,
              HasSubstr("file=a%3Ab%2Cc%25d\\x0a%3A%3Aset-output name=x"
                        "%3A%3Ay.toml,line=2"));
  EXPECT_THAT(text, Not(HasSubstr("\n::set-output")));
  EXPECT_THAT(to_github(check_each({"x"},
                                   [](const std::string&) -> Answer {
                                     throw std::invalid_argument("50 %");
                                   })),
              HasSubstr("::error title=x::50 %25\n"));
}

TEST(Junit, CountsCasesByRule) {
  Checks checks = some_checks("plan.toml");
  const std::string text = to_junit(checks);
  EXPECT_THAT(text, HasSubstr("<testsuite name=\"plan.toml\""));
  EXPECT_THAT(text, HasSubstr("name=\"plan.data-wall\"/>"));
  EXPECT_THAT(text, HasSubstr("<failure type=\"error\" message=\"530B"));
  EXPECT_THAT(text,
              HasSubstr("<skipped message=\"accepted (all &lt;data&gt; "
                        "there is): 530B"));
  EXPECT_THAT(text, HasSubstr("a&lt;b&gt;&amp;&quot;c&quot;"));
  EXPECT_THAT(text, HasSubstr("<system-out>note: plan.toml:"));
  checks.options.fail_on = FailOn::Note;
  EXPECT_THAT(to_junit(checks), Not(HasSubstr("<system-out>")));
}

TEST(Junit, HoldsNoCharacterThatXmlDoesNot) {
  const std::string text = to_junit(check_each(
      {"\x01\xef\xbf\xbe<&>.toml"}, [](const std::string&) -> Answer {
        throw std::invalid_argument("bell \a");
      }));
  EXPECT_THAT(text, HasSubstr("\\x01\xef\xbf\xbd&lt;&amp;&gt;.toml"));
  EXPECT_THAT(text, HasSubstr("bell \\x07"));
}

TEST(Checks, ReportsOneAfterTheOther) {
  const Checks checks = some_checks("plan.toml");
  const std::string text = to_text(checks);
  EXPECT_THAT(text, HasSubstr("== plan.toml\nDO NOT TRAIN"));
  EXPECT_THAT(text, HasSubstr("== bad.toml\nCANNOT BE JUDGED\n  bad.toml:2:5"));
  EXPECT_THAT(text,
              HasSubstr("4 judged: 2 DO NOT TRAIN; 1 QUESTIONABLE; 1 CANNOT"));
  const json all = json::parse(to_json(checks));
  EXPECT_EQ(all["schema"], "isoflop.checks/1");
  EXPECT_EQ(all["result"]["fails"], true);
  const json& answers = all["result"]["checks"];
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[0]["check"],
            json::parse(to_json(std::get<Check>(checks.all[0].answer))));
  EXPECT_EQ(answers[0]["check"]["findings"][0]["at"]["line"], 2);
  EXPECT_EQ(answers[0]["check"]["findings"][0]["at"]["key"], "model.params");
  EXPECT_EQ(answers[2]["check"]["schema"], "isoflop.router/1");
  EXPECT_EQ(answers[3]["problem"]["at"]["column"], 5);
}

}  // namespace
}  // namespace isoflop
