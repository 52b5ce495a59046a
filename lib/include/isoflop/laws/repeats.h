// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "isoflop/laws/law.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// Repeats of a token after which it is worn, R_D*: after k passes more a
/// token is worth exp(-k / R_D*) of a new one. That of the law where it has
/// it, else of the catalogue's muennighoff2023.
/// @source Muennighoff et al. 2023, arXiv:2305.16264.
double worn_repeats(const Law& law);

/// Distinct tokens that are worth as much as these, of which `unique` are
/// distinct: U (1 + R (1 - exp(-(D / U - 1) / R))).
double tokens_worth(double tokens, double unique, double worn);

/// A law as a loss of size and data where `unique` of the tokens are
/// distinct. One that reads unique tokens gets them; in any other D tokens
/// count for what they are worth,
///   D' = U (1 + R (1 - exp(-(D / U - 1) / R))),   D > U,  R = R_D* of
///   muennighoff2023,
/// so that its optimum at a budget is the best run on these data. A forecast
/// takes tokens as its own runs did.
/// @param unique  nothing: all tokens are distinct
/// @throws std::invalid_argument as `bind_inputs`.
Law with_unique_tokens(const Law& law,
                       std::optional<Tokens> unique,
                       std::string_view owner);

/// The same of a form alone, for loops over amounts of data.
std::shared_ptr<const Form> with_unique_tokens(
    const std::shared_ptr<const Form>& form,
    std::optional<Tokens> unique,
    std::string_view owner);

}  // namespace isoflop
