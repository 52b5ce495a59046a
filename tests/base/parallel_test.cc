// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "isoflop/base/random.h"

namespace isoflop {
namespace {

TEST(ResolveThreads, TakesARequestAndReadsZeroAsAll) {
  EXPECT_EQ(resolve_threads(3), 3);
  EXPECT_GE(resolve_threads(0), 1);
}

TEST(ParallelFor, VisitsEveryIndexOnce) {
  for (const int threads : {0, 1, 2, 7, 100}) {
    for (const std::int64_t count : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      parallel_for(count, threads, [&](std::int64_t i) {
        ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& visited : visits) EXPECT_EQ(visited, 1);
    }
  }
}

TEST(ParallelFor, ResultsDoNotDependOnThreads) {
  const auto draw = [](int threads) {
    std::vector<double> values(500);
    parallel_for(500, threads, [&](std::int64_t i) {
      RandomStream random(7, static_cast<std::uint64_t>(i));
      values[static_cast<std::size_t>(i)] = random.normal() + random.uniform();
    });
    return values;
  };
  const std::vector<double> alone = draw(1);
  EXPECT_EQ(draw(2), alone);
  EXPECT_EQ(draw(8), alone);
}

TEST(ParallelFor, RethrowsTheFailureOfTheSmallestIndex) {
  for (const int threads : {1, 2, 8}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::string message;
      try {
        parallel_for(200, threads, [](std::int64_t i) {
          if (i % 10 == 3) throw std::runtime_error(std::to_string(i));
        });
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      EXPECT_EQ(message, "3");
    }
  }
}

TEST(ParallelFor, StopsAfterAFailure) {
  std::atomic<int> started = 0;
  EXPECT_THROW(parallel_for(1000000,
                            2,
                            [&](std::int64_t) {
                              ++started;
                              throw std::runtime_error("no");
                            }),
               std::runtime_error);
  EXPECT_LE(started, 2);
}

}  // namespace
}  // namespace isoflop
