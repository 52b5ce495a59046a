// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

namespace isoflop {

/// Thrown out of a computation that was asked to stop.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// Says whether to stop; asked often, from any thread, so it must be quick.
using InterruptCheck = bool (*)();

/// Has the library ask `check` while it computes; null for nobody. A
/// computation that is told to stop throws `Interrupted` within milliseconds
/// and leaves nothing behind.
void set_interrupt_check(InterruptCheck check);

/// @throws Interrupted if the check says so.
void throw_if_interrupted();

}  // namespace isoflop
