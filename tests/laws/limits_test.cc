// SPDX-License-Identifier: Apache-2.0
// Where a law ends in a simpler one, it does so exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "isoflop/laws/law.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::near_rel;

constexpr testing::Tolerance kSame{1e-14, 0};

Law law_of(const char* form, const std::map<std::string, double>& named) {
  Law law;
  law.id = form;
  law.form = find_form(form);
  law.coefficients.resize(law.form->coefficient_count());
  for (int j = 0; j < law.form->coefficient_count(); ++j) {
    const auto& info = law.form->coefficients()[static_cast<std::size_t>(j)];
    law.coefficients[j] = named.at(std::string(info.name));
  }
  return law;
}

Law additive(
    double irreducible, double size, double data, double alpha, double beta) {
  return law_of("additive",
                {{"E", irreducible},
                 {"A", size},
                 {"B", data},
                 {"alpha", alpha},
                 {"beta", beta}});
}

/// Both laws over sizes and data; `more` is what only the first reads.
void expect_same(const Law& law,
                 const Law& simpler,
                 const char* size_name = "params",
                 const InputValues& more = {}) {
  for (const double params : {1e6, 3e8, 7e10}) {
    for (const double tokens : {2e12, 5e13}) {
      InputValues inputs = more;
      inputs[size_name] = params;
      inputs["tokens"] = tokens;
      EXPECT_THAT(
          law.value(inputs),
          near_rel(simpler.value({{"params", params}, {"tokens", tokens}}),
                   kSame))
          << law.id << " at " << params << " on " << tokens;
    }
  }
}

TEST(Limits, CoupledWithPowerOneIsAdditive) {
  for (const char* form : {"coupled", "coupled_inside"}) {
    expect_same(law_of(form,
                       {{"E", 1.8},
                        {"A", 480},
                        {"B", 2100},
                        {"alpha", 0.35},
                        {"beta", 0.37},
                        {"gamma", 1}}),
                additive(1.8, 480, 2100, 0.35, 0.37));
  }
}

TEST(Limits, TiedExponentsAreAdditive) {
  expect_same(law_of("additive_tied",
                     {{"E", 1.8}, {"A", 160}, {"B", 300}, {"alpha", 0.27}}),
              additive(1.8, 160, 300, 0.27, 0.27));
}

TEST(Limits, OneEpochIsAdditiveForSizesThatTheDataFeed) {
  // All sizes above are below what 2e12 tokens feed, 102B.
  const Law law = law_of("data_constrained",
                         {{"E", 1.87},
                          {"A", 521},
                          {"B", 1488},
                          {"alpha", 0.353},
                          {"beta", 0.353},
                          {"RDs", 15.4},
                          {"RNs", 5.3}});
  const Law simpler = additive(1.87, 521, 1488, 0.353, 0.353);
  expect_same(law, simpler);
  expect_same(law, simpler, "params", {{"unique_tokens", 5e13}});
}

TEST(Limits, AllBitsAreAdditive) {
  const Law law = law_of("kumar",
                         {{"A", 4299},
                          {"alpha", 0.4965},
                          {"B", 18060},
                          {"beta", 0.5},
                          {"E", 2.7648},
                          {"gw", 2.6745},
                          {"ga", 2.2102},
                          {"gkv", 0.9578},
                          {"CT", 0.0598},
                          {"gD", 0.5068},
                          {"gN", 0.3439},
                          {"gpost", 0.5907}});
  const Law simpler = additive(2.7648, 4299, 18060, 0.4965, 0.5);
  constexpr double kAll = std::numeric_limits<double>::infinity();
  expect_same(law, simpler);
  expect_same(law,
              simpler,
              "params",
              {{"weight_bits", kAll},
               {"activation_bits", kAll},
               {"kv_bits", kAll},
               {"post_bits", kAll}});
}

TEST(Limits, OneExpertIsDense) {
  const Law mixture = published_law("ludziejewski2025");
  const auto c = mixture.named_coefficients();
  // With one expert the effective number is Estart.
  const double log_x = std::log(c.at("Estart"));
  expect_same(mixture,
              additive(c.at("c"),
                       c.at("a") * std::exp(c.at("delta") * log_x),
                       c.at("b") * std::exp(c.at("omega") * log_x),
                       -(c.at("alpha") + c.at("gamma") * log_x),
                       -(c.at("beta") + c.at("zeta") * log_x)),
              "active_params",
              {{"experts", 1}});
}

TEST(Limits, WithoutGranularityIsAdditive) {
  expect_same(law_of("krajewski",
                     {{"a", 16.3},
                      {"alpha", 0.126},
                      {"b", 26.7},
                      {"beta", 0.127},
                      {"g", 0},
                      {"gamma", 0.58},
                      {"c", 0.47}}),
              additive(0.47, 16.3, 26.7, 0.126, 0.127),
              "params",
              {{"granularity", 8}});
}

}  // namespace
}  // namespace isoflop
