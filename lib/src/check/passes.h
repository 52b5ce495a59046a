// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/rule.h"

namespace isoflop {

/// Passes at whose end a repeat is worth the least that is wanted.
double passes_worth_making(const CheckContext& context);

/// Whether a run makes more passes than these, but for rounding.
bool makes_more(const CheckSample& sample, double passes);

/// "find 3T unique tokens, or train on 400B": so many passes at the middle.
std::string fewer_passes(const CheckContext& context, double passes);

}  // namespace isoflop
