// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/errors.h"
#include "fit/polish.h"
#include "fit/starts.h"

namespace isoflop {

/// A fit whose optimum is known.
struct Fitted {
  const Runs& runs;
  const FitProblem& problem;
  const std::vector<Eigen::Index>& order;  ///< row of runs by row of problem
  const Starts& starts;
  const Polished& best;
  const Errors& errors;
};

/// @throws std::invalid_argument for ways to doubt that need symmetric errors
///     where the objective is not symmetric.
void require_doubt(const FitOptions& options);

/// Adds to a result with law and status what is doubtful about it: standard
/// errors, refits, intervals, optima with theirs, profiles, influence and what
/// the residuals say. The status may become worse.
void add_doubt(const Fitted& fitted, FitResult& result);

}  // namespace isoflop
