// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/scenario_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoflop/base/error.h"
#include "support/matchers.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Pair;
using ::testing::StartsWith;
using testing::TemporaryFolder;

TEST(Scenario, EveryKeyIsRead) {
  const TemporaryFolder folder;
  const Scenario read = read_scenario(folder.write("mine.toml", R"(
name = "mine"
about = "a test"
law = "hoffmann2022"
unknown = ["the price", "the date"]

[budget]
flops = "1e24..2e24"

[model]
params = "7B"

[data]
tokens = 2e12
unique_tokens = "13T tokens"
max_epochs = 3

[sources]
"budget.flops" = "an estimate"
)"));
  EXPECT_EQ(read.name, "mine");
  EXPECT_EQ(read.about, "a test");
  EXPECT_EQ(read.law, "hoffmann2022");
  EXPECT_THAT(read.unknown, ElementsAre("the price", "the date"));
  EXPECT_EQ(*read.flops, Range<Flops>(Flops(1e24), Flops(2e24)));
  EXPECT_EQ(*read.params, Range<Params>(Params(7e9)));
  EXPECT_EQ(*read.tokens, Range<Tokens>(Tokens(2e12)));
  EXPECT_EQ(*read.unique_tokens, Range<Tokens>(Tokens(13e12)));
  EXPECT_EQ(read.max_epochs, 3.0);
  EXPECT_THAT(read.sources, ElementsAre(Pair("budget.flops", "an estimate")));
}

TEST(Scenario, EveryFieldHasAKeyThatIsRead) {
  const TemporaryFolder folder;
  for (const OptionInfo& info : option_infos<Scenario>()) {
    ASSERT_FALSE(info.key.empty()) << info.name;
    if (info.type == "list") continue;  // a table: Choose.IsReadFromAFile...
    const std::string value = info.name == "minimise"     ? "\"training_cost\""
                              : info.name == "precision"  ? "\"fp8\""
                              : info.name == "mfu"        ? "0.4"
                              : info.name == "acceptance" ? "0.4"
                              : info.name == "usable_memory"  ? "0.4"
                              : info.name == "target_error"   ? "0.4"
                              : info.name == "risk"           ? "\"q90\""
                              : info.name == "architecture"   ? "\"moe\""
                              : info.name == "flops_rule"     ? "\"typical\""
                              : info.name == "precision_bits" ? "8"
                              : info.type == "text"   ? "\"hoffmann2022\""
                              : info.type == "switch" ? "true"
                                                      : "7e3";
    const Scenario read =
        read_scenario(folder.write("s.toml", info.key + " = " + value + "\n"));
    bool is_set = false;
    for_each_field(read, [&](const auto& field, const auto& set) {
      using T = std::decay_t<decltype(set)>;
      if (field.name == info.name) {
        is_set = detail::OptionValue<T>::write(set) != info.default_text;
      }
    });
    EXPECT_TRUE(is_set) << info.key;
  }
}

TEST(Scenario, EmptyFileHasTheDefaultsAndItsPathAsName) {
  const TemporaryFolder folder;
  const std::string path = folder.write("s.toml", "");
  const Scenario read = read_scenario(path);
  EXPECT_EQ(read.name, path);
  EXPECT_EQ(read.law, Scenario().law);
  EXPECT_FALSE(read.max_epochs.has_value());
  EXPECT_EQ(read.useful_epochs(), 4.0);
  EXPECT_FALSE(read.flops.has_value());
}

TEST(Scenario, PathOfALawStartsAtTheFile) {
  const TemporaryFolder folder;
  const auto law_of = [&](const std::string& law) {
    return read_scenario(folder.write("s.toml", "law = \"" + law + "\"\n")).law;
  };
  EXPECT_EQ(law_of("law.json"), folder / "law.json");
  EXPECT_EQ(law_of("fits/law.json"), folder / "fits/law.json");
  EXPECT_EQ(law_of("runs.csv"), folder / "runs.csv");
  EXPECT_EQ(law_of("runs.jsonl"), folder / "runs.jsonl");
  EXPECT_EQ(law_of("/fits/law.json"), "/fits/law.json");
  EXPECT_EQ(law_of("hoffmann2022"), "hoffmann2022");
}

struct Broken {
  const char* name;
  const char* text;
  const char* message;

  friend void PrintTo(const Broken& broken, std::ostream* out) {
    *out << broken.name;
  }
};

class BrokenScenario : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenScenario, IsRefusedWithLineAndColumn) {
  const TemporaryFolder folder;
  const std::string path = folder.write("s.toml", GetParam().text);
  const std::string message =
      message_of<DataError>([&] { read_scenario(path); });
  EXPECT_THAT(message, StartsWith(path + ":"));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    BrokenScenario,
    ::testing::Values(
        Broken{"UnknownKey",
               "[budget]\nflop = 1e24\n",
               ":2:1: unknown key 'budget.flop'; did you mean 'budget.flops'"},
        Broken{"UnknownTopKey", "\nlaws = \"x\"\n", ":2:1: unknown key 'laws'"},
        Broken{"UnknownTable",
               "[claster]\ncount = 1\n",
               ":2:1: unknown key 'claster.count'"},
        Broken{"EmptyUnknownTable", "[custer]\n", "unknown table 'custer'"},
        Broken{"KeyWithoutItsTable",
               "flops = 1e24\n",
               "did you mean 'budget.flops'"},
        Broken{"Boolean",
               "[budget]\nflops = true\n",
               ":2:9: budget.flops must be a number or a text"},
        Broken{"SwitchIsANumber",
               "allow_unverified = 1\n",
               ":1:20: allow_unverified must be true or false"},
        Broken{"List", "[data]\ntokens = [1, 2]\n", ":2:10: data.tokens must"},
        Broken{"Date", "[data]\ntokens = 2024-01-01\n", ":2:10: data.tokens"},
        Broken{"TableInstead", "[budget.flops]\nlow = 1\n", "budget.flops"},
        Broken{
            "WrongUnit", "[data]\ntokens = \"5 GWh\"\n", ":2:10: data.tokens"},
        Broken{"Zero", "[budget]\nflops = 0\n", "must be > 0"},
        Broken{"Negative", "[budget]\nflops = -1e24\n", "must be > 0"},
        Broken{"Infinite", "[budget]\nflops = inf\n", ":2:9: budget.flops"},
        Broken{"NotANumber", "[budget]\nflops = nan\n", ":2:9: budget.flops"},
        Broken{"Backwards", "[data]\ntokens = \"2T..1T\"\n", "runs backwards"},
        Broken{
            "HalfARange", "[data]\ntokens = \"2T..\"\n", ":2:10: data.tokens"},
        Broken{"FewEpochs", "[data]\nmax_epochs = 0.5\n", "must be >= 1"},
        Broken{"NumberAsLaw", "law = 7\n", ":1:7: law"},
        Broken{"NumberAsName", "name = 7\n", ":1:8: name"},
        Broken{"SourcesText", "sources = \"me\"\n", "sources must be a table"},
        Broken{"UnknownText", "unknown = \"me\"\n", "unknown must be a list"},
        Broken{"UnclosedText", "name = \"mine\n", ":1:"},
        Broken{"NoValue", "name =\n", ":1:"},
        Broken{"Twice", "name = \"a\"\nname = \"b\"\n", ":2:8: not valid TOML"},
        Broken{"NotToml", "params,tokens,loss\n1,2,3\n", ": not valid TOML"},
        Broken{"Bytes", "\xff\xfe\x01", ":1:1: not valid TOML"}),
    [](const auto& entry) { return std::string(entry.param.name); });

