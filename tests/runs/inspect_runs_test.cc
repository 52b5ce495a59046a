// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "isoflop/runs/runs.h"
#include "runs/table.h"

namespace isoflop {
namespace {

using testing::data_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using testing::read;

/// Six credible runs, to be spoilt by a test.
Runs credible_runs() {
  Runs runs;
  runs.source = "runs.csv";
  runs.params.resize(6);
  runs.params << 1e7, 3e7, 1e8, 3e8, 1e9, 3e9;
  runs.tokens = 20.0 * runs.params;
  runs.flops = (6.0 * runs.params.array() * runs.tokens.array()).matrix();
  runs.loss_nats = (1.8 + 400.0 * runs.params.array().pow(-0.34)).matrix();
  return runs;
}

double evidence(const Finding& finding, std::string_view name) {
  for (const Evidence& entry : finding.values) {
    if (entry.name == name) return entry.value;
  }
  ADD_FAILURE() << finding.code << " has no " << name;
  return std::nan("");
}

Finding found(const Runs& runs, std::string_view code) {
  const std::vector<Finding> findings = inspect_runs(runs);
  const Finding* finding = find(findings, code);
  if (finding == nullptr) {
    ADD_FAILURE() << "no " << code;
    return {};
  }
  return *finding;
}

bool has(const Runs& runs, std::string_view code) {
  return find(inspect_runs(runs), code) != nullptr;
}

std::string refusal(const Runs& runs) {
  return message_of<DataError>([&] { inspect_runs(runs); });
}

TEST(InspectRuns, FindsNothingInCredibleRuns) {
  EXPECT_THAT(inspect_runs(credible_runs()), IsEmpty());
  EXPECT_THAT(inspect_runs(Runs()), IsEmpty());
}

TEST(InspectRuns, EveryFindingHasNumbersAndOneSentence) {
  Runs runs = credible_runs();
  runs.flops *= 1.1;
  runs.loss_nats = (runs.params.array() / 1e7 + 9.0).matrix();
  runs.params[5] = runs.params[4];
  runs.tokens[5] = runs.tokens[4];
  runs.loss_nats[5] = runs.loss_nats[4];
  const std::vector<Finding> findings = inspect_runs(runs);
  EXPECT_GE(findings.size(), 4U);
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.values.empty()) << finding.code;
    EXPECT_FALSE(finding.message.empty()) << finding.code;
    EXPECT_EQ(finding.message.find('\n'), std::string::npos) << finding.code;
    EXPECT_TRUE(finding.code.starts_with("runs.")) << finding.code;
  }
}

TEST(InspectRuns, FlopsMismatchBeginsAtFivePercent) {
  Runs runs = credible_runs();
  runs.flops *= 1.04;
  EXPECT_FALSE(has(runs, "runs.flops-mismatch"));
  runs.flops *= 1.06 / 1.04;
  const Finding finding = found(runs, "runs.flops-mismatch");
  EXPECT_EQ(finding.severity, Severity::Warning);
  EXPECT_NEAR(evidence(finding, "median_ratio"), 1.06, 1e-12);
  runs.flops *= 0.94 / 1.06;
  EXPECT_TRUE(has(runs, "runs.flops-mismatch"));
}

TEST(InspectRuns, RefusesFlopsInLargerUnits) {
  for (const auto& [size, option] :
       {std::pair{1e9, "GFLOP (median C/(6ND) is 1e-09): --unit flops=1e9"},
        std::pair{1e12, "TFLOP (median C/(6ND) is 1e-12): --unit flops=1e12"},
        std::pair{8.64e19, ": --unit flops=8.64e19"}}) {
    Runs runs = credible_runs();
    runs.flops /= size;
    EXPECT_THAT(refusal(runs), HasSubstr(option));
  }
  Runs runs = credible_runs();
  runs.flops *= 1e9;
  EXPECT_THAT(refusal(runs), HasSubstr("flops do not go with params"));
}

TEST(InspectRuns, RefusesParamsInBillionsAndMillions) {
  for (const double size : {1e9, 1e6}) {
    const std::string option =
        size == 1e9 ? "--unit params=1e9" : "--unit params=1e6";
    Runs given = credible_runs();
    given.params /= size;
    EXPECT_THAT(refusal(given), HasSubstr(option));
    Runs derived_flops = given;
    derived_flops.flops /= size;
    EXPECT_THAT(refusal(derived_flops), HasSubstr(option));
  }
  Runs runs = credible_runs();
  runs.params /= 1e9;
  EXPECT_EQ(refusal(runs),
            "runs.csv: params looks like billions (median 0.2); a count is "
            "needed: --unit params=1e9");
}

TEST(InspectRuns, RefusesTokensInBillions) {
  Runs runs = credible_runs();
  runs.tokens /= 1e9;
  EXPECT_THAT(refusal(runs), HasSubstr("--unit tokens=1e9"));
  runs.params /= 1e9;
  EXPECT_THAT(refusal(runs), HasSubstr("--unit params=1e9"));
}

TEST(InspectRuns, BlamesFlopsForSmallDerivedColumns) {
  EXPECT_THAT(data_error("loss,params,flops\n3,1e8,1.2e9\n"),
              HasSubstr("as tokens that follow from C = 6 N D are too few"));
  EXPECT_THAT(data_error("loss,tokens,flops\n3,1e10,1.2e9\n"),
              HasSubstr("--unit flops=1e9"));
  EXPECT_THAT(data_error("loss,params,flops\n3,0.1,1.2e18\n"),
              HasSubstr("--unit params=1e9"));
}

