// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isoflop/laws/discrepancy.h"
#include "laws/law_json.h"

namespace isoflop {

/// The member "discrepancy" of a saved law, and back bit by bit.
LawJson discrepancy_json(const DiscrepancyData& data);

/// @param path  for messages
/// @throws DataError for what is missing, misspelt or out of range.
DiscrepancyData read_discrepancy(const LawJson& json, const std::string& path);

}  // namespace isoflop
