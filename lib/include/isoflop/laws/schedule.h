// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <string_view>

namespace isoflop {

/// The learning rate of every step of a run.
struct LearningRateSchedule {
  Eigen::VectorXd rates;  ///< n_steps, >= 0: rate of step i + 1
  int warmup = 0;         ///< steps at the start in which the rate rises
};

/// A schedule from a text `KIND:key=value,...`.
///
/// Kinds: `constant`; `cosine` and `linear`, which fall from the peak to `end`
/// over the steps after the warm-up; `wsd`, which holds the peak and falls
/// linearly in the last `decay` steps. Keys: `steps` and `peak`, which must be
/// given; `warmup` (steps, 0), `end` (last rate: 0.1 of the peak, for wsd 0),
/// `decay` (steps of wsd: 0.2 of those after the warm-up).
///
/// @throws std::invalid_argument naming the kind or key and the rule.
LearningRateSchedule parse_schedule(std::string_view text);

}  // namespace isoflop
