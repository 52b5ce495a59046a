// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/interrupt.h"

#include <gtest/gtest.h>

#include <atomic>

#include "isoflop/base/parallel.h"

namespace isoflop {
namespace {

std::atomic<int> asked;

class Interrupt : public ::testing::Test {
 protected:
  void SetUp() override { asked = 0; }
  void TearDown() override { set_interrupt_check(nullptr); }
};

TEST_F(Interrupt, NobodyAsksWithoutACheck) {
  EXPECT_NO_THROW(throw_if_interrupted());
  set_interrupt_check([] { return false; });
  EXPECT_NO_THROW(throw_if_interrupted());
}

TEST_F(Interrupt, StopsALoopOnAnyNumberOfThreads) {
  set_interrupt_check([] { return ++asked > 100; });
  for (const int threads : {1, 2, 8}) {
    asked = 0;
    std::atomic<int> done = 0;
    EXPECT_THROW(parallel_for(1000000, threads, [&](std::int64_t) { ++done; }),
                 Interrupted);
    EXPECT_LE(done, 100);
  }
}

}  // namespace
}  // namespace isoflop
