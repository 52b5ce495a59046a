// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/base/error.h"
#include "isoflop/base/random.h"
#include "isoflop/laws/law.h"
#include "support/matchers.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using ::testing::StartsWith;
using testing::TemporaryFolder;

Law sample() {
  Law law = published_law("hoffmann2022");
  law.id = "runs.csv";
  law.status = LawStatus::Weak;
  law.range.flops = Interval{1.0 / 3.0, 2e22};
  law.range.tokens.reset();
  law.range.others["experts"] = Interval{1, 64};
  law.provenance.traps = {"one", "two"};
  law.provenance.year = 2022;
  law.provenance.loss_unit = "bits per byte";
  law.provenance.tokens_counted = "with repeats";
  law.provenance.has_vote = true;
  law.provenance.note = "a \"quoted\" note, with \n lines and ünïcode";
  law.provenance.draws_source = "three made-up rows";
  law.draws.resize(3, 5);
  RandomStream random(7, 0);
  for (double& x : law.draws.reshaped()) x = 5.0 * random.uniform();
  law.coefficients[0] = std::nextafter(1.7, 2.0);
  law.draws(2, 1) = 1e-308;
  law.provenance.standard_errors = {{"E", 0.1}, {"alpha", 1.0 / 7.0}};
  return law;
}

TEST(SavedLaw, ComesBackBitForBit) {
  const TemporaryFolder folder;
  const Law law = sample();
  write_law(law, folder / "law.json");
  const Law back = read_law(folder / "law.json");
  EXPECT_EQ(back.id, law.id);
  EXPECT_EQ(back.form, law.form);
  EXPECT_EQ(back.status, law.status);
  EXPECT_EQ(back.coefficients, law.coefficients);
  EXPECT_EQ(back.draws, law.draws);
  EXPECT_EQ(back.range.params, law.range.params);
  EXPECT_EQ(back.range.tokens, law.range.tokens);
  EXPECT_EQ(back.range.flops, law.range.flops);
  EXPECT_EQ(back.range.others, law.range.others);
  EXPECT_EQ(back.provenance.traps, law.provenance.traps);
  EXPECT_EQ(back.provenance.year, law.provenance.year);
  EXPECT_EQ(back.provenance.loss_unit, law.provenance.loss_unit);
  EXPECT_EQ(back.provenance.tokens_counted, law.provenance.tokens_counted);
  EXPECT_EQ(back.provenance.has_vote, law.provenance.has_vote);
  EXPECT_EQ(back.provenance.title, law.provenance.title);
  EXPECT_EQ(back.provenance.source, law.provenance.source);
  EXPECT_EQ(back.provenance.params_counted, law.provenance.params_counted);
  EXPECT_EQ(back.provenance.dataset, law.provenance.dataset);
  EXPECT_EQ(back.provenance.note, law.provenance.note);
  EXPECT_EQ(back.provenance.draws_source, law.provenance.draws_source);
  EXPECT_EQ(back.provenance.standard_errors, law.provenance.standard_errors);
  EXPECT_EQ(back.provenance.is_verified, law.provenance.is_verified);
  write_law(back, folder / "again.json");
  EXPECT_EQ(folder.read("again.json"), folder.read("law.json"));
}

TEST(SavedLaw, IsFoundByPath) {
  const TemporaryFolder folder;
  write_law(sample(), folder / "law.json");
  EXPECT_EQ(find_law(folder / "law.json").id, "runs.csv");
  EXPECT_EQ(find_law("besiroglu2024").id, "besiroglu2024");
}

TEST(SavedLaw, BytesThatAreNotUtf8DoNotStopTheWriting) {
  const TemporaryFolder folder;
  Law law = sample();
  law.id = "run\xff.csv";
  write_law(law, folder / "law.json");
  EXPECT_THAT(read_law(folder / "law.json").id, StartsWith("run"));
}

TEST(SavedLaw, FileIsNotReplacedUnlessAsked) {
  const TemporaryFolder folder;
  const std::string path = folder.write("law.json", "mine");
  EXPECT_THAT(message_of<FileError>([&] { write_law(sample(), path); }),
              HasSubstr("--force"));
  EXPECT_THAT(message_of<FileError>([&] { require_writable(path, false); }),
              HasSubstr("--force"));
  EXPECT_EQ(folder.read("law.json"), "mine");
  EXPECT_THAT(folder.names(), ElementsAre("law.json"));
  write_law(sample(), path, true);
  EXPECT_EQ(read_law(path).id, "runs.csv");
  EXPECT_THAT(folder.names(), ElementsAre("law.json"));
}

