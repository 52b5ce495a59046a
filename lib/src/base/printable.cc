// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/printable.h"

namespace isoflop {
namespace {

/// Bytes of the UTF-8 sequence at the front; 0 if there is none, or if it is
/// a character that acts on a terminal instead of showing.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if (lead == 0xc2 && second < 0xa0) return 0;  // C1 controls
  if (lead == 0xe0 && second < 0xa0) return 0;  // overlong
  if (lead == 0xed && second > 0x9f) return 0;  // surrogates
  if (lead == 0xf0 && second < 0x90) return 0;  // overlong
  if (lead == 0xf4 && second > 0x8f) return 0;  // beyond U+10FFFF
  // Line separators and marks that turn the direction of the text.
  if (lead == 0xd8 && second == 0x9c) return 0;
  if (lead == 0xe2 && second == 0x80) {
    const unsigned char third = byte(2);
    if (third == 0x8e || third == 0x8f) return 0;
    if (third >= 0xa8 && third <= 0xae) return 0;
  }
  if (lead == 0xe2 && second == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) {
    return 0;
  }
  return size;
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  while (!text.empty()) {
    if (result.size() >= longest) return result + "...";
    const std::size_t size = sequence_size(text);
    if (size > 0) {
      result += text.substr(0, size);
      text.remove_prefix(size);
      continue;
    }
    const auto byte = static_cast<unsigned char>(text.front());
    result += "\\x";
    result += kHex[byte >> 4];
    result += kHex[byte & 15];
    text.remove_prefix(1);
  }
  return result;
}

}  // namespace isoflop
