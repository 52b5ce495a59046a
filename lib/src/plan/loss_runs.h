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
};

/// Size and data of the run that `cheapest_lifetime` describes.
using Run = std::pair<Params, Tokens>;
std::optional<Run> cheapest_run(const LogLoss& log_loss,
                                Nats loss,
                                Tokens served,
                                const LossRunBounds& bounds,
                                const Search& search = {});

}  // namespace isoflop
