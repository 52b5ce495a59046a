// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "isoflop/laws/law.h"
#include "isoflop/plan/goal.h"
#include "isoflop/plan/lifetime.h"
#include "plan/draws.h"

namespace isoflop {

/// ln of the loss that a run is judged by, of ln N and ln D.
using LogLoss = std::function<double(double, double)>;

/// The loss that is predicted: of a forecast with its departure.
LogLoss log_loss_of(const Law& law);

/// A mean or quantile of it: over the law's draws, of a forecast over the
/// normal that it gives.
/// @param draws  of the law; held by reference
LogLoss log_loss_of(const Law& law, const DrawLosses& draws, const Risk& risk);

/// Share of what is possible in which the run has at most this loss.
double chance_of_loss(const Law& law,
                      const DrawLosses& draws,
                      Nats loss,
                      Params params,
                      Tokens tokens);

std::optional<Tokens> tokens_for_loss(const LogLoss& log_loss,
                                      Params params,
                                      Nats loss);
std::optional<Params> params_for_loss(const LogLoss& log_loss,
                                      Tokens tokens,
                                      Nats loss);

/// How finely ln N is searched: over draws a loss takes long.
struct Search {
  int cells = 200;
  double width = 1e-10;
  /// Once more about what was found: a price goes in steps with the size.
  int cells_about = 0;
};

/// ln of what a run costs, of ln N and ln D: rises with D.
using LogCost = std::function<double(double, double)>;

/// FLOP of training, 6 N D, and of each token served, 2 N.
LogCost log_life_flops(Tokens served);

/// Size and data of the cheapest run that reaches a loss.
/// @return nothing where no run within the bounds reaches it.
using Run = std::pair<Params, Tokens>;
std::optional<Run> cheapest_run(const LogLoss& log_loss,
                                Nats loss,
                                const LogCost& log_cost,
                                const LossRunBounds& bounds,
                                const Search& search = {});

}  // namespace isoflop