TEST(Scenario, MissingFileOrFolderIsAFileError) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { read_scenario(folder / "s.toml"); }),
              HasSubstr("no such file"));
  EXPECT_THAT(message_of<FileError>([&] { read_scenario(folder / ""); }),
              HasSubstr("is a directory"));
}

TEST(PublishedScenarios, GptFourPointFive) {
  EXPECT_THAT(published_scenario_names(), ElementsAre("gpt-4.5"));
  const Scenario scenario = find_scenario("gpt-4.5");
  EXPECT_EQ(scenario.name, "gpt-4.5");
  EXPECT_EQ(*scenario.flops, Range<Flops>(Flops(2e26), Flops(5.4e26)));
  EXPECT_EQ(*scenario.tokens, Range<Tokens>(Tokens(13e12), Tokens(60e12)));
  EXPECT_FALSE(scenario.params.has_value());
  EXPECT_FALSE(scenario.unknown.empty());
  EXPECT_GE(scenario.sources.size(), 2u);
  EXPECT_EQ(published_scenarios().size(), 1u);
}

TEST(PublishedScenarios, UnknownNameIsRefusedWithAHint) {
  EXPECT_THAT(
      message_of<std::invalid_argument>([] { find_scenario("gpt4.5"); }),
      HasSubstr("did you mean 'gpt-4.5'"));
}

}  // namespace
}  // namespace isoflop
