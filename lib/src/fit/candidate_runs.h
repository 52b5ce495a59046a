// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fit/problem.h"
#include "isoflop/fit/identifiability.h"

namespace isoflop {

/// Runs that could be added to a design, none larger than its largest.
struct CandidateRuns {
  WeightedInputs runs;
  std::vector<SuggestedRun> named;  ///< the same for people
};

/// Sizes a factor of five either way of the middle times, where the form reads
/// data, 4 to 100 tokens a parameter; 7 x 7, or 5 x 5 where the form reads
/// more. Each further input is the least, middle and greatest of the present
/// runs, or where it is one in all of them that, a factor of 4 and 16 away, and
/// that of a run without it; unique tokens are those of 1, 4 and 16 epochs.
CandidateRuns candidate_runs(const Form& form, const WeightedInputs& present);

}  // namespace isoflop
