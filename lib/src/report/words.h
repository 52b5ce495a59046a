// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "isoflop/base/interval.h"
#include "isoflop/laws/law.h"
#include "isoflop/units/text.h"

namespace isoflop {

/// "1.82 .. 1.86", "" when absent.
inline std::string interval_text(const std::optional<Interval>& interval,
                                 int digits = 3) {
  if (!interval) return {};
  return format_number(interval->low, digits) + " .. " +
         format_number(interval->high, digits);
}

/// The same for a quantity: "62.4B .. 84.7B".
inline std::string interval_text(const std::optional<Interval>& interval,
                                 const Unit& unit) {
  if (!interval) return {};
  return format_quantity(interval->low, unit) + " .. " +
         format_quantity(interval->high, unit);
}

/// What the law's back-test did to intervals of losses; "" where nothing.
inline std::string widening_words(double factor) {
  if (!(factor > 1.0)) return {};
  return "widened " + format_number(factor, 2) +
         " times by the law's back-test";
}

/// The status of a result on losses that cannot be nats.
inline constexpr const char* kDoubtfulLosses =
    "DOUBTFUL   the losses look like perplexities: say --loss-unit "
    "perplexity\n";

/// "1 run", "2 runs".
inline std::string counted(int count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// How a forecast did on its own larger runs, or how to test it; lines.
/// Defined in text_forecast.cc.
/// @param options  of the forecast, see `Provenance::options`
/// @param asked    farthest compute that is asked about, over the largest run
std::string tested_text(const std::optional<TestedReach>& tested,
                        const std::string& law,
                        const std::map<std::string, std::string>& options,
                        double asked);

/// "12.3 %" of a share.
inline std::string percent(double share, int digits = 3) {
  return format_number(100.0 * share, digits) + " %";
}

/// The same with two decimals: below a hundredth of a per cent only that.
inline std::string small_percent(double share) {
  constexpr double kHundredth = 5e-5;
  if (share != 0.0 && std::abs(share) < kHundredth) return "<0.01 %";
  const double digits = std::abs(share) < 0.1 ? 1e4 : 1e3;
  return format_number(100.0 * std::round(digits * share) / digits, 6) + " %";
}

/// With its sign: "+0.31 %", "-1.2 %".
inline std::string signed_percent(double share) {
  const std::string text = small_percent(std::abs(share));
  if (text.starts_with('<') || share == 0.0) return text;
  return (share > 0.0 ? "+" : "-") + text;
}

}  // namespace isoflop
