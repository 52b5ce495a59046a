// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/field.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "support/matchers.h"

namespace isoflop {

namespace {
enum class Shape { Round, Square };
}  // namespace

template <>
struct EnumWords<Shape> {
  static constexpr std::pair<Shape, std::string_view> values[] = {
      {Shape::Round, "round"}, {Shape::Square, "square"}};
};

namespace {

using testing::message_of;

struct Options {
  double huber_delta = 1e-3;
  int max_iterations = 500;
  std::uint64_t seed = 0;
  bool quick = false;
  std::string name;
  std::vector<std::string> where;
  Shape shape = Shape::Round;
  Params params{1e9};
  std::optional<Tokens> tokens;
  std::optional<Range<Flops>> flops;
  std::optional<double> level;

  static constexpr auto fields() {
    return std::make_tuple(
        field("huber_delta", &Options::huber_delta, "threshold", kPositive),
        field("max_iterations", &Options::max_iterations, "steps", at_least(1)),
        field("seed", &Options::seed, "seed of the draws"),
        field("quick", &Options::quick, "skip the doubt"),
        field("name", &Options::name, "what to call it"),
        field("where", &Options::where, "rows to keep (repeatable)"),
        field("shape", &Options::shape, "how it looks"),
        field("params", &Options::params, "size", kPositive, "model.params"),
        field("tokens", &Options::tokens, "data", kPositive, "data.tokens"),
        field("flops", &Options::flops, "compute", kPositive, "budget.flops"),
        field("level", &Options::level, "of the interval", kOpenUnit));
  }
};

std::string set_message(std::string_view name, std::string_view text) {
  return message_of<std::invalid_argument>([&] {
    Options options;
    set_option(options, name, text, "fit");
  });
}

TEST(SetOption, ReadsEveryType) {
  Options options;
  set_option(options, "huber_delta", "1e-2", "fit");
  set_option(options, "max_iterations", "1_000", "fit");
  set_option(options, "seed", "9007199254740992", "fit");
  set_option(options, "quick", "true", "fit");
  set_option(options, "name", "a b", "fit");
  set_option(options, "where", "x=1", "fit");
  set_option(options, "where", "y=2", "fit");
  set_option(options, "shape", "square", "fit");
  set_option(options, "params", "70B", "fit");
  set_option(options, "tokens", "1.4T", "fit");
  set_option(options, "flops", "2e26..5.4e26", "fit");
  set_option(options, "level", "0.9", "fit");
  EXPECT_EQ(options.huber_delta, 1e-2);
  EXPECT_EQ(options.max_iterations, 1000);
  EXPECT_EQ(options.seed, 9007199254740992u);
  EXPECT_TRUE(options.quick);
  EXPECT_EQ(options.name, "a b");
  EXPECT_EQ(options.where, (std::vector<std::string>{"x=1", "y=2"}));
  EXPECT_EQ(options.shape, Shape::Square);
  EXPECT_EQ(options.params, Params(70e9));
  EXPECT_EQ(options.tokens, Tokens(1.4e12));
  EXPECT_EQ(options.flops, Range<Flops>(Flops(2e26), Flops(5.4e26)));
  EXPECT_EQ(options.level, 0.9);
  validate(options, "fit");
}

TEST(SetOption, ReadsASwitchFourWays) {
  Options options;
  for (const char* text : {"true", "1", ""}) {
    options.quick = false;
    set_option(options, "quick", text, "fit");
    EXPECT_TRUE(options.quick) << text;
  }
  for (const char* text : {"false", "0"}) {
    options.quick = true;
    set_option(options, "quick", text, "fit");
    EXPECT_FALSE(options.quick) << text;
  }
  EXPECT_EQ(set_message("quick", "yes"),
            "fit: quick: 'yes' is not true or false");
}

TEST(SetOption, RefusesOutOfRangeByNameValueAndRule) {
  EXPECT_EQ(set_message("huber_delta", "-1"),
            "fit: huber_delta is -1, but must be > 0");
  EXPECT_EQ(set_message("huber_delta", "0"),
            "fit: huber_delta is 0, but must be > 0");
  EXPECT_EQ(set_message("max_iterations", "0"),
            "fit: max_iterations is 0, but must be >= 1");
  EXPECT_EQ(set_message("level", "1"),
            "fit: level is 1, but must be between 0 and 1, exclusive");
  EXPECT_EQ(set_message("tokens", "-1.4T"),
            "fit: tokens is -1.4T, but must be > 0");
}

TEST(SetOption, RefusesIntegersThatAreNotOrDoNotFit) {
  EXPECT_EQ(set_message("max_iterations", "1.5"),
            "fit: max_iterations: '1.5' is not a whole number");
  EXPECT_NE(set_message("max_iterations", "3e9"), "");
  EXPECT_NE(set_message("max_iterations", "-3e9"), "");
  EXPECT_NE(set_message("seed", "-1"), "");
  EXPECT_NE(set_message("seed", "1e17"), "");
}

TEST(SetOption, RefusesMalformedValues) {
  EXPECT_EQ(set_message("huber_delta", "nan"),
            "fit: huber_delta: 'nan' is not a number: "
            "expected a number such as 0.34 or 1e24");
  EXPECT_NE(set_message("params", "70m"), "");
  EXPECT_NE(set_message("params", ""), "");
  EXPECT_NE(set_message("flops", "1e24.."), "");
  EXPECT_EQ(set_message("flops", "5e26..2e26"),
            "fit: flops: '5e26..2e26' runs backwards; write low..high");
  EXPECT_EQ(set_message("shape", "sqare"),
            "fit: shape: 'sqare' is not one of round and square; "
            "did you mean 'square'?");
}

TEST(SetOption, RefusesAnUnknownNameWithTheNearest) {
  EXPECT_EQ(set_message("huber_dleta", "1"),
            "fit: unknown option 'huber_dleta'; did you mean 'huber_delta'?");
  EXPECT_EQ(set_message("zebra", "1"), "fit: unknown option 'zebra'");
}

TEST(SetOption, LeavesTheOptionAloneWhenItRefuses) {
  Options options;
  EXPECT_THROW(set_option(options, "params", "-1", "fit"),
               std::invalid_argument);
  EXPECT_EQ(options.params, Params(1e9));
}

TEST(Validate, AcceptsDefaults) { validate(Options(), "fit"); }

TEST(Validate, RefusesWhatNoTextCouldHaveSet) {
  const auto message = [](auto change) {
    return message_of<std::invalid_argument>([&] {
      Options options;
      change(options);
      validate(options, "fit");
    });
  };
  EXPECT_EQ(message([](Options& o) { o.huber_delta = -1.0; }),
            "fit: huber_delta is -1, but must be > 0");
  EXPECT_NE(message([](Options& o) { o.huber_delta = std::nan(""); }), "");
  EXPECT_NE(message([](Options& o) { o.huber_delta = HUGE_VAL; }), "");
  EXPECT_NE(message([](Options& o) { o.max_iterations = 0; }), "");
  EXPECT_NE(message([](Options& o) { o.tokens = Tokens(-1.0); }), "");
  EXPECT_NE(message([](Options& o) { o.params = Params(std::nan("")); }), "");
  EXPECT_NE(message([](Options& o) {
              o.flops = Range<Flops>(Flops(2.0), Flops(1.0));
            }),
            "");
}

TEST(OptionInfos, DescribesEveryOptionInOrder) {
  const std::vector<OptionInfo> infos = option_infos<Options>();
  ASSERT_EQ(infos.size(), 11u);
  EXPECT_EQ(infos[0].name, "huber_delta");
  EXPECT_EQ(infos[0].placeholder, "NUMBER");
  EXPECT_EQ(infos[0].help, "threshold");
  EXPECT_EQ(infos[0].range, "> 0");
  EXPECT_EQ(infos[0].default_text, "0.001");
  EXPECT_EQ(infos[0].type, "number");
  EXPECT_EQ(infos[1].placeholder, "N");
  EXPECT_EQ(infos[1].type, "integer");
  EXPECT_EQ(infos[2].range, "");
  EXPECT_EQ(infos[3].placeholder, "");
  EXPECT_EQ(infos[3].type, "switch");
  EXPECT_EQ(infos[5].type, "list");
  EXPECT_EQ(infos[6].default_text, "round");
  EXPECT_EQ(infos[7].placeholder, "PARAMS");
  EXPECT_EQ(infos[7].key, "model.params");
  EXPECT_EQ(infos[8].placeholder, "TOKENS");
  EXPECT_EQ(infos[8].default_text, "");
  EXPECT_EQ(infos[9].placeholder, "FLOP");
}

/// All options at other values than their defaults.
Options other_options() {
  Options options;
  options.huber_delta = 0.25;
  options.max_iterations = 7;
  options.seed = 11;
  options.quick = true;
  options.name = "other";
  options.where = {"x=1"};
  options.shape = Shape::Square;
  options.params = Params(3.0);
  options.tokens = Tokens(5.0);
  options.flops = Range<Flops>(Flops(1.0), Flops(2.0));
  options.level = 0.5;
  return options;
}

TEST(OptionInfos, DefaultsReadBack) {
  const Options defaults;
  int read = 0;
  for (const OptionInfo& info : option_infos<Options>()) {
    Options options = other_options();
    for_each_field(options, [&](const auto& field, const auto& value) {
      if (field.name != info.name) return;
      EXPECT_NE(value, defaults.*(field.member)) << info.name;
    });
    if (info.default_text.empty()) continue;
    set_option(options, info.name, info.default_text, "fit");
    for_each_field(options, [&](const auto& field, const auto& value) {
      if (field.name != info.name) return;
      EXPECT_EQ(value, defaults.*(field.member)) << info.name;
      ++read;
    });
  }
  EXPECT_EQ(read, 6);  // all that are not empty, a text or a list
}

TEST(Bounds, AreWrittenAsARule) {
  EXPECT_EQ(to_string(kAnyNumber), "");
  EXPECT_EQ(to_string(kPositive), "> 0");
  EXPECT_EQ(to_string(kNonNegative), ">= 0");
  EXPECT_EQ(to_string(at_least(1)), ">= 1");
  EXPECT_EQ(to_string(between(0, 1)), "between 0 and 1");
  EXPECT_EQ(to_string(kOpenUnit), "between 0 and 1, exclusive");
}

TEST(Bounds, ContainTheirClosedEndsOnly) {
  EXPECT_TRUE(between(0, 1).contain(0.0));
  EXPECT_TRUE(between(0, 1).contain(1.0));
  EXPECT_FALSE(kOpenUnit.contain(0.0));
  EXPECT_FALSE(kOpenUnit.contain(1.0));
  EXPECT_FALSE(kPositive.contain(0.0));
  EXPECT_FALSE(kPositive.contain(HUGE_VAL));
  EXPECT_FALSE(kAnyNumber.contain(std::nan("")));
}

}  // namespace
}  // namespace isoflop
