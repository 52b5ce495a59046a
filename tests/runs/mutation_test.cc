// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "isoflop/base/random.h"
#include "runs/table.h"

namespace isoflop {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 7> kSeeds{
    "name,family,loss,N,D,flops\n"
    "a,c4,3.0,10M,1e9,6e16\nb,rpj,3.5,1e8,2e9,1.2e18\n",
    "\xef\xbb\xbf\"val/loss\";params;tokens;lr\r\n3.1;\"1e8\";2e9;\r\n",
    "# note\nL\tn_params\tcompute\n3.25 nats\t7_000_000\t1e18\n",
    "loss,N,D,\"a\"\"b\nc\"\n3,1e8,2e9,x\n,,,\nnan,1e8,2e9,y\n",
    "_step,loss,loss__MIN\n1,3,3\n",
    "{\"loss\": 3, \"N\": 1e8, \"D\": \"2B\", \"a\": {\"b\": [1]}}\n"
    "{\"loss\": NaN, \"N\": 1e8, \"D\": 2e9}\n",
    "[{\"loss\": 3, \"N\": 1e8, \"D\": 2e9, \"loss_unit\": \"bits\"}]"};
constexpr std::string_view kBytes =
    "\0\n\r\"',;\t #-+.eE019NaMB{}[]:\\\x80\xff\xef="sv;

/// One random edit: a byte replaced, put in or taken out, or a piece doubled.
void mutate(RandomStream& random, std::string& text) {
  const auto pick = [&](std::size_t n) {
    return static_cast<std::size_t>(
        random.below(static_cast<std::uint32_t>(n)));
  };
  const std::size_t at = text.empty() ? 0 : pick(text.size());
  const char byte = kBytes[pick(kBytes.size())];
  switch (random.below(4)) {
    case 0:
      text.insert(at, 1, byte);
      break;
    case 1:
      text.erase(at, 1 + pick(3));
      break;
    case 2:
      if (!text.empty()) text[at] = byte;
      break;
    default:
      text.insert(at, text.substr(at, pick(40)));
  }
}

void check_valid(const Runs& runs) {
  ASSERT_GT(runs.size(), 0);
  std::vector<const Eigen::VectorXd*> columns = {&runs.flops, &runs.loss_nats};
  if (runs.has_sizes()) {
    columns.insert(columns.end(), {&runs.params, &runs.tokens});
  } else {
    ASSERT_EQ(runs.params.size() + runs.tokens.size(), 0);
  }
  for (const Eigen::VectorXd* column : columns) {
    ASSERT_EQ(column->size(), runs.size());
    ASSERT_TRUE(column->allFinite());
    ASSERT_GT(column->minCoeff(), 0.0);
  }
  for (const ExtraColumn& extra : runs.extra) {
    ASSERT_EQ(extra.values.size(), runs.size());
  }
}

void check_message(const std::string& message) {
  for (const char c : message) {
    ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20) << message;
  }
  ASSERT_LT(message.size(), 2000U);
}

TEST(ReadRuns, SurvivesRandomEdits) {
  constexpr int kTexts = 20000;
  ReadOptions plain;
  ReadOptions busy;
  busy.drop_bad = true;
  busy.comment = "#";
  busy.where = {"loss<=9"};
  int read_count = 0;
  for (int i = 0; i < kTexts; ++i) {
    RandomStream random(1, static_cast<std::uint64_t>(i));
    std::string text(kSeeds[static_cast<std::size_t>(i) % kSeeds.size()]);
    const std::uint32_t edits = 1 + random.below(6);
    for (std::uint32_t k = 0; k < edits; ++k) mutate(random, text);
    try {
      check_valid(testing::read(text, i % 2 == 0 ? plain : busy));
      ++read_count;
    } catch (const DataError& error) {
      check_message(error.what());
    }
    if (HasFatalFailure()) FAIL() << "text " << i;
  }
  EXPECT_GT(read_count, kTexts / 20);
}

}  // namespace
}  // namespace isoflop
