// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "fit/decision.h"
#include "fit/problem.h"
#include "isoflop/fit/identifiability.h"

namespace isoflop {

struct Suggestion {
  std::vector<SuggestedRun> runs;  ///< empty where eight are not enough
  bool is_smallest = false;        ///< fewer of the candidates do not suffice
};

/// Runs of `candidate_runs` after which a design passes the gates with some to
/// spare. All single runs are tried, then all pairs and triples as long as
/// there are at most 30 000; beyond that one run is added after another.
/// @param typical         n_coefficients, search scales: where it is judged
/// @param residual_scale  sd of log residuals
Suggestion suggest_runs(const Form& form,
                        const Decision& decision,
                        const Eigen::VectorXd& typical,
                        const WeightedInputs& present,
                        double residual_scale);

}  // namespace isoflop
