// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "isoflop/laws/curve.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "support/reference.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using testing::near_rel;
using testing::printed;
using testing::reference_rows;
using testing::ReferenceRow;

/// "params=7e10;tokens=1.4e12" as values by name.
InputValues inputs_of(std::string text) {
  InputValues inputs;
  while (!text.empty()) {
    const std::size_t equals = text.find('=');
    const std::size_t end = std::min(text.find(';'), text.size());
    inputs[text.substr(0, equals)] =
        parse_number(text.substr(equals + 1, end - equals - 1));
    text.erase(0, end + 1);
  }
  return inputs;
}

TEST(Catalogue, LawsGiveTheExpectedNumbers) {
  const std::vector<ReferenceRow> rows = reference_rows("laws.csv");
  std::set<std::string> seen;
  for (const ReferenceRow& row : rows) {
    const Law law = published_law(row.text("law"), true);
    const InputValues inputs = inputs_of(row.text("inputs"));
    const std::string& quantity = row.text("quantity");
    double actual = std::nan("");
    if (quantity == "curve") {
      seen.insert(law.id);
      const std::string fall =
          "cosine:" +
          std::regex_replace(row.text("inputs"), std::regex(";"), ",");
      const LossCurve curve = loss_curve(law, parse_schedule(fall), 1000000);
      actual = curve.loss_nats[0];
    } else if (quantity == "value" || quantity == "computed_elsewhere") {
      seen.insert(law.id);
      actual = law.value(inputs);
    } else {
      const Optimum best = optimum(law, Flops(inputs.at("flops")));
      if (quantity == "params_optimal") actual = best.params.value();
      if (quantity == "tokens_optimal") actual = best.tokens.value();
      if (quantity == "tokens_per_param") actual = best.tokens_per_param();
      if (quantity == "loss_optimal") actual = best.loss.value();
    }
    EXPECT_THAT(actual, row.is_met())
        << law.id << " " << quantity << " " << row.text("inputs");
  }
  for (const std::string& id : published_law_ids()) {
    EXPECT_EQ(seen.count(id), 1u) << id << " has no expected number";
  }
}

TEST(Catalogue, EveryLawSaysWhereItIsFrom) {
  std::set<std::string> ids;
  for (const Law& law : published_laws()) {
    EXPECT_TRUE(ids.insert(law.id).second) << law.id;
    EXPECT_THAT(law.provenance.source, HasSubstr("arXiv:")) << law.id;
    EXPECT_FALSE(law.provenance.title.empty()) << law.id;
    EXPECT_FALSE(law.provenance.params_counted.empty()) << law.id;
    EXPECT_FALSE(law.provenance.dataset.empty()) << law.id;
    EXPECT_GE(law.provenance.year, 2020) << law.id;
    EXPECT_EQ(law.status, LawStatus::Published) << law.id;
    EXPECT_EQ(law.has_draws(), !law.provenance.draws_source.empty()) << law.id;
    if (!law.provenance.is_verified) {
      EXPECT_FALSE(law.provenance.note.empty()) << law.id;
    }
  }
}

TEST(Catalogue, KeepsTheOrderAndTheDefaultFirst) {
  const std::vector<std::string> ids = published_law_ids();
  EXPECT_EQ(ids.front(), kDefaultLaw);
  EXPECT_EQ(ids.size(), published_laws().size());
}

TEST(Catalogue, IsFilteredByFormAndAnswer) {
  for (const Law& law : published_laws({"clark", ""})) {
    EXPECT_EQ(law.form->name(), "clark");
  }
  EXPECT_EQ(published_laws({"clark", ""}).size(), 3u);
  EXPECT_EQ(published_laws({"", "learning_rate"}).size(), 2u);
  EXPECT_EQ(published_laws({"clark", "params"}).size(), 0u);
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                published_laws({"clarc", ""});
              }),
              HasSubstr("did you mean 'clark'?"));
  EXPECT_THAT(message_of<std::invalid_argument>([] {
                published_laws({"", "los"});
              }),
              HasSubstr("did you mean 'loss'?"));
}

TEST(Catalogue, UnverifiedLawIsRefusedUnlessAsked) {
  const std::string message =
      message_of<std::invalid_argument>([] { published_law("kumar2024"); });
  EXPECT_THAT(message, HasSubstr("not verified: gpost is from memory"));
  EXPECT_THAT(message, HasSubstr("--allow-unverified"));
  EXPECT_THAT(message, HasSubstr("allow_unverified=True"));
  EXPECT_THROW(find_law("kumar2024"), std::invalid_argument);
  EXPECT_EQ(published_law("kumar2024", true).id, "kumar2024");
  EXPECT_EQ(find_law("kumar2024", true).id, "kumar2024");
}

