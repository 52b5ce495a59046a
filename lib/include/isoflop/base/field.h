// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "isoflop/base/option_value.h"

namespace isoflop {

/// One option: the only place where its name, words and range are written.
///
/// Option structs have `static constexpr auto fields()` returning a tuple of
/// these. From it come the command-line flags, the Python keywords, the keys
/// of a scenario file, validation, the echo in JSON and the reference page.
template <class Owner, class T>
struct Field {
  std::string_view name;  ///< snake_case; the flag has '-' for '_'
  T Owner::*member;
  std::string_view help;
  Bounds bounds;
  std::string_view key;  ///< place in a scenario file, as "data.tokens"; or ""
};

/// One entry of `fields()`.
template <class Owner, class T>
constexpr Field<Owner, T> field(std::string_view name,
                                T Owner::*member,
                                std::string_view help,
                                Bounds bounds = kAnyNumber,
                                std::string_view key = "") {
  return {name, member, help, bounds, key};
}

/// What a front end needs to know to offer an option.
struct OptionInfo {
  std::string name;
  std::string key;
  std::string placeholder;  ///< "TOKENS", "NUMBER"; "" for a switch
  std::string help;
  std::string range;         ///< "> 0"; "" when anything goes
  std::string default_text;  ///< "" when absent by default
  std::string type;          ///< "number", "integer", "text", "switch", "list"
};

namespace detail {

std::vector<std::string> names_of(const std::vector<OptionInfo>& infos);
[[noreturn]] void fail_unknown(std::string_view name,
                               const std::vector<OptionInfo>& infos,
                               std::string_view owner);
[[noreturn]] void fail_value(std::string_view name,
                             std::string_view owner,
                             std::string_view problem);

}  // namespace detail

/// Calls `visit(field, value)` for each option of the struct.
template <class Options, class Visit>
void for_each_field(Options& options, Visit&& visit) {
  std::apply(
      [&](const auto&... fields) {
        (visit(fields, options.*(fields.member)), ...);
      },
      std::remove_const_t<Options>::fields());
}

/// Every option of a struct, in order, as text for help and reference pages.
template <class Options>
std::vector<OptionInfo> option_infos() {
  std::vector<OptionInfo> infos;
  const Options defaults;
  for_each_field(defaults, [&](const auto& field, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    infos.push_back({std::string(field.name),
                     std::string(field.key),
                     detail::placeholder_of<T>(),
                     std::string(field.help),
                     to_string(field.bounds),
                     detail::OptionValue<T>::write(value),
                     std::string(detail::OptionValue<T>::type)});
  });
  return infos;
}

/// Sets one option from text; a list option appends.
///
/// @param owner  name for messages: the verb.
/// @throws std::invalid_argument naming the option, the value and the rule,
///     or, for an unknown name, the nearest known one.
template <class Options>
void set_option(Options& options,
                std::string_view name,
                std::string_view text,
                std::string_view owner) {
  bool found = false;
  for_each_field(options, [&](const auto& field, auto& value) {
    using T = std::decay_t<decltype(value)>;
    if (field.name != name) return;
    found = true;
    try {
      if constexpr (std::is_same_v<T, std::vector<std::string>>) {
        value.emplace_back(text);
      } else {
        value = detail::OptionValue<T>::read(text, field.bounds);
      }
    } catch (const std::invalid_argument& error) {
      detail::fail_value(name, owner, error.what());
    }
  });
  if (!found) detail::fail_unknown(name, option_infos<Options>(), owner);
}

/// Checks every option against its range.
/// @throws std::invalid_argument as in
///     `fit: huber_delta is -1, but must be > 0`.
template <class Options>
void validate(const Options& options, std::string_view owner) {
  for_each_field(options, [&](const auto& field, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (!std::is_same_v<T, std::vector<std::string>>) {
      const std::string text = detail::OptionValue<T>::write(value);
      if (text.empty()) return;
      try {
        detail::OptionValue<T>::read(text, field.bounds);
      } catch (const std::invalid_argument& error) {
        detail::fail_value(field.name, owner, error.what());
      }
    }
  });
}

}  // namespace isoflop
