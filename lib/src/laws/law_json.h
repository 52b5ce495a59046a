// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "isoflop/laws/law.h"

namespace isoflop {

/// Keeps the order of keys, which is that of the file written.
using LawJson = nlohmann::ordered_json;

/// Form, coefficients, range and provenance: what an entry of the catalogue
/// and a saved law have in common. Draws are left to the caller.
/// @throws DataError for a key that is missing, unknown or of another kind.
Law read_law_entry(const LawJson& entry,
                   const std::string& path,
                   const std::string& where);

/// @throws DataError with line and column.
LawJson parse_law_json(const std::string& path, std::string_view text);

}  // namespace isoflop
