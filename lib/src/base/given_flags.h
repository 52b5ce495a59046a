// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/printable.h"

namespace isoflop {

/// A word as a shell takes it.
inline std::string shell_word(const std::string& text) {
  const std::string word = printable(text);
  const bool is_plain =
      !word.empty() && word.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                           "XYZ0123456789_-+=.,:/%@") == std::string::npos;
  if (is_plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

/// The options that differ from the defaults, as flags for a shell:
/// " --where outlier=0 --loss-unit bits".
template <class Options>
std::string given_flags(const Options& options) {
  const Options defaults;
  std::map<std::string, std::vector<std::string>> usual;
  const auto words_of = [](const auto& value) -> std::vector<std::string> {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      return value;
    } else {
      return {detail::OptionValue<T>::write(value)};
    }
  };
  for_each_field(defaults, [&](const auto& field, const auto& value) {
    usual[std::string(field.name)] = words_of(value);
  });
  std::string flags;
  for_each_field(options, [&](const auto& field, const auto& value) {
    std::string name(field.name);
    const std::vector<std::string> words = words_of(value);
    if (words == usual[name]) return;
    std::replace(name.begin(), name.end(), '_', '-');
    constexpr bool kIsSwitch = std::is_same_v<decltype(value), const bool&>;
    for (const std::string& word : words) {
      flags += " --" + name + (kIsSwitch ? "" : " " + shell_word(word));
    }
  });
  return flags;
}

}  // namespace isoflop
