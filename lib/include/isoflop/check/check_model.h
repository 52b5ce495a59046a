// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/check/check.h"
#include "isoflop/cost/model.h"

namespace isoflop {

/// The scenario of a trained model: its parameters, of a mixture those that
/// work on a token, its tokens and its distinct tokens, as far as the asker
/// does not give them. With the experts of a mixture both its sizes.
///
/// @throws std::invalid_argument naming what neither says.
Scenario model_scenario(const Model& model, Scenario asked = {});

/// What is asked of a model where nobody asks more: of a mixture whose experts
/// are known the law is one of mixtures.
Scenario model_defaults(const Model& model);

/// Judges a model as if it were still a plan. A law that reads experts gets
/// those of a mixture; of one whose experts nobody gives, or under a law of
/// dense models, and of a hybrid, a note says that the law is of those.
/// @throws std::invalid_argument as `model_scenario` and `check`.
Check check_model(const Law& law,
                  const Model& model,
                  const Scenario& asked = {},
                  const CheckOptions& options = {});

}  // namespace isoflop