TEST(Catalogue, OneLawAPaperVotes) {
  std::vector<std::string> ids;
  std::set<std::string> papers;
  for (const Law& law : voting_laws()) {
    ids.push_back(law.id);
    EXPECT_TRUE(law.provenance.is_verified) << law.id;
    EXPECT_TRUE(law.provenance.counts_all_params()) << law.id;
    EXPECT_TRUE(answers_size_and_data(*law.form)) << law.id;
    EXPECT_EQ(law.provenance.loss_unit, "nats per token") << law.id;
    const std::string& source = law.provenance.source;
    EXPECT_TRUE(papers.insert(source.substr(source.find("arXiv:"), 16)).second)
        << law.id;
  }
  EXPECT_THAT(ids,
              ElementsAre("besiroglu2024",
                          "hoffmann2022-unrounded",
                          "muennighoff2023",
                          "xlstm2025"));
}

TEST(Catalogue, NotesSayWhatALawLacks) {
  EXPECT_THAT(law_notes(published_law("besiroglu2024")), IsEmpty());
  const auto notes = law_notes(published_law("kaplan2020"));
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].code, "law.no-draws");
  EXPECT_EQ(notes[1].code, "law.params-counted");
  EXPECT_THAT(notes[1].message, HasSubstr("without embeddings"));
}

/// Tokens that 4, 16, 40 and endless passes are worth, over the distinct ones,
/// as quoted for Muennighoff et al. 2023, arXiv:2305.16264.
TEST(Catalogue, RepeatedTokensAreWorthLess) {
  const Law law = published_law("muennighoff2023");
  const auto c = law.named_coefficients();
  const double params = 1e8;
  const double unique = 1e11;
  for (const auto& [epochs, worth] : std::vector<std::pair<double, double>>{
           {4, 3.73}, {16, 10.58}, {40, 15.17}, {1e6, 16.39}}) {
    const double loss = law.value({{"params", params},
                                   {"tokens", epochs * unique},
                                   {"unique_tokens", unique}});
    const double rest =
        loss - c.at("E") - c.at("A") / std::pow(params, c.at("alpha"));
    EXPECT_THAT(std::pow(c.at("B") / rest, 1 / c.at("beta")) / unique,
                near_rel(worth, {0.0, 0.00501}))
        << epochs;
  }
}

/// Coefficients for one number of experts each, with c of table 3:
/// Ludziejewski et al. 2025, arXiv:2502.05172, table 4.
TEST(Catalogue, JointMixtureLawAgreesWithItsTableByExperts) {
  const Law law = published_law("ludziejewski2025");
  const double table[][5] = {{1, 30.364, -0.1817, 53.9838, -0.1965},
                             {2, 27.7982, -0.178, 66.8401, -0.2065},
                             {4, 24.8462, -0.1731, 87.7022, -0.2192},
                             {8, 21.833, -0.1676, 119.9126, -0.2338},
                             {16, 19.0159, -0.1617, 167.5073, -0.2494}};
  for (const auto& [experts, m, mu, n, nu] : table) {
    const double params = 1e9;
    const double tokens = 20e9;
    EXPECT_THAT(
        law.value({{"active_params", params},
                   {"tokens", tokens},
                   {"experts", experts}}),
        near_rel(m * std::pow(params, mu) + n * std::pow(tokens, nu) + 1.3637,
                 {2e-3}))
        << experts;
  }
}

/// The paper writes log: to base 10 a dense model of 1.3B parameters has 2.24
/// nats; by the natural one it would have 0.57.
TEST(Catalogue, RoutedLawIsToBaseTen) {
  EXPECT_THAT(published_law("clark2022-sbase").value({{"params", 1.3e9}}),
              near_rel(printed("2.24")));
}

/// Hoffmann et al. 2022, tables 3 and A3: k stands on one row, and the others
/// follow from the printed exponent as far as its two digits go.
TEST(Catalogue, AllocationsOfChinchillaFollowTheirTables) {
  const double first[][2] = {{400e6, 1.92e19},
                             {1e9, 1.21e20},
                             {10e9, 1.23e22},
                             {175e9, 3.85e24},
                             {280e9, 9.9e24},
                             {520e9, 3.43e25},
                             {1e12, 1.27e26},
                             {10e12, 1.3e28}};
  for (const auto& [params, flops] : first) {
    EXPECT_THAT(
        published_law("hoffmann2022-approach1").value({{"flops", flops}}),
        near_rel(params, {0.04}))
        << flops;
  }
  const double second[][2] = {{400e6, 1.84e19},
                              {1e9, 1.2e20},
                              {10e9, 1.32e22},
                              {175e9, 4.54e24},
                              {280e9, 1.18e25},
                              {520e9, 4.19e25},
                              {1e12, 1.59e26},
                              {10e12, 1.75e28}};
  for (const auto& [params, flops] : second) {
    EXPECT_THAT(
        published_law("hoffmann2022-approach2").value({{"flops", flops}}),
        near_rel(params, {0.04}))
        << flops;
  }
}

