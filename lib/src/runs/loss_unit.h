// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "isoflop/base/finding.h"
#include "isoflop/runs/read_runs.h"

namespace isoflop::detail {

/// The unit of a cell: its word, or bpb or ppl for short.
std::optional<LossUnit> loss_unit_of(std::string_view text);

struct NatsLoss {
  double value;      ///< nats per token; not positive for what is none
  double slope;      ///< d value / d loss as given
  bool is_per_byte;  ///< nats per byte instead, without bytes per token
};

/// nats = bits ln 2 = bits_per_byte bytes_per_token ln 2 = ln perplexity.
NatsLoss nats_from(double loss,
                   LossUnit unit,
                   std::optional<double> bytes_per_token);

/// What is to be said of the losses as they were given.
class LossNotes {
 public:
  /// @param relative_sd  standard deviation over the loss; 0 for none
  void add(const NatsLoss& loss, double relative_sd);
  std::vector<Finding> findings() const;

 private:
  std::int64_t rows_ = 0;
  std::int64_t per_byte_ = 0;
  std::int64_t wide_ = 0;
};

}  // namespace isoflop::detail
