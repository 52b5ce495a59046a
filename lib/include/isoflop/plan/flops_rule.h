// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "isoflop/base/option_value.h"
#include "isoflop/cost/transformer.h"

namespace isoflop {

/// What training FLOP a token are taken from.
struct FlopsRule {
  enum class Kind {
    SixN,     ///< 6 N
    Factor,   ///< a factor of 6 N, as measured
    Typical,  ///< the proportions of today's models at each size
    Shape     ///< a shape that is known; other sizes take its factor of 6 N
  };
  Kind kind = Kind::SixN;
  double factor = 1.0;  ///< of a Factor
  Transformer shape;    ///< of a Shape, completed
};

/// "6n", "1.76", "typical", "layers=32,width=4096,heads=32,...".
std::string to_string(const FlopsRule& rule);

/// @throws std::invalid_argument for another text, and for a shape that
///     cannot be.
FlopsRule parse_flops_rule(std::string_view text);

namespace detail {

template <>
struct OptionValue<FlopsRule> {
  static constexpr std::string_view placeholder = "RULE";
  static constexpr std::string_view type = "text";
  static FlopsRule read(std::string_view text, const Bounds&) {
    return parse_flops_rule(text);
  }
  static std::string write(const FlopsRule& rule) { return to_string(rule); }
};

}  // namespace detail
}  // namespace isoflop
