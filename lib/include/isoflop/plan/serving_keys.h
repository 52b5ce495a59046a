// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "isoflop/base/field.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

/// What serves the model of a scenario, and how.
struct ServingKeys {
  std::optional<Range<Tokens>> serving_tokens;
  std::optional<std::string> serving_accelerator;
  std::optional<Range<UsdPerHour>> serving_usd_per_hour;
  std::optional<Range<TokensPerSecond>> min_tokens_per_second;
  std::optional<Range<UsdPerMillionTokens>> max_usd_per_million_tokens;
  std::optional<std::string> device;
  std::optional<Range<int>> precision_bits;
  std::optional<Range<Tokens>> context;

  static constexpr int kServedBits = 16;
  static constexpr Tokens kContext{4096};

 protected:
  static constexpr auto serving_fields() {
    return std::make_tuple(
        field("serving_tokens",
              &ServingKeys::serving_tokens,
              "tokens that will be served",
              kPositive,
              "serving.tokens"),
        field("serving_accelerator",
              &ServingKeys::serving_accelerator,
              "device to serve on; when absent the one trained on",
              kAnyNumber,
              "serving.accelerator"),
        field("serving_usd_per_hour",
              &ServingKeys::serving_usd_per_hour,
              "its rent; when absent its typical one",
              kPositive,
              "serving.usd_per_hour"),
        field("min_tokens_per_second",
              &ServingKeys::min_tokens_per_second,
              "least speed for each user, on serving_accelerator or device",
              kPositive,
              "serving.min_tokens_per_second"),
        field("max_usd_per_million_tokens",
              &ServingKeys::max_usd_per_million_tokens,
              "highest cost of a million tokens served",
              kPositive,
              "serving.max_usd_per_million_tokens"),
        field("device",
              &ServingKeys::device,
              "device that must run the model alone: its name, or phone, "
              "laptop or desktop for the weakest of that kind",
              kAnyNumber,
              "serving.device"),
        field("precision_bits",
              &ServingKeys::precision_bits,
              "bits of a weight when served; when absent 16",
              between(1, 32),
              "model.precision_bits"),
        field("context",
              &ServingKeys::context,
              "tokens of a sequence, in training and serving; when absent 4096",
              kPositive,
              "model.context"));
  }
};

}  // namespace isoflop
