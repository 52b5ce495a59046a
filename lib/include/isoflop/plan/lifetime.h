// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>

#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// Tokens on which a size reaches a loss.
/// @return nothing where no amount of data does: the size is below the
///     critical one.
std::optional<Tokens> tokens_for_loss(const Law& law, Params params, Nats loss);

/// The size that reaches a loss on these tokens; nothing where none does.
std::optional<Params> params_for_loss(const Law& law, Tokens tokens, Nats loss);

/// Compute that a size other than the optimal one needs for the same loss,
/// over the optimum's, less one: what over-training a small model costs.
/// @param size_factor  of the optimal size at this budget
/// @return nothing below the critical size.
/// @source de Vries 2023, "Go smol or go home"; for the additive law in
///     closed form.
std::optional<double> overtraining_overhead(const Law& law,
                                            Flops flops,
                                            double size_factor);

/// FLOP to serve tokens: 2 N each, a pass forward.
Flops served_flops(Params params, Tokens served);

/// FLOP of a life: 6 N D to train and 2 N for each token served.
/// @source Sardana et al. 2023, arXiv:2401.00448, equation 2.
Flops life_flops(Params params, Tokens tokens, Tokens served);

/// Bounds that a run for a loss must keep.
struct LossRunBounds {
  Params most_params{std::numeric_limits<double>::infinity()};
  Tokens most_tokens{std::numeric_limits<double>::infinity()};
};

/// The run that reaches a loss with least FLOP in its life: 6 N D to train
/// and 2 N for each token served. Without demand it is compute-optimal, with
/// more it is smaller and trained for longer.
/// @return nothing where no run within the bounds reaches the loss.
/// @source Sardana et al. 2023, arXiv:2401.00448, equation 2.
std::optional<Optimum> cheapest_lifetime(const Law& law,
                                         Nats loss,
                                         Tokens served,
                                         const LossRunBounds& bounds = {});

}  // namespace isoflop
