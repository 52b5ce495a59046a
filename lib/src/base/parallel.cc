// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/parallel.h"

#include "isoflop/base/interrupt.h"

#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace isoflop {

int resolve_threads(int requested) {
  if (requested > 0) return requested;
#ifdef __linux__
  // Containers and taskset restrict affinity, not hardware_concurrency.
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    return std::max(1, CPU_COUNT(&set));
  }
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::int64_t count,
                  int threads,
                  const std::function<void(std::int64_t)>& body) {
  const std::int64_t workers =
      std::min<std::int64_t>(resolve_threads(threads), count);
  if (workers <= 1) {
    for (std::int64_t i = 0; i < count; ++i) {
      throw_if_interrupted();
      body(i);
    }
    return;
  }
  std::atomic<std::int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::int64_t failed_at = std::numeric_limits<std::int64_t>::max();
  const auto work = [&] {
    for (std::int64_t i = next++; i < count; i = next++) {
      try {
        throw_if_interrupted();
        body(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    pool.reserve(static_cast<std::size_t>(workers - 1));
    for (std::int64_t i = 1; i < workers; ++i) pool.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace isoflop
