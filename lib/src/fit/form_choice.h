// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "isoflop/fit/fit.h"

namespace isoflop {

/// Forms that read the columns at hand, fitted to the smaller runs and asked
/// about the larger. Those that all runs determine go before others. Best
/// first: of those off by at most a twentieth more than the best, the one of
/// fewest coefficients. None where too few runs are there to hold some out.
std::vector<FormTrial> try_forms(const Runs& runs, const FitOptions& options);

/// How much wider than stated intervals of fits to the smaller runs had to be
/// to hold the larger: by rising distance, factors that do not fall. Empty
/// where too few runs are there to hold some out.
std::vector<Widening> widening_of(const Runs& runs, const FitOptions& options);

}  // namespace isoflop
