// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "isoflop/cost/transformer.h"
#include "isoflop/laws/law.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// The law that mixtures are referred to: it reads experts and active
/// parameters.
inline constexpr std::string_view kMixtureLaw = "ludziejewski2025";

/// Whether the model is a mixture of experts. Its size in a run, in C = 6 N D
/// and in laws is that of the parameters that work on a token.
bool is_mixture(const Scenario& scenario);

/// The law with what it reads of the model beside its size: experts, and bits
/// in training and serving.
/// @throws std::invalid_argument as `require_model`, and for a mixture under a
///     law of dense models.
Law law_of_model(const Law& law,
                 const Scenario& scenario,
                 std::string_view owner);

/// @throws std::invalid_argument for keys of a model that contradict.
void require_model(const Scenario& scenario, std::string_view owner);

/// The size that the scenario gives a run; of a mixture the active one, which
/// follows from all parameters where only those are given.
std::optional<Params> given_size(const Scenario& scenario);

/// The scenario with the active size of a mixture for its size, for those that
/// only look at runs.
Scenario with_run_size(Scenario scenario);

/// The shape of a model of this size: of a mixture with experts as wide as
/// the dense feed-forward of its active size, one for each token, or as
/// narrow as all its parameters make them.
Transformer shape_of(const Scenario& scenario, Params params);

/// Parameters of the model with the experts that rest.
Params total_params(const Scenario& scenario, Params params);

}  // namespace isoflop
