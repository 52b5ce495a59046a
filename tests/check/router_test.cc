// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "check/plans.h"
#include "isoflop/base/error.h"
#include "isoflop/base/random.h"
#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "support/matchers.h"
#include "support/temporary_folder.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kRounding;
using testing::kSolver;
using testing::message_of;
using testing::near_rel;
using testing::TemporaryFolder;
using testing::value_of;

constexpr double kBeyond = 1.0 + 1e-6;

/// Two layers: one as given, one even.
RouterLoad beside_even(const std::vector<double>& tokens) {
  const auto experts = static_cast<Eigen::Index>(tokens.size());
  Eigen::MatrixXd load(2, experts);
  load.row(0) = Eigen::Map<const Eigen::RowVectorXd>(tokens.data(), experts);
  load.row(1).setConstant(1000.0);
  return router_load(load);
}

std::optional<Severity> severity(const RouterCheck& check, const char* code) {
  const Finding* finding = find(check.findings, code);
  if (finding == nullptr) return std::nullopt;
  return finding->severity;
}

/// Mixtral's sizes, rounded.
RouterOptions mixture() {
  RouterOptions options;
  options.params = Params(47e9);
  options.active_params = Params(13e9);
  options.tokens = Tokens(1e12);
  options.top_k = 2;
  return options;
}

TEST(Router, FindsNothingInAnEvenLoad) {
  const RouterCheck check =
      check_router(router_load(Eigen::MatrixXd::Constant(3, 8, 4096.0)));
  EXPECT_EQ(check.verdict, Verdict::Clean);
  EXPECT_THAT(check.findings, IsEmpty());
  EXPECT_EQ(check.dead, 0);
  EXPECT_EQ(check.max_vio, 0.0);
  EXPECT_EQ(check.slowest_device, 1.0);
  EXPECT_THAT(check.effective, near_rel(8.0, kRounding));
}

TEST(Router, MeasuresALayer) {
  const RouterCheck check = check_router(beside_even({70, 10, 10, 10}));
  const RouterLayer& layer = check.layers.front();
  EXPECT_THAT(layer.max_vio, near_rel(1.8, kRounding));
  EXPECT_THAT(layer.effective,
              near_rel(std::pow(0.7, -0.7) * std::pow(0.1, -0.3), kRounding));
  EXPECT_THAT(layer.slowest_device, near_rel(2.8, kRounding));
  EXPECT_EQ(check.worst.layer, 0);
  EXPECT_THAT(check.max_vio, near_rel(0.9, kRounding));
  EXPECT_THAT(check.effective,
              near_rel(std::sqrt(4.0 * layer.effective), kRounding));
}

TEST(Router, DevicesShareTheirExperts) {
  RouterOptions options;
  options.experts_per_device = 2;
  EXPECT_THAT(check_router(beside_even({70, 10, 10, 10}), options)
                  .layers.front()
                  .slowest_device,
              near_rel(1.6, kRounding));
  options.experts_per_device = 4;
  EXPECT_EQ(check_router(beside_even({70, 10, 10, 10}), options).slowest_device,
            1.0);
}

TEST(Router, WaitsForTheSlowestDeviceOfEachLayer) {
  Eigen::MatrixXd load(2, 2);
  load << 30, 10, 20, 140;
  // 30 and 140 tokens in turn, where even devices have 20 and 80.
  EXPECT_THAT(check_router(router_load(load)).slowest_device,
              near_rel(1.7, kRounding));
}

TEST(Router, KeepsItsNumbersUnderOrderAndScale) {
  constexpr int kLoads = 200;
  for (std::uint64_t i = 0; i < kLoads; ++i) {
    RandomStream random(11, i);
    Eigen::RowVectorXd load(8);
    for (double& tokens : load) {
      // A third is idle, the rest spans three decades.
      const double size = std::floor(std::pow(10.0, 3.0 * random.uniform()));
      tokens = random.below(3) == 0 ? 0.0 : size;
    }
    load[random.below(8)] += 1.0;
    const RouterCheck check = check_router(router_load(Eigen::MatrixXd(load)));
    const RouterCheck turned = check_router(
        router_load(Eigen::MatrixXd(7.0 * load.reverse().matrix())));
    EXPECT_EQ(turned.dead, check.dead);
    EXPECT_THAT(turned.max_vio, near_rel(check.max_vio, kRounding));
    EXPECT_THAT(turned.effective, near_rel(check.effective, kRounding));
    EXPECT_GE(check.effective, 1.0 - kRounding.relative);
    EXPECT_LE(check.effective, 8.0 * (1.0 + kRounding.relative));
    EXPECT_GE(check.effective,
              8.0 / (1.0 + check.max_vio) * (1.0 - kRounding.relative));
    RouterOptions pairs;
    pairs.experts_per_device = 2;
    const double slowest =
        check_router(router_load(Eigen::MatrixXd(load)), pairs).slowest_device;
    EXPECT_LE(slowest, check.slowest_device * (1.0 + kRounding.relative));
    EXPECT_GE(slowest, 1.0 - kRounding.relative);
  }
}

