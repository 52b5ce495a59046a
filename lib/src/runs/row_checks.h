// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "isoflop/base/finding.h"
#include "isoflop/runs/runs.h"

namespace isoflop::detail {

/// Rows that are checkpoints of few runs, not runs of their own: of one size,
/// with tokens that grow by equal steps.
void add_curve(const Runs& runs, std::vector<Finding>& findings);

/// Losses in nats and in bits, mixed: about a plane in ln N and ln D they fall
/// apart into two groups, ln(1 / ln 2) apart.
void add_mixed_units(const Runs& runs, std::vector<Finding>& findings);

/// @throws DataError for params, tokens or FLOP that are no counts.
void refuse_units(const Runs& runs);

}  // namespace isoflop::detail
