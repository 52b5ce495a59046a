// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "isoflop/laws/law.h"

namespace isoflop {

/// The size and data of lowest loss at a compute budget.
struct Optimum {
  Flops flops;
  Params params;
  Tokens tokens;
  Nats loss;

  /// D / N.
  double tokens_per_param() const { return tokens.value() / params.value(); }
};

/// An optimum with what the law's draws say about it; no intervals for a law
/// without draws.
struct OptimumEstimate {
  Optimum best;
  std::optional<Interval> params;            ///< count
  std::optional<Interval> tokens;            ///< count
  std::optional<Interval> tokens_per_param;  ///< D / N
  std::optional<Interval> loss_nats;         ///< nats per token
  /// Draws that have no interior optimum and so no say; with more than a
  /// tenth of them there are no intervals.
  int draws_without = 0;
};

/// The optimum at a budget, with percentile intervals over the law's draws; of
/// a forecast the loss, with that of its mean curve.
/// @param level  share of the draws an interval holds, in (0, 1)
/// @throws std::invalid_argument as `optimum`.
OptimumEstimate optimum_estimate(const Law& law, Flops flops, double level);

/// Compute-optimal N and D under C = 6 N D: closed form where the law's form
/// has one, else `optimum_by_search`.
///
/// @throws std::invalid_argument unless flops is positive and finite, or when
///     the law has no interior optimum (loss falls with N throughout).
Optimum optimum(const Law& law, Flops flops);

/// The same by search for any form: the zero of d loss / d ln N along
/// C = 6 N D, bracketed on a grid of ln N from 1 to C/6 parameters and
/// refined to 1e-12 relative.
Optimum optimum_by_search(const Law& law, Flops flops);

/// What a law says about size and data at a budget. A law of the loss gives
/// all, an allocation no loss, one of the FLOP a token no size.
struct Allocation {
  Flops flops;
  std::optional<Params> params;
  std::optional<Tokens> tokens;
  std::optional<Nats> loss;
};

/// @return nothing for a law that does not say, or where it has no optimum.
/// @throws std::invalid_argument as `optimum`.
std::optional<Allocation> allocation(const Law& law, Flops flops);

/// The same at 1e21, 1e23 and 1e25 FLOP, where the law says.
std::vector<Allocation> law_allocations(const Law& law);

/// One vector of coefficients on the search scale, for loops over draws.
/// @return ln N*; NaN when there is no interior optimum.
double optimal_log_params(const Form& form,
                          const double* theta,
                          double log_flops);

/// Compute at which the optimum reaches the loss of a plan: ln C such that
/// L*(C) = L(N, D). The plan's waste is its own C over this, less one.
/// @return ln C; NaN when there is no interior optimum.
double log_flops_for_same_loss(const Form& form,
                               const double* theta,
                               double log_params,
                               double log_tokens);

/// What is left of the loss when N and D grow without limit: E where the form
/// has it. Evaluated at 1e300 of each.
Nats irreducible_loss(const Law& law);

/// d ln L / d ln N over d ln L / d ln D at a run: 1 at the optimum, above it
/// when the model is smaller than optimal.
double slope_ratio(const Form& form,
                   const double* theta,
                   double log_params,
                   double log_tokens);

}  // namespace isoflop
