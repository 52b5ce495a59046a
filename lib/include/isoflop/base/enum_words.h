// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "isoflop/base/suggest.h"

namespace isoflop {

/// The words of an enum, the same in C++, CLI, Python and JSON. Specialise
/// with `static constexpr std::pair<E, std::string_view> values[]`.
template <class E>
struct EnumWords;

template <class E>
concept WordedEnum = requires {
  EnumWords<E>::values;
};

/// The word of a value; "" for one that is not in the table.
template <WordedEnum E>
constexpr std::string_view to_string(E value) {
  for (const auto& [candidate, word] : EnumWords<E>::values) {
    if (candidate == value) return word;
  }
  return "";
}

/// The words of all values, in order.
template <WordedEnum E>
std::vector<std::string> words_of() {
  std::vector<std::string> words;
  for (const auto& entry : EnumWords<E>::values) {
    words.emplace_back(entry.second);
  }
  return words;
}

/// @throws std::invalid_argument listing the known words.
template <WordedEnum E>
E from_string(std::string_view text) {
  for (const auto& [value, word] : EnumWords<E>::values) {
    if (word == text) return value;
  }
  const std::vector<std::string> words = words_of<E>();
  throw std::invalid_argument("'" + std::string(text) + "' is not one of " +
                              join_words(words) + did_you_mean(text, words));
}

}  // namespace isoflop
