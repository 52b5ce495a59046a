// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "isoflop/base/finding.h"

namespace isoflop {

/// Findings as every JSON has them. Evidence that is not finite is written as
/// null, and comes back as NaN.
nlohmann::ordered_json findings_json(const std::vector<Finding>& findings);

/// @param path  for messages
/// @throws DataError for what is missing or of another kind.
std::vector<Finding> read_findings(const nlohmann::ordered_json& json,
                                   const std::string& path);

}  // namespace isoflop
