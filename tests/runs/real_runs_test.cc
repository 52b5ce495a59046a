// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "runs/table.h"

namespace isoflop {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::with_where;

/// Tables of published runs, which are not part of this repository.
class RealRuns : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("ISOFLOP_TEST_DATA");
    folder_ = folder != nullptr ? std::filesystem::path(folder)
                                : std::filesystem::path(ISOFLOP_SOURCE_DIR) /
                                      ".." / "shared" / "data";
  }

  std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  bool is_missing(const std::string& name) const {
    return !std::filesystem::exists(folder_ / name);
  }

  std::filesystem::path folder_;
};

#define SKIP_WITHOUT(name)                                         \
  if (is_missing(name)) {                                          \
    GTEST_SKIP() << path(name) << " is absent; ISOFLOP_TEST_DATA " \
                 << "tells the folder of the published runs";      \
  }

TEST_F(RealRuns, ReadsChinchilla) {
  SKIP_WITHOUT("chinchilla_epoch.csv");
  const Runs all = read_runs(path("chinchilla_epoch.csv"));
  EXPECT_EQ(all.size(), 245);
  EXPECT_EQ(all.name[0], "chin000");
  EXPECT_EQ(all.params[0], 6795600349.0);
  EXPECT_EQ(all.tokens[0], 245105957.9);
  EXPECT_EQ(all.flops[0], 9.9938528e+18);
  EXPECT_EQ(all.loss_nats[0], 5.005581996);
  EXPECT_THAT(all.findings, IsEmpty());
  const Runs kept =
      read_runs(path("chinchilla_epoch.csv"), with_where({"outlier=0"}));
  EXPECT_EQ(kept.size(), 240);
  EXPECT_EQ(kept.dropped, 5);
}

TEST_F(RealRuns, ReadsGadre) {
  SKIP_WITHOUT("gadre_overtrain.csv");
  const Runs runs = read_runs(path("gadre_overtrain.csv"));
  EXPECT_EQ(runs.size(), 104);
  EXPECT_THAT(runs.group, Contains("c4"));
  EXPECT_THAT(runs.extra, Not(IsEmpty()));
  const Runs c4 =
      read_runs(path("gadre_overtrain.csv"), with_where({"family=c4"}));
  EXPECT_EQ(c4.size() + c4.dropped, 104);
  EXPECT_THAT(c4.group, Not(Contains("rpj")));
}

TEST_F(RealRuns, ReadsPorian) {
  SKIP_WITHOUT("porian_rw_cosine.csv");
  const Runs runs = read_runs(path("porian_rw_cosine.csv"));
  EXPECT_EQ(runs.size(), 88);
  EXPECT_THAT(runs.findings, IsEmpty());
}

TEST_F(RealRuns, ReadsDatablations) {
  SKIP_WITHOUT("datablations.csv");
  const Runs runs = read_runs(path("datablations.csv"));
  EXPECT_EQ(runs.size(), 306);
  EXPECT_EQ(runs.unique_tokens.size(), 306);
  EXPECT_NE(find(runs.findings, "runs.diverged"), nullptr);
}

TEST_F(RealRuns, ReadsRouting) {
  SKIP_WITHOUT("dm_routing.csv");
  const Runs runs = read_runs(path("dm_routing.csv"));
  EXPECT_EQ(runs.size(), 223);
  EXPECT_NE(find(runs.findings, "runs.flops-mismatch"), nullptr);
  EXPECT_NE(find(runs.findings, "runs.narrow"), nullptr);
}

TEST_F(RealRuns, ReadsTheOthers) {
  SKIP_WITHOUT("xlstm_isoflop.csv");
  EXPECT_EQ(read_runs(path("xlstm_isoflop.csv")).size(), 428);
  EXPECT_EQ(read_runs(path("misfitting_final_bestlr.csv")).size(), 81);
}

}  // namespace
}  // namespace isoflop
