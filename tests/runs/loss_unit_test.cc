// SPDX-License-Identifier: Apache-2.0
#include "runs/loss_unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "runs/table.h"
#include "support/matchers.h"

namespace isoflop {
namespace {

using testing::data_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kRounding;
using testing::near_rel;
using testing::read;

ReadOptions in_unit(LossUnit unit) {
  ReadOptions options;
  options.loss_unit = unit;
  return options;
}

TEST(LossUnits, AllGiveTheSameNats) {
  constexpr double kNats = 3.0;
  constexpr double kBytesPerToken = 4.5;
  const double bits = kNats / std::numbers::ln2;
  EXPECT_THAT(detail::nats_from(bits, LossUnit::BitsPerToken, {}).value,
              near_rel(kNats, kRounding));
  EXPECT_THAT(detail::nats_from(
                  bits / kBytesPerToken, LossUnit::BitsPerByte, kBytesPerToken)
                  .value,
              near_rel(kNats, kRounding));
  EXPECT_THAT(
      detail::nats_from(std::exp(kNats), LossUnit::Perplexity, {}).value,
      near_rel(kNats, kRounding));
}

TEST(LossUnits, AreTakenFromTheOptionOrTheRow) {
  const std::string text = "loss,N,D\n20,1e8,2e9\n";
  EXPECT_EQ(read(text, in_unit(LossUnit::Perplexity)).loss_nats[0],
            std::log(20.0));
  const Runs mixed = read(
      "loss,loss_unit,N,D,bytes_per_token\n"
      "3,nats,1e8,2e9,4\n4,bits,1e8,2e9,4\n1,bpb,1e8,2e9,4\n20,ppl,1e8,2e9,4\n",
      in_unit(LossUnit::Perplexity));
  EXPECT_THAT(mixed.loss_nats,
              ElementsAre(3.0,
                          4.0 * std::numbers::ln2,
                          4.0 * std::numbers::ln2,
                          std::log(20.0)));
  EXPECT_EQ(data_error("loss,loss_unit,N,D\n3,nits,1e8,2e9\n"),
            "runs.csv:2:3: loss_unit is 'nits', but must be one of nats, bits, "
            "bits_per_byte and perplexity (--drop-bad leaves such rows out)");
}

TEST(LossUnits, PerByteWithoutBytesPerTokenIsSaid) {
  const std::string text = "loss,N,D\n0.9,1e8,2e9\n";
  const Runs runs = read(text, in_unit(LossUnit::BitsPerByte));
  EXPECT_EQ(runs.loss_nats[0], 0.9 * std::numbers::ln2);
  const Finding* said = find(runs.findings, "runs.loss-unit");
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->severity, Severity::Warning);
  ReadOptions known = in_unit(LossUnit::BitsPerByte);
  known.bytes_per_token = 4.0;
  EXPECT_EQ(find(read(text, known).findings, "runs.loss-unit"), nullptr);
}

TEST(LossUnits, ALowLossIsNoted) {
  const Runs runs = read("loss,N,D\n0.9,1e8,2e9\n");
  const Finding* said = find(runs.findings, "runs.loss-unit");
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->severity, Severity::Note);
}

TEST(LossUnits, APerplexityIsAboveOne) {
  EXPECT_THAT(
      data_error("loss,N,D\n0.9,1e8,2e9\n", in_unit(LossUnit::Perplexity)),
      HasSubstr("a perplexity is above 1"));
}

TEST(LossUnits, ColumnsInMemoryHaveThemToo) {
  const Runs runs = runs_from_columns({{"loss", Eigen::Vector2d(3.0, 4.0)},
                                       {"N", Eigen::Vector2d(1e8, 2e8)},
                                       {"D", Eigen::Vector2d(2e9, 4e9)}},
                                      {{"loss_unit", {"nats", "bits"}}});
  EXPECT_THAT(runs.loss_nats, ElementsAre(3.0, 4.0 * std::numbers::ln2));
  EXPECT_THAT(testing::message_of<std::invalid_argument>([] {
                runs_from_columns({{"loss", Eigen::Vector2d(3.0, 4.0)},
                                   {"N", Eigen::Vector2d(1e8, 2e8)},
                                   {"D", Eigen::Vector2d(2e9, 4e9)}},
                                  {{"loss_unit", {"nats", "mats"}}});
              }),
              HasSubstr("loss_unit is 'mats' in row 1"));
}

// Twice the relative error is a quarter of the weight, whatever the unit.
TEST(LossSd, GivesTheWeight) {
  const Runs nats = read("loss,loss_sd,N,D\n4,0.04,1e8,2e9\n3,0.06,2e8,4e9\n");
  EXPECT_THAT(nats.weight[0] / nats.weight[1], near_rel(4.0, kRounding));
  EXPECT_THAT(nats.weight.mean(), near_rel(1.0, kRounding));
  const Runs given =
      read("loss,loss_sd,N,D,weight\n4,0.04,1e8,2e9,1\n3,0.06,2e8,4e9,1\n");
  EXPECT_EQ(given.weight[0], given.weight[1]);
  // sd of ln L = sd / ppl in nats, over the loss.
  const Runs perplexity =
      read("loss,loss_sd,N,D\n20,0.2,1e8,2e9\n20,0.4,2e8,4e9\n",
           in_unit(LossUnit::Perplexity));
  EXPECT_THAT(perplexity.weight[0] / perplexity.weight[1],
              near_rel(4.0, kRounding));
}

TEST(LossSd, InPerCentIsSaid) {
  const Runs runs = read("loss,sigma,N,D\n4,2.5,1e8,2e9\n3,0.1,2e8,4e9\n");
  const Finding* said = find(runs.findings, "runs.loss-sd");
  ASSERT_NE(said, nullptr);
  EXPECT_EQ(said->values[0].value, 1.0);
  EXPECT_THAT(data_error("loss,sigma,N,D\n4,0,1e8,2e9\n"),
              HasSubstr("loss_sd (column 'sigma') is '0', but must be > 0"));
}

}  // namespace
}  // namespace isoflop
