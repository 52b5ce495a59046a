// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fit/polish.h"

namespace isoflop {

/// Polishes every start; the best end comes back, checked by another
/// algorithm from beside it, and the rest are counted.
/// @param are_given  starts of the user's own, which may lie far: each is
///     descended from in careful steps too
/// @throws std::invalid_argument without a start
Polished search(const FitProblem& problem,
                const std::vector<Eigen::VectorXd>& starts,
                bool are_given,
                int threads,
                FitSearch& summary);

/// The 4500 starts of the grid that Hoffmann et al. used: ln A and ln B from
/// 0 to 25 in steps of 5, ln E from -1 to 1 and both exponents from 0 to 2 in
/// steps of 0.5, each within the range it may take.
/// @throws std::invalid_argument for a form without these coefficients
/// @source Hoffmann et al. 2022, arXiv:2203.15556, section D.3.
std::vector<Eigen::VectorXd> classic_starts(const Form& form);

}  // namespace isoflop
