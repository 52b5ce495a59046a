// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/option_value.h"

namespace isoflop {

/// What a plan makes least.
enum class Goal { Loss, TrainingCost, LifetimeCost };

template <>
struct EnumWords<Goal> {
  static constexpr std::pair<Goal, std::string_view> values[] = {
      {Goal::Loss, "loss"},
      {Goal::TrainingCost, "training_cost"},
      {Goal::LifetimeCost, "lifetime_cost"}};
};

/// The loss that a plan goes by: that of the law's point, or over its draws
/// the mean or a quantile.
struct Risk {
  enum class Kind { Point, Mean, Quantile };
  Kind kind = Kind::Point;
  double quantile = 0.5;  ///< in (0, 1); of a quantile

  /// Whether the draws do not count.
  bool is_point() const { return kind == Kind::Point; }
  friend bool operator==(const Risk&, const Risk&) = default;
};

/// "point", "mean", "q90".
std::string to_string(const Risk& risk);

/// @throws std::invalid_argument for another text.
Risk parse_risk(std::string_view text);

namespace detail {

template <>
struct OptionValue<Risk> {
  static constexpr std::string_view placeholder = "RISK";
  static constexpr std::string_view type = "text";
  static Risk read(std::string_view text, const Bounds&) {
    return parse_risk(text);
  }
  static std::string write(const Risk& risk) { return to_string(risk); }
};

}  // namespace detail
}  // namespace isoflop
