// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "isoflop/laws/law.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

/// Distinct tokens that are worth as much as these, of which `unique` are
/// distinct, under a law of the data_constrained form.
/// @throws std::invalid_argument for another form.
Tokens worth_of_repeats(const Law& law, Tokens tokens, Tokens unique);

/// The most that repeats make of distinct tokens: U (1 + R_D*).
Tokens worth_of_endless_repeats(const Law& law, Tokens unique);

/// Text that a model writes and another may judge, kept where it is accepted.
struct SyntheticData {
  Params generator;  ///< active parameters of the writer
  Share acceptance{1.0};
  std::optional<Params> verifier;  ///< of the judge, which reads every token
};

/// FLOP for each token that is kept: (2 N_generator + 2 N_verifier) /
/// acceptance, forward passes only. A writer of the trained model's size
/// costs 1 / (3 acceptance) of training on the token.
Flops synthetic_flops(const SyntheticData& made);

/// The same over what training a model of this size on the token costs.
double synthetic_over_training(const SyntheticData& made, Params trained);

/// Text of the web after quality and repeats: about 300T tokens, 100T to
/// 1000T in nine cases of ten.
/// @source Villalobos et al. 2024, arXiv:2211.04325v2.
inline constexpr double kDataStock = 300e12;
inline constexpr double kDataStockLow = 100e12;
inline constexpr double kDataStockHigh = 1000e12;

/// Years until runs that use `now` tokens, growing by a factor a year, want
/// all of a stock; 0 when they do already.
/// @param growth  > 1
double years_until_exhausted(Tokens now, double growth, Tokens stock);

}  // namespace isoflop
