// SPDX-License-Identifier: Apache-2.0
#include "runs/loss_unit.h"

#include <cmath>
#include <numbers>
#include <string>

#include "runs/column_map.h"

namespace isoflop::detail {

std::optional<LossUnit> loss_unit_of(std::string_view text) {
  const std::string folded = fold_name(text);
  if (folded == "bpb") return LossUnit::BitsPerByte;
  if (folded == "ppl") return LossUnit::Perplexity;
  for (const auto& [unit, word] : EnumWords<LossUnit>::values) {
    if (folded == fold_name(word)) return unit;
  }
  return std::nullopt;
}

NatsLoss nats_from(double loss,
                   LossUnit unit,
                   std::optional<double> bytes_per_token) {
  constexpr double kNatsPerBit = std::numbers::ln2;
  switch (unit) {
    case LossUnit::BitsPerToken:
      return {kNatsPerBit * loss, kNatsPerBit, false};
    case LossUnit::BitsPerByte: {
      const double slope = kNatsPerBit * bytes_per_token.value_or(1.0);
      return {slope * loss, slope, !bytes_per_token};
    }
    case LossUnit::Perplexity:
      return {std::log(loss), 1.0 / loss, false};
    case LossUnit::NatsPerToken:
      break;
  }
  return {loss, 1.0, false};
}

void LossNotes::add(const NatsLoss& loss, double relative_sd) {
  constexpr double kWidest = 0.5;
  ++rows_;
  per_byte_ += loss.is_per_byte ? 1 : 0;
  wide_ += relative_sd > kWidest ? 1 : 0;
}

std::vector<Finding> LossNotes::findings() const {
  std::vector<Finding> findings;
  const auto share = [&](std::int64_t count) {
    return std::to_string(count) + " of " + std::to_string(rows_) + " runs";
  };
  if (per_byte_ > 0) {
    findings.push_back(
        {"runs.loss-unit",
         Severity::Warning,
         "the loss of " + share(per_byte_) +
             " is in bits per byte and was taken as nats per byte, which do "
             "not compare with a law of nats per token",
         "give --bytes-per-token, or a column bytes_per_token",
         {{"runs", static_cast<double>(per_byte_)}}});
  }
  if (wide_ > 0) {
    findings.push_back({"runs.loss-sd",
                        Severity::Warning,
                        "the standard deviation is above half the loss in " +
                            share(wide_) + "; is it in per cent?",
                        "give loss_sd in the unit of the loss",
                        {{"runs", static_cast<double>(wide_)}}});
  }
  return findings;
}

}  // namespace isoflop::detail