// moe.dead-experts

TEST(DeadExperts, FiresBelowATenthOfAnEvenLoad) {
  // The mean is 100.
  EXPECT_EQ(severity(check_router(beside_even({110, 140, 140, 10})),
                     "moe.dead-experts"),
            std::nullopt);
  const RouterCheck check = check_router(beside_even({111, 140, 140, 9}));
  EXPECT_EQ(severity(check, "moe.dead-experts"), Severity::Error);
  EXPECT_EQ(check.dead_share, 0.125);
  EXPECT_EQ(value_of(check.findings.front(), "dead_experts"), 1.0);
}

TEST(DeadExperts, FollowsItsThresholds) {
  const RouterLoad load = beside_even({111, 140, 140, 9});  // a share of 1/8
  RouterOptions options;
  options.dead_error = 0.125 * kBeyond;
  options.dead_warning = 0.125;
  EXPECT_EQ(severity(check_router(load, options), "moe.dead-experts"),
            Severity::Warning);
  options.dead_warning = 0.125 * kBeyond;
  EXPECT_EQ(severity(check_router(load, options), "moe.dead-experts"),
            Severity::Note);
  options.dead_load = 0.09;
  EXPECT_EQ(severity(check_router(load, options), "moe.dead-experts"),
            std::nullopt);
}

TEST(DeadExperts, AcceptedStaysInTheReport) {
  RouterOptions options;
  options.accept = {"moe.dead-experts"};
  const RouterCheck check =
      check_router(beside_even({111, 140, 140, 9}), options);
  ASSERT_EQ(check.accepted.size(), 1u);
  EXPECT_EQ(check.accepted[0].code, "moe.dead-experts");
  EXPECT_EQ(check.verdict, Verdict::Noted);
  options.accept = {"moe.dead-expert"};
  EXPECT_THAT(message_of<std::invalid_argument>([&] {
                check_router(beside_even({1, 2}), options);
              }),
              HasSubstr("did you mean 'moe.dead-experts'"));
}

// moe.imbalanced

TEST(Imbalanced, FiresFromItsThresholdsOn) {
  const RouterLoad twice = beside_even({200, 60, 70, 70});
  EXPECT_EQ(severity(check_router(twice), "moe.imbalanced"), Severity::Warning);
  EXPECT_EQ(
      severity(check_router(beside_even({199, 61, 70, 70})), "moe.imbalanced"),
      std::nullopt);
  EXPECT_EQ(
      severity(check_router(beside_even({300, 40, 30, 30})), "moe.imbalanced"),
      Severity::Error);
  RouterOptions options;
  options.max_vio_error = 1.0;
  EXPECT_EQ(severity(check_router(twice, options), "moe.imbalanced"),
            Severity::Error);
}

TEST(Imbalanced, HasItsNumbers) {
  const RouterCheck check = check_router(beside_even({300, 40, 30, 30}));
  const Finding& finding = *find(check.findings, "moe.imbalanced");
  EXPECT_EQ(value_of(finding, "max_vio"), check.worst.max_vio);
  EXPECT_EQ(value_of(finding, "max_vio_mean"), check.max_vio);
  EXPECT_EQ(value_of(finding, "effective_experts"), check.effective);
  EXPECT_EQ(value_of(finding, "slowest_device"), check.slowest_device);
  EXPECT_THAT(finding.message, HasSubstr("3 times an even load (MaxVio 2"));
}

// What it costs.

