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

/// Judges a model as if it were still a plan. Of a mixture whose experts are
/// not given, or a hybrid, a note says that the law is of dense models.
/// @throws std::invalid_argument as `model_scenario` and `check`.
Check check_model(const Law& law,
                  const Model& model,
                  const Scenario& asked = {},
                  const CheckOptions& options = {});

}  // namespace isoflop
