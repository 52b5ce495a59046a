// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/flops_rule.h"

#include <stdexcept>

#include "isoflop/base/field.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr std::string_view kWords =
    " is not 6n, typical, a factor of 6 N such as 1.76, or a shape such as "
    "layers=32,width=4096,heads=32,feed_forward=14336,vocabulary=128256";

Transformer parse_shape(std::string_view text) {
  Transformer shape;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    const std::size_t at = item.find('=');
    if (at == std::string_view::npos) {
      throw std::invalid_argument("'" + std::string(item) +
                                  "' is not number=value of a shape");
    }
    set_option(shape, item.substr(0, at), item.substr(at + 1), "shape");
    if (comma == std::string_view::npos) return completed(shape);
    text.remove_prefix(comma + 1);
  }
}

std::string shape_text(const Transformer& shape) {
  const Transformer defaults;
  std::string text;
  for_each_field(shape, [&](const auto& field, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if (value == defaults.*(field.member)) return;
    text += (text.empty() ? "" : ",") + std::string(field.name) + "=" +
            detail::OptionValue<T>::write(value);
  });
  return text;
}

}  // namespace

std::string to_string(const FlopsRule& rule) {
  switch (rule.kind) {
    case FlopsRule::Kind::SixN:
      return "6n";
    case FlopsRule::Kind::Factor:
      return format_exact(rule.factor);
    case FlopsRule::Kind::Typical:
      return "typical";
    case FlopsRule::Kind::Shape:
      return shape_text(rule.shape);
  }
  return {};
}

FlopsRule parse_flops_rule(std::string_view text) {
  FlopsRule rule;
  if (text == "6n") return rule;
  if (text == "typical") {
    rule.kind = FlopsRule::Kind::Typical;
    return rule;
  }
  if (text.find('=') != std::string_view::npos) {
    rule.kind = FlopsRule::Kind::Shape;
    rule.shape = parse_shape(text);
    return rule;
  }
  rule.kind = FlopsRule::Kind::Factor;
  try {
    rule.factor = parse_number(text);
  } catch (const std::invalid_argument&) {
    throw std::invalid_argument("'" + std::string(text) + "'" +
                                std::string(kWords));
  }
  constexpr double kLeast = 0.1;
  constexpr double kMost = 100.0;
  if (!(rule.factor >= kLeast && rule.factor <= kMost)) {
    throw std::invalid_argument("'" + std::string(text) +
                                "' must be between 0.1 and 100 times 6 N");
  }
  return rule;
}

}  // namespace isoflop
