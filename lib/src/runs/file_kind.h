// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoflop::detail {

/// Refuses what is not a text table: compressed files, spreadsheets, Parquet,
/// UTF-16, HTML, Git LFS pointers, and nothing at all.
///
/// @param head  the first bytes, without a UTF-8 byte order mark.
/// @throws DataError with one line: what it is and the way out.
void refuse_other_formats(std::string_view head, const std::string& name);

/// What a header that holds no runs is, with the way out; "" if unknown.
std::string describe_curve_header(const std::vector<std::string>& header);

}  // namespace isoflop::detail
