// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "support/reference.h"

namespace isoflop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::near_rel;
using testing::reference_rows;
using testing::ReferenceRow;

TEST(Catalogue, HasThePublishedLaws) {
  EXPECT_THAT(
      published_law_ids(),
      ElementsAre("besiroglu2024", "hoffmann2022", "hoffmann2022-unrounded"));
  EXPECT_EQ(published_laws().size(), published_law_ids().size());
}

TEST(Catalogue, LawsGiveTheExpectedNumbers) {
  const std::vector<ReferenceRow> rows = reference_rows("laws.csv");
  EXPECT_GE(rows.size(), 78u);
  for (const ReferenceRow& row : rows) {
    const Law law = published_law(row.text("law"));
    const std::string& quantity = row.text("quantity");
    double actual = std::nan("");
    if (quantity == "loss") {
      actual =
          law.loss(Params(row.number("params")), Tokens(row.number("tokens")))
              .value();
    } else {
      const Optimum best = optimum(law, Flops(row.number("flops")));
      if (quantity == "params_optimal") actual = best.params.value();
      if (quantity == "tokens_optimal") actual = best.tokens.value();
      if (quantity == "tokens_per_param") actual = best.tokens_per_param();
      if (quantity == "loss_optimal") actual = best.loss.value();
    }
    EXPECT_THAT(actual, row.is_met())
        << law.id << " " << quantity << " " << row.text("flops");
  }
}

TEST(Catalogue, EveryLawSaysWhereItIsFrom) {
  for (const Law& law : published_laws()) {
    EXPECT_THAT(law.provenance.source, HasSubstr("arXiv")) << law.id;
    EXPECT_FALSE(law.provenance.title.empty()) << law.id;
    EXPECT_FALSE(law.provenance.params_counted.empty()) << law.id;
    EXPECT_FALSE(law.provenance.dataset.empty()) << law.id;
    EXPECT_EQ(law.status, "published") << law.id;
    EXPECT_TRUE(law.provenance.is_verified) << law.id;
    EXPECT_TRUE(law.range.params && law.range.tokens) << law.id;
    EXPECT_EQ(law.has_draws(), !law.provenance.draws_source.empty()) << law.id;
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

}  // namespace
}  // namespace isoflop