TEST(RouterCost, CountsParametersAndTimeOfExperts) {
  const RouterCheck check = check_router(
      beside_even({120, 130, 140, 110, 100, 100, 100, 0}), mixture());
  ASSERT_TRUE(check.cost.has_value());
  const double p = 34e9 / 6.0;  // (47B - 13B) / (8 - 2)
  EXPECT_THAT(check.cost->idle_params, near_rel(0.5 * p, kRounding));
  EXPECT_THAT(check.cost->expert_share, near_rel(2 * p / 13e9, kRounding));
  EXPECT_THAT(
      check.cost->time_factor,
      near_rel(1.0 + 2 * p / 13e9 * (check.slowest_device - 1.0), kRounding));
  EXPECT_THAT(
      check.cost->idle_flops->value(),
      near_rel(6.0 * 13e9 * 1e12 * (check.cost->time_factor - 1.0), kRounding));
  EXPECT_FALSE(check.cost->is_least);
}

TEST(RouterCost, IsALowerBoundWithoutTopK) {
  RouterOptions options = mixture();
  const RouterLoad load = beside_even({120, 130, 140, 110, 100, 100, 100, 0});
  const RouterCost known = *check_router(load, options).cost;
  options.top_k.reset();
  const RouterCost least = *check_router(load, options).cost;
  EXPECT_TRUE(least.is_least);
  EXPECT_LT(least.idle_params, known.idle_params);
  EXPECT_LT(least.time_factor, known.time_factor);
}

TEST(RouterCost, NeedsBothSizes) {
  RouterOptions options;
  options.active_params = Params(13e9);
  options.tokens = Tokens(1e12);
  EXPECT_FALSE(check_router(beside_even({1, 2}), options).cost.has_value());
}

// Dense models of the same loss.

TEST(DenseEquivalent, HasTheLossOfTheMixture) {
  const RouterCheck check = check_router(
      beside_even({300, 40, 30, 30, 100, 100, 100, 100}), mixture());
  std::vector<std::string> laws;
  for (const DenseEquivalent& dense : check.dense) {
    laws.push_back(dense.law);
    const Law law = published_law(dense.law);
    InputValues inputs;
    for (const Variable& input : law.form->inputs()) {
      const std::string name(input.name);
      inputs[name] = name == "tokens"     ? 1e12
                     : input.has_absent() ? input.absent
                                          : dense.params->value();
    }
    EXPECT_THAT(law.value(inputs), near_rel(dense.loss.value(), kSolver))
        << dense.law;
    EXPECT_LT(dense.balanced_loss, dense.loss) << dense.law;
    EXPECT_GT(*dense.balanced_params, *dense.params) << dense.law;
  }
  EXPECT_THAT(laws,
              ElementsAre("clark2022-sbase",
                          "clark2022-rlr",
                          "clark2022-hash",
                          "ludziejewski2025",
                          "abnar2025"));
}

TEST(DenseEquivalent, IsTheEffectiveParameterCountOfClark) {
  RouterOptions options;
  options.active_params = Params(1e9);
  options.params = Params(5e9);
  const RouterCheck check = check_router(
      router_load(Eigen::MatrixXd::Constant(2, 64, 100.0)), options);
  const DenseEquivalent& dense = check.dense.front();
  ASSERT_EQ(dense.law, "clark2022-sbase");
  const auto c = published_law("clark2022-sbase").named_coefficients();
  const double inner = 1.0 / (1.0 / c.at("Estart") - 1.0 / c.at("Emax"));
  const double x =
      std::log10(1.0 / (1.0 / (63.0 + inner) + 1.0 / c.at("Emax")));
  const double start = std::log10(c.at("Estart"));
  const double lg =
      (c.at("a") * 9 + c.at("b") * (x - start) + c.at("c") * 9 * x) /
      (c.at("a") + c.at("c") * start);
  EXPECT_THAT(dense.params->value(), near_rel(std::pow(10.0, lg), kSolver));
  EXPECT_EQ(dense.params, dense.balanced_params);
}

TEST(DenseEquivalent, AsksTheLawsThatKnowEnough) {
  EXPECT_THAT(check_router(beside_even({1, 2})).dense, IsEmpty());
  RouterOptions options;
  options.active_params = Params(1e9);
  options.tokens = Tokens(1e10);
  const RouterCheck check = check_router(beside_even({1, 2}), options);
  ASSERT_EQ(check.dense.size(), 1u);
  EXPECT_EQ(check.dense.front().law, "ludziejewski2025");
}

