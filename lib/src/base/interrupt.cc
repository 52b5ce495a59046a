// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/interrupt.h"

#include <atomic>

namespace isoflop {
namespace {

std::atomic<InterruptCheck> installed{nullptr};

}  // namespace

void set_interrupt_check(InterruptCheck check) { installed = check; }

void throw_if_interrupted() {
  const InterruptCheck check = installed.load(std::memory_order_relaxed);
  if (check != nullptr && check()) throw Interrupted();
}

}  // namespace isoflop