TEST(SavedLaw, NothingIsLeftWhereItCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>(
                  [&] { write_law(sample(), folder / "no/law.json"); }),
              HasSubstr("no such folder"));
  std::filesystem::create_directory(folder / "law.json");
  for (const bool replace : {false, true}) {
    EXPECT_THAT(message_of<FileError>(
                    [&] { write_law(sample(), folder / "law.json", replace); }),
                HasSubstr("is a directory"));
  }
  EXPECT_THAT(folder.names(), ElementsAre("law.json"));
}

TEST(SavedLaw, MissingFileSuggestsANearOne) {
  const TemporaryFolder folder;
  write_law(sample(), folder / "pile.json");
  EXPECT_THAT(message_of<FileError>([&] { read_law(folder / "pille.json"); }),
              HasSubstr("did you mean 'pile.json'?"));
  EXPECT_THAT(message_of<FileError>([&] { read_law(folder / ""); }),
              HasSubstr("is a directory"));
}

/// A saved law with one part replaced, and what must be said about it.
struct Broken {
  const char* name;
  const char* part;
  const char* instead;
  const char* message;

  friend void PrintTo(const Broken& broken, std::ostream* out) {
    *out << broken.name;
  }
};

constexpr const char* kGood = R"({
 "schema": "isoflop.law/1",
 "id": "mine",
 "form": "additive",
 "status": "identified",
 "coefficients": {
  "E": 1.8,
  "A": 480,
  "B": 2000,
  "alpha": 0.35,
  "beta": 0.37
 },
 "range": {"params": [1e7, 1e10]},
 "draws": [
  [1.8, 480, 2000, 0.35, 0.37],
  [1.9, 490, 2100, 0.36, 0.38]
 ]
})";