/// Grattafiori et al. 2024: 16.55T tokens are printed for 3.8e25 FLOP; the
/// digits of figure 3 give 16.3T, those of the text 10.5T.
TEST(Catalogue, LlamaLawGivesTokens) {
  const InputValues budget = {{"flops", 3.8e25}};
  EXPECT_THAT(published_law("llama3-2024").value(budget) / 1e12,
              near_rel(printed("16.3")));
  EXPECT_THAT(published_law("llama3-2024-text").value(budget) / 1e12,
              near_rel(printed("10.5")));
}

TEST(Catalogue, BothWaysOfCountingParametersAgree) {
  const Law total = published_law("pearce_song2024");
  const Law rest = published_law("pearce_song2024-inverse");
  for (const double params : {1e3, 1e6, 3e8, 7e10, 1e13}) {
    EXPECT_THAT(rest.value({{"params",
                             total.value({{"params_nonembedding", params}})}}),
                near_rel(params, {1e-9}));
  }
}

TEST(Catalogue, ReplicationHasDrawsThatKeepTheCorrelation) {
  const Law law = published_law("besiroglu2024");
  ASSERT_EQ(law.draws.rows(), 500);
  ASSERT_EQ(law.draws.cols(), 5);
  EXPECT_TRUE((law.draws.array() > 0).all());
  // Half the draws lie on either side of the published point, whose standard
  // errors are 0.0154 and 0.0206 (Besiroglu et al. 2024, Table 1).
  EXPECT_THAT(quantile(law.draws.col(3), 0.5), near_rel(0.348, {0.0, 0.005}));
  EXPECT_THAT(quantile(law.draws.col(4), 0.5), near_rel(0.366, {0.0, 0.007}));
  const auto sd = [](const Eigen::VectorXd& x) {
    return std::sqrt((x.array() - x.mean()).square().sum() /
                     static_cast<double>(x.size() - 1));
  };
  EXPECT_THAT(sd(law.draws.col(3)), near_rel(0.0154, {0.25}));
  EXPECT_THAT(sd(law.draws.col(4)), near_rel(0.0206, {0.25}));
  // ln A and alpha go together: correlation above 0.9.
  const Eigen::ArrayXd a = law.draws.col(1).array().log();
  const Eigen::ArrayXd alpha = law.draws.col(3).array();
  const double covariance = ((a - a.mean()) * (alpha - alpha.mean())).mean();
  EXPECT_GT(covariance / std::sqrt((a - a.mean()).square().mean() *
                                   (alpha - alpha.mean()).square().mean()),
            0.9);
}

TEST(Catalogue, ReplicationHasItsStandardErrors) {
  const Provenance& provenance = published_law("besiroglu2024").provenance;
  EXPECT_EQ(provenance.standard_errors.at("beta"), 0.0206);
  EXPECT_EQ(provenance.standard_errors.size(), 5u);
  EXPECT_TRUE(published_law("hoffmann2022").provenance.standard_errors.empty());
}

TEST(Catalogue, UnknownLawIsRefusedWithAHint) {
  EXPECT_THAT(
      message_of<std::invalid_argument>([] { published_law("besiroglu2042"); }),
      HasSubstr("did you mean 'besiroglu2024'?"));
  EXPECT_THAT(message_of<std::invalid_argument>([] { find_law("kaplan"); }),
              HasSubstr("isoflop list laws"));
}

TEST(Catalogue, LossNeedsPositiveNumbers) {
  const Law law = published_law("besiroglu2024");
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THROW(law.loss(Params(bad), Tokens(1e9)), std::invalid_argument);
    EXPECT_THROW(law.loss(Params(1e9), Tokens(bad)), std::invalid_argument);
  }
}

/// Points over the range that a law was fitted on, for what it reads.
std::vector<InputValues> points_in_range(const Law& law) {
  std::vector<InputValues> points;
  for (const double size : {1e8, 5e8, 1.2e9}) {
    for (const double other : {0.0, 0.5, 1.0}) {
      InputValues point = {{"params", size}};
      if (law.form->input_index("tokens")) {
        point["tokens"] = size * std::pow(10.0, 1.0 + other);
      }
      if (law.form->input_index("experts")) {
        point["experts"] = std::pow(512.0, other);
      }
      points.push_back(point);
    }
  }
  return points;
}

TEST(Catalogue, DrawsHoldTheLawTheyBelongTo) {
  int laws = 0;
  for (const Law& law : published_laws()) {
    if (!law.has_draws()) continue;
    ++laws;
    for (const InputValues& point : points_in_range(law)) {
      Law draw = law;
      Eigen::VectorXd losses(law.draws.rows());
      for (Eigen::Index i = 0; i < losses.size(); ++i) {
        draw.coefficients = law.draws.row(i);
        losses[i] = draw.value(point);
      }
      const Interval interval = percentile_interval(losses, 0.9);
      const double loss = law.value(point);
      EXPECT_LT(interval.low, loss) << law.id;
      EXPECT_GT(interval.high, loss) << law.id;
    }
  }
  EXPECT_EQ(laws, 7);
}

}  // namespace
}  // namespace isoflop