TEST(InspectRuns, DoubtsGiganticCounts) {
  Runs runs = credible_runs();
  runs.params *= 1e9;
  runs.flops *= 1e9;
  EXPECT_EQ(found(runs, "runs.units").severity, Severity::Warning);
}

TEST(InspectRuns, DoubtsPerplexity) {
  Runs runs = credible_runs();
  runs.loss_nats = runs.loss_nats.array().exp().matrix();
  const Finding finding = found(runs, "runs.perplexity");
  EXPECT_GT(evidence(finding, "median_loss"), 8.0);
}

TEST(InspectRuns, NamesDivergedRuns) {
  Runs runs = credible_runs();
  runs.loss_nats[2] = 3.5 * runs.loss_nats[2];
  const Finding by_row = found(runs, "runs.diverged");
  EXPECT_EQ(evidence(by_row, "runs"), 1.0);
  EXPECT_EQ(evidence(by_row, "first_row"), 2.0);
  EXPECT_THAT(by_row.message, HasSubstr("rows (from 0) 2"));
  runs.name = {"a", "b", "bad\x1b[2J", "d", "e", "f"};
  EXPECT_THAT(found(runs, "runs.diverged").message, HasSubstr(": bad\\x1b[2J"));
}

TEST(InspectRuns, DoubtsALossThatRises) {
  Runs runs = credible_runs();
  runs.loss_nats.reverseInPlace();
  const Finding finding = found(runs, "runs.loss-rises");
  EXPECT_NEAR(evidence(finding, "rank_correlation_params"), 1.0, 1e-12);
  EXPECT_NEAR(evidence(finding, "rank_correlation_flops"), 1.0, 1e-12);
  runs.params.setConstant(1e8);
  EXPECT_FALSE(has(runs, "runs.loss-rises"));
}

TEST(InspectRuns, RankCorrelationAveragesTies) {
  Runs runs = credible_runs();
  runs.loss_nats << 3.0, 3.0, 3.0, 3.1, 3.1, 3.1;
  // Ranks 1 1 1 4 4 4 against 0..5: 13.5 / sqrt(13.5 * 17.5).
  EXPECT_NEAR(
      evidence(found(runs, "runs.loss-rises"), "rank_correlation_params"),
      std::sqrt(13.5 / 17.5),
      1e-12);
}

TEST(InspectRuns, CountsRepeatedRows) {
  const Runs runs = read(
      "loss,N,D\n4,1e8,2e9\n3,1e9,2e10\n3,1e9,2e10\n3,1e9,2e10\n"
      "3.1,1e9,2e10\n");
  const Finding* finding = find(runs.findings, "runs.duplicates");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(evidence(*finding, "repeated_rows"), 2.0);
  EXPECT_EQ(evidence(*finding, "distinct_rows"), 3.0);
}

TEST(InspectRuns, NotesANarrowRange) {
  Runs runs = credible_runs();
  runs.tokens.setConstant(1e10);
  runs.flops = (6.0 * runs.params.array() * runs.tokens.array()).matrix();
  const Finding finding = found(runs, "runs.narrow");
  EXPECT_EQ(finding.severity, Severity::Note);
  EXPECT_EQ(evidence(finding, "tokens_span"), 1.0);
}

/// Six runs of compute alone.
Runs compute_runs() {
  Runs runs = credible_runs();
  runs.params.resize(0);
  runs.tokens.resize(0);
  return runs;
}

TEST(InspectRuns, ComputeAloneIsANote) {
  const Finding finding = found(compute_runs(), "runs.compute-only");
  EXPECT_EQ(finding.severity, Severity::Note);
  EXPECT_FALSE(has(credible_runs(), "runs.compute-only"));
}

TEST(InspectRuns, ComputeAloneHasTheChecksThatNeedNoSizes) {
  Runs runs = compute_runs();
  runs.loss_nats.reverseInPlace();
  EXPECT_EQ(found(runs, "runs.loss-rises").values.size(), 1u);
  runs = compute_runs();
  runs.flops[1] = runs.flops[0];
  runs.loss_nats[1] = runs.loss_nats[0];
  EXPECT_THAT(found(runs, "runs.duplicates").message, HasSubstr("same flops"));
  runs = compute_runs();
  runs.flops << 1e20, 2e20, 3e20, 4e20, 5e20, 6e20;
  EXPECT_THAT(found(runs, "runs.narrow").message, HasSubstr("flops"));
}

TEST(InspectRuns, ComputeAloneInPetaflopDaysIsRefused) {
  Runs runs = compute_runs();
  runs.flops /= 8.64e19;
  EXPECT_THAT(message_of<DataError>([&] { inspect_runs(runs); }),
              HasSubstr("--unit flops=8.64e19"));
}

}  // namespace
TEST(InspectRuns, NotesRunsThatRepeatTheirData) {
  const auto column = [](const char* name, double a, double b) {
    return NamedColumn{name, Eigen::Vector2d(a, b)};
  };
  std::vector<NamedColumn> columns = {column("params", 1e9, 2e9),
                                      column("tokens", 2e10, 4e10),
                                      column("loss", 2.5, 2.4),
                                      column("unique_tokens", 2e10, 4e10)};
  EXPECT_EQ(find(runs_from_columns(columns).findings, "runs.repeated-data"),
            nullptr);
  columns.back() = column("unique_tokens", 2e10, 1e10);
  const Runs runs = runs_from_columns(columns);
  const Finding* finding = find(runs.findings, "runs.repeated-data");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->values.front().value, 1.0);
}

}  // namespace isoflop
