// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace isoflop {

/// Threads to use for a request: 0 means the CPUs this process may run on.
int resolve_threads(int requested);

/// Calls `body(i)` for i in 0 ... count-1 on up to `threads` threads.
///
/// Write results by index: then they do not depend on the thread count. An
/// exception of a body stops the loop and is rethrown, that of the smallest
/// index first. Stops by `Interrupted` when asked to, see base/interrupt.h.
void parallel_for(std::int64_t count,
                  int threads,
                  const std::function<void(std::int64_t)>& body);

}  // namespace isoflop
