// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/accelerator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <sstream>

#include "support/reference.h"

namespace isoflop {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::message_of;
using testing::reference_rows;
using testing::ReferenceRow;

TEST(Accelerators, AreRowsWithIdsOfTheirOwn) {
  std::set<std::string> ids;
  for (const Accelerator& device : published_accelerators()) {
    EXPECT_TRUE(ids.insert(device.id).second) << device.id;
    EXPECT_THAT(device.id, MatchesRegex("[a-z0-9-]+"));
    EXPECT_FALSE(device.name.empty()) << device.id;
    EXPECT_FALSE(device.vendor.empty()) << device.id;
    EXPECT_FALSE(device.source.empty()) << device.id;
  }
  EXPECT_EQ(ids.size(), 29u);
}

TEST(Accelerators, HoldPlausibleNumbers) {
  const auto within = [](const auto& value, double low, double high) {
    return !value || (value->value() >= low && value->value() <= high);
  };
  for (const Accelerator& device : published_accelerators()) {
    EXPECT_GE(device.year, 2020) << device.id;
    EXPECT_LE(device.year, 2026) << device.id;
    EXPECT_TRUE(within(device.bf16, 1e13, 1e16)) << device.id;
    EXPECT_TRUE(device.memory && device.memory_bandwidth) << device.id;
    EXPECT_TRUE(within(device.memory, 8e9, 1e12)) << device.id;
    EXPECT_TRUE(within(device.memory_bandwidth, 5e10, 1e13)) << device.id;
    EXPECT_TRUE(within(device.scaleup_bandwidth, 5e10, 5e12)) << device.id;
    EXPECT_TRUE(within(device.scaleout_bandwidth, 1e10, 2e11)) << device.id;
    EXPECT_TRUE(within(device.power, 1, 2000)) << device.id;
    EXPECT_TRUE(within(device.rent_typical, 0.5, 20)) << device.id;
    EXPECT_TRUE(device.scaleup_devices.has_value()) << device.id;
    if (device.fp8) {
      EXPECT_GE(*device.fp8, *device.bf16) << device.id;
      EXPECT_LE(*device.fp8 / *device.bf16, 4.0) << device.id;
    }
    if (device.fp4) {
      EXPECT_GE(*device.fp4, *device.fp8) << device.id;
    }
    if (device.rent_low) {
      EXPECT_LE(*device.rent_low, *device.rent_typical) << device.id;
      EXPECT_LE(*device.rent_typical, *device.rent_high) << device.id;
    }
    if (device.mfu_low) {
      EXPECT_LE(*device.mfu_low, *device.mfu_high) << device.id;
    }
  }
}

TEST(Accelerators, SayWhichColumnsWereNotCompared) {
  const std::vector<std::string> columns = column_names<Accelerator>();
  const std::set<std::string> known(columns.begin(), columns.end());
  for (const Accelerator& device : published_accelerators()) {
    std::istringstream words(device.unverified);
    for (std::string word; words >> word;) {
      EXPECT_TRUE(word == "all" || known.contains(word)) << device.id << word;
    }
    const auto expected = device.unverified.empty() ? Verification::Seen
                          : device.unverified == "all"
                              ? Verification::Unverified
                              : Verification::Partial;
    EXPECT_EQ(device.verification, expected) << device.id;
  }
  EXPECT_EQ(find_accelerator("l40s").verification, Verification::Unverified);
}

TEST(Accelerators, DerivedColumnsAreTheExpectedNumbers) {
  int compared = 0;
  for (const ReferenceRow& row : reference_rows("tables.csv")) {
    if (row.text("quantity") != "bf16_flops_per_byte") continue;
    ++compared;
    const auto actual = find_accelerator(row.text("row")).bf16_flops_per_byte();
    EXPECT_THAT(actual.value_or(std::nan("")), row.is_met()) << row.text("row");
  }
  EXPECT_EQ(compared, 23);
}

// NVIDIA H100 data sheet: 80 GB at 3.35 TB/s, 700 W, half of the printed
// 1979 TFLOP/s of bf16 with sparsity.
TEST(Accelerators, AreThoseOfTheirDataSheets) {
  const Accelerator h100 = find_accelerator("h100-sxm");
  EXPECT_EQ(h100.memory, Bytes(80e9));
  EXPECT_EQ(h100.memory_bandwidth, BytesPerSecond(3.35e12));
  EXPECT_EQ(h100.power, Watts(700));
  EXPECT_THAT(h100.bf16->value(),
              testing::near_rel(1979e12 / 2, {0.0, 0.5e12}));
}

TEST(FindAccelerator, TakesIdsAndNamesInAnyCase) {
  for (const char* name : {"h100-sxm", "H100 SXM", "H100SXM"}) {
    EXPECT_EQ(find_accelerator(name).id, "h100-sxm") << name;
  }
}

TEST(FindAccelerator, SuggestsButNeverGuesses) {
  const auto message = [](const char* name) {
    return message_of<std::invalid_argument>([&] { find_accelerator(name); });
  };
  EXPECT_THAT(message("h100"),
              HasSubstr("did you mean one of h100-sxm and h100-pcie?"));
  EXPECT_THAT(message("a100"), HasSubstr("did you mean 'a100-sxm-80gb'?"));
  EXPECT_THAT(message("h100-smx"), HasSubstr("did you mean 'h100-sxm'?"));
  EXPECT_THAT(message("tpu v9"), HasSubstr("isoflop list accelerators"));
}

TEST(PublishedAccelerators, AreFilteredByColumns) {
  const auto count = [](std::vector<std::string> where) {
    return published_accelerators({std::move(where)}).size();
  };
  EXPECT_EQ(count({"kind=phone"}), 3u);
  EXPECT_EQ(count({"vendor=NVIDIA", "memory_bytes>=180G"}), 4u);
  EXPECT_EQ(count({"vendor=NVIDIA", "memory_bytes >= 180 GB"}), 4u);
  EXPECT_THAT(message_of<std::invalid_argument>([&] { count({"tokens>1"}); }),
              HasSubstr("no column"));
}

}  // namespace
}  // namespace isoflop