TEST(RouterOptions, AreRefusedWhereTheyContradictTheLoad) {
  const auto problem = [](auto&& change) {
    RouterOptions options;
    change(options);
    return message_of<std::invalid_argument>([&] {
      check_router(beside_even({1, 2, 3, 4}), options);
    });
  };
  EXPECT_THAT(problem([](auto& o) { o.experts_per_device = 3; }),
              HasSubstr("4 experts do not divide by it"));
  EXPECT_THAT(problem([](auto& o) {
                o.params = Params(4e9);
                o.active_params = Params(2e9);
                o.top_k = 4;
              }),
              HasSubstr("top_k is 4, but there are 4 experts"));
  EXPECT_THAT(problem([](auto& o) { o.params = Params(1e9); }),
              HasSubstr("params says nothing without active_params"));
  EXPECT_THAT(problem([](auto& o) { o.tokens = Tokens(1e9); }),
              HasSubstr("tokens says nothing without active_params"));
  EXPECT_THAT(problem([](auto& o) { o.active_params = Params(1e9); }),
              HasSubstr("says nothing without params or tokens"));
  EXPECT_THAT(problem([](auto& o) { o.top_k = 2; }),
              HasSubstr("top_k says nothing without params"));
  EXPECT_THAT(problem([](auto& o) { o.dead_load = 1.0; }),
              HasSubstr("dead_load"));
  EXPECT_THAT(problem([](auto& o) {
                o.params = Params(1e9);
                o.active_params = Params(2e9);
              }),
              HasSubstr("active_params must be fewer than params"));
  EXPECT_THAT(problem([](auto& o) {
                o.params = Params(100e9);
                o.active_params = Params(1e9);
              }),
              HasSubstr("contradict each other"));
}

// Tables.

RouterLoad read(const std::string& text) {
  const TemporaryFolder folder;
  return read_router_load(folder.write("load.csv", text));
}

TEST(RouterLoad, ReadsRowsInAnyOrderUnderOtherNames) {
  const RouterLoad load =
      read("Expert_ID,layer_idx,load\n1,3,40\n0,3,30\n0,1,10\n1,1,2k\n");
  EXPECT_THAT(load.layers, ElementsAre(1, 3));
  Eigen::MatrixXd expected(2, 2);
  expected << 10, 2000, 30, 40;
  EXPECT_EQ(load.tokens, expected);
}

TEST(RouterLoad, ReadsJson) {
  const RouterLoad load = read(
      R"([{"layer": 0, "expert": 0, "tokens": 5},
          {"layer": 0, "expert": 1, "tokens": 7}])");
  EXPECT_THAT(load.layers, ElementsAre(0));
  EXPECT_EQ(load.tokens(0, 1), 7.0);
}

struct BadLoad {
  const char* name;
  const char* text;
  const char* place;
  const char* problem;

  friend void PrintTo(const BadLoad& bad, std::ostream* out) {
    *out << bad.name;
  }
};

