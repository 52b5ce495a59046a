// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isoflop/check/check.h"

// What the reports of plans and of router loads have in common.
namespace isoflop {

/// "DO NOT TRAIN"
std::string_view verdict_words(Verdict verdict);

/// Findings and what was accepted, an empty line before each.
std::string findings_block(const std::vector<Finding>& findings,
                           const std::vector<Accepted>& accepted);

/// "see plan.data-wall": the warnings and errors; "" without any.
std::string see_codes(const std::vector<Finding>& findings);

}  // namespace isoflop
