// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isoflop/check/checks.h"

namespace isoflop {

// Checks in the formats of code review: each finding at the key of the
// scenario file that it is about. What is accepted says so and does not count.

/// SARIF 2.1.0: one run, a rule for each code that fired. Accepted findings
/// are suppressed, and what could not be judged is a notification.
/// @source OASIS, sarif-v2.1.0.
std::string to_sarif(const Checks& checks);

/// A line a finding, as GitHub's runners read it:
/// `::error file=plan.toml,line=3,col=1,title=plan.data-wall::message`.
std::string to_github(const Checks& checks);

/// JUnit's XML: a suite for each scenario, a case for each rule, which fails
/// by `fail_on`; accepted ones are skipped.
std::string to_junit(const Checks& checks);

}  // namespace isoflop