class BadRouterLoad : public ::testing::TestWithParam<BadLoad> {};
TEST_P(BadRouterLoad, IsRefusedInOneLine) {
  const TemporaryFolder folder;
  const std::string path = folder.write("load.csv", GetParam().text);
  const std::string message =
      message_of<DataError>([&] { read_router_load(path); });
  EXPECT_THAT(message, HasSubstr(path + GetParam().place));
  EXPECT_THAT(message, HasSubstr(GetParam().problem));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Tables,
    BadRouterLoad,
    ::testing::Values(
        BadLoad{"empty", "", ": ", "no header"},
        BadLoad{"no_rows", "layer,expert,tokens\n", ": ", "no rows"},
        BadLoad{"no_tokens",
                "layer,expert\n0,0\n",
                ":1: ",
                "no column holds the tokens; columns found: layer and expert"},
        BadLoad{"unknown_column",
                "layer,expert,tokens,step\n0,0,1,1\n",
                ":1: ",
                "column 'step' is not one of"},
        BadLoad{"two_columns",
                "layer,expert,tokens,load\n0,0,1,1\n",
                ":1: ",
                "both 'tokens' and 'load' may be tokens"},
        BadLoad{"ragged",
                "layer,expert,tokens\n0,0\n",
                ":2: ",
                "2 cells found, but the header has 3"},
        BadLoad{"text",
                "layer,expert,tokens\n0,0,many\n",
                ":2:5: ",
                "tokens is 'many', but must be a whole number"},
        BadLoad{"negative",
                "layer,expert,tokens\n0,0,5\n0,1,-3\n",
                ":3:5: ",
                "tokens is -3, but must be a whole number >= 0"},
        BadLoad{"fraction",
                "layer,expert,tokens\n0,0,0.75\n0,1,0.25\n",
                ":2:5: ",
                "counts of tokens, not shares"},
        BadLoad{"not_a_number",
                "layer,expert,tokens\n0,0,nan\n0,1,2\n",
                ":2:5: ",
                "tokens is 'nan'"},
        BadLoad{"infinite",
                "layer,expert,tokens\n0,0,inf\n0,1,2\n",
                ":2:5: ",
                "must be a whole number"},
        BadLoad{"named_layers",
                "layer,expert,tokens\nblocks.0,0,5\n",
                ":2:1: ",
                "layer is 'blocks.0'"},
        BadLoad{"duplicate",
                "layer,expert,tokens\n0,0,5\n0,1,5\n0,1,6\n",
                ":4:5: ",
                "layer 0, expert 1 is given twice"},
        BadLoad{"missing_expert",
                "layer,expert,tokens\n0,0,5\n0,2,5\n",
                ":3:5: ",
                "layer 0 has no expert 1; one without tokens has a row with"},
        BadLoad{"late_experts",
                "layer,expert,tokens\n0,4,5\n0,5,5\n",
                ":2:5: ",
                "layer 0 begins with expert 4"},
        BadLoad{"unequal_counts",
                "layer,expert,tokens\n0,0,5\n0,1,5\n1,0,5\n",
                ":4:5: ",
                "layer 1 has experts 0 to 0, layer 0 has experts 0 to 1"},
        BadLoad{"missing_layer",
                "layer,expert,tokens\n0,0,5\n0,1,5\n1,0,5\n1,1,5\n"
                "3,0,5\n3,1,5\n",
                ": ",
                "layer 2 is missing between 1 and 3"},
        BadLoad{"one_expert",
                "layer,expert,tokens\n0,0,5\n1,0,5\n",
                ": ",
                "one expert a layer needs no router"},
        BadLoad{"idle_layer",
                "layer,expert,tokens\n0,0,5\n0,1,5\n1,0,0\n1,1,0\n",
                ":4:5: ",
                "layer 1 was given no tokens at all"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(RouterLoad, ColumnsAreRefusedByRow) {
  const Eigen::Vector2d layer(0, 0);
  const Eigen::Vector2d expert(0, 1);
  const auto problem = [&](const std::string& name,
                           const Eigen::VectorXd& tokens) {
    return message_of<std::invalid_argument>([&] {
      router_load({{"layer", layer}, {"expert", expert}, {name, tokens}});
    });
  };
  EXPECT_THAT(problem("load", Eigen::Vector2d(1, -1)),
              HasSubstr("row 1: tokens is -1"));
  EXPECT_THAT(problem("tokens", Eigen::Vector3d(1, 2, 3)),
              HasSubstr("layer has 2 rows, tokens has 3"));
  EXPECT_THAT(problem("token", Eigen::Vector2d(1, 2)),
              HasSubstr("column 'token' is not one of"));
  EXPECT_THAT(message_of<std::invalid_argument>(
                  [] { router_load(Eigen::MatrixXd(0, 4)); }),
              HasSubstr("no rows"));
}

TEST(RouterReport, FitsATerminal) {
  RouterOptions options = mixture();
  options.experts_per_device = 2;
  for (const RouterCheck& check :
       {check_router(beside_even({300, 40, 0, 30, 1, 100, 100, 100}), options),
        check_router(beside_even({1, 2}))}) {
    std::istringstream text(to_text(check));
    for (std::string line; std::getline(text, line);) {
      EXPECT_LE(line.size(), 79u) << line;
    }
    EXPECT_THAT(to_json(check), HasSubstr("isoflop.router/1"));
  }
}

}  // namespace
}  // namespace isoflop
