// SPDX-License-Identifier: Apache-2.0
#include "runs/cell_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <system_error>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"

namespace isoflop::detail {
std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  return printable(text, kLongest);
}

std::string quoted(std::string_view text) { return "'" + excerpt(text) + "'"; }

std::optional<double> plain_number(std::string_view text) {
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> loose_number(std::string_view text) {
  text = trim(text);
  if (const auto value = plain_number(text)) return value;
  constexpr std::string_view kStarts = "0123456789+-.";
  if (text.empty() || kStarts.find(text.front()) == std::string_view::npos) {
    return std::nullopt;
  }
  try {
    return parse_quantity(text, FlopsTag::unit);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

bool is_missing_word(std::string_view text) {
  constexpr std::array<std::string_view, 7> kWords{
      "na", "n/a", "#n/a", "null", "none", "-", "--"};
  if (text.size() > 4) return false;
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const std::string_view word : kWords) {
    if (folded == word) return true;
  }
  return false;
}

std::string list_names(const std::vector<std::string>& names, int limit) {
  const auto shown = static_cast<std::size_t>(limit);
  std::vector<std::string> words;
  for (const std::string& name : names) {
    if (words.size() == shown) {
      words.push_back(std::to_string(names.size() - shown) + " more");
      break;
    }
    words.push_back(name.empty() ? "''" : excerpt(name));
  }
  return join_words(words);
}

}  // namespace isoflop::detail