class BrokenLaw : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenLaw, IsRefusedWithItsPlace) {
  std::string text = kGood;
  const Broken& broken = GetParam();
  const std::size_t at = text.find(broken.part);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string(broken.part).size(), broken.instead);
  const TemporaryFolder folder;
  const std::string path = folder.write("law.json", text);
  const std::string message = message_of<DataError>([&] { read_law(path); });
  EXPECT_THAT(message, StartsWith(path));
  EXPECT_THAT(message, HasSubstr(broken.message));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    BrokenLaw,
    ::testing::Values(
        Broken{"NotANumber", "0.35,", "NaN,", "law.json:10:12: not valid JSON"},
        Broken{"MissingComma", "\"mine\",", "\"mine\"", "law.json:4:7"},
        Broken{"TrailingComma", "0.37\n", "0.37,\n", "law.json:12:2"},
        Broken{"Control", "mine", "mi\tne", "law.json:3:"},
        Broken{"OtherSchema", "law/1", "law/2", "schema is \"isoflop.law/2\""},
        Broken{"FitResult", "isoflop.law/1", "isoflop.fit/1", "isoflop fit -o"},
        Broken{"NoSchema", "\"schema\"", "\"scheme\"", "has no \"schema\""},
        Broken{"NoId", "\"id\"", "\"di\"", "has no \"id\""},
        Broken{"IdIsANumber", "\"mine\"", "7", "id must be a text"},
        Broken{"UnknownForm", "additive", "additve", "did you mean 'additive'"},
        Broken{"MissingCoefficient", "\"E\": 1.8,", "", "has no \"E\""},
        Broken{"UnknownCoefficient",
               "\"E\": 1.8,",
               "\"E\": 1.8, \"gamma\": 1,",
               "unknown coefficient \"gamma\""},
        Broken{"NegativeCoefficient", "480", "-480", "A is -480"},
        Broken{"TextCoefficient", "480", "\"480\"", "A is \"480\""},
        Broken{"NullCoefficient", "480", "null", "A is null"},
        Broken{"TooLargeCoefficient", "480", "1e999", "out of range"},
        Broken{"CoefficientsAreAList",
               "{\n  \"E\": 1.8,\n  \"A\": 480,\n"
               "  \"B\": 2000,\n  \"alpha\": 0.35,\n  \"beta\": 0.37\n }",
               "[1, 2, 3, 4, 5]",
               "coefficients must be an object"},
        Broken{"ShortDraw",
               "[1.9, 490, 2100, 0.36, 0.38]",
               "[1.9, 490, 2100, 0.36]",
               "draw 1 must have 5 numbers"},
        Broken{"NullInDraw", "0.38", "null", "draw 1 is null"},
        Broken{"NegativeInDraw", "0.38", "-0.38", "draw 1 is -0.38"},
        Broken{"DrawsAreANumber",
               "[\n  [1.8, 480, 2000, 0.35, 0.37],\n"
               "  [1.9, 490, 2100, 0.36, 0.38]\n ]",
               "3",
               "draws must be"},
        Broken{"HalfARange", "[1e7, 1e10]", "[1e7]", "params must be [low"},
        Broken{"BackwardsRange", "[1e7, 1e10]", "[1e10, 1e7]", "params"},
        Broken{"UnknownKey",
               "\"status\"",
               "\"statsu\"",
               "unknown key \"statsu\"; did you mean 'status'"},
        Broken{"UnknownKeyOfTheRange",
               "{\"params\"",
               "{\"param\"",
               "range has the unknown key \"param\""},
        Broken{"StandardErrorOfNothing",
               "\"range\"",
               "\"standard_errors\": {\"gamma\": 1}, \"range\"",
               "unknown coefficient \"gamma\""},
        Broken{"NegativeStandardError",
               "\"range\"",
               "\"standard_errors\": {\"E\": -1}, \"range\"",
               "the standard error of E is -1"},
        Broken{"VerifiedIsAText",
               "\"range\"",
               "\"verified\": \"yes\", \"range\"",
               "verified must be true or false"},
        Broken{"TrapsAreAText",
               "\"range\"",
               "\"traps\": \"one\", \"range\"",
               "traps must be a list of texts"},
        Broken{"YearIsAFraction",
               "\"range\"",
               "\"year\": 2024.5, \"range\"",
               "year is 2024.5"},
        Broken{"VoteIsANumber",
               "\"range\"",
               "\"vote\": 1, \"range\"",
               "vote must be true or false"},
        Broken{"RangeOfNothing",
               "{\"params\"",
               "{\"expert\": [1, 2], \"params\"",
               "did you mean 'experts'?"},
        Broken{"UnknownStatus", "identified", "splendid", "status"}),
    [](const auto& entry) { return std::string(entry.param.name); });

TEST(SavedLaw, GoodSampleIsRead) {
  const TemporaryFolder folder;
  const Law law = read_law(folder.write("law.json", kGood));
  EXPECT_EQ(law.draws.rows(), 2);
  EXPECT_EQ(law.draws(1, 4), 0.38);
}

TEST(SavedLaw, CoefficientMayBeNegativeWhereTheFormSaysSo) {
  const std::string text =
      R"({"schema": "isoflop.law/1", "id": "mine", "form": "params_allocation",
          "coefficients": {"k": 2.0, "a": -0.5}, "draws": [[1.0, -0.4]]})";
  const Law law = parse_law(text, "law.json");
  EXPECT_EQ(law.coefficients[1], -0.5);
  EXPECT_EQ(law.draws(0, 1), -0.4);
}

TEST(SavedLaw, TruncationAnywhereIsRefused) {
  const TemporaryFolder folder;
  const std::string text = kGood;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string path = folder.write("law.json", text.substr(0, size));
    EXPECT_THAT(message_of<DataError>([&] { read_law(path); }),
                HasSubstr("law.json:"))
        << size;
  }
}

TEST(SavedLaw, WhatIsNoObjectIsRefused) {
  const TemporaryFolder folder;
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  const std::string opened(200000, '[');
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += "{\"a\":";
    return text;
  }();
  for (const std::string& text : {std::string("[]"),
                                  std::string("7"),
                                  std::string("\"law\""),
                                  std::string("null"),
                                  std::string("\0\0", 2),
                                  std::string("\xff\xfe"),
                                  deep,
                                  opened,
                                  objects}) {
    const std::string path = folder.write("law.json", text);
    EXPECT_THAT(message_of<DataError>([&] { read_law(path); }),
                StartsWith(path))
        << text.substr(0, 20);
  }
}

}  // namespace
}  // namespace isoflop
