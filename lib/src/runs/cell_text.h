// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isoflop::detail {

/// Without blanks and tabs at both ends.
std::string_view trim(std::string_view text);

/// Printable text for a message, at most about 60 bytes.
std::string excerpt(std::string_view text);

/// `excerpt` in single quotes.
std::string quoted(std::string_view text);

/// Whole text as a plain number, as `0.34` or `1e24`; infinities and NaN
/// included. Never throws: nullopt for anything else.
std::optional<double> plain_number(std::string_view text);

/// A number or quantity with a suffix (70B), else nullopt. Only texts that
/// begin like a number are tried.
std::optional<double> loose_number(std::string_view text);

/// True for the words that stand for "no value": NA, n/a, null, None, "-".
bool is_missing_word(std::string_view text);

/// "a, b, c and 12 more" of names, at most `limit` in full.
std::string list_names(const std::vector<std::string>& names, int limit = 12);

}  // namespace isoflop::detail
