// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "isoflop/laws/form.h"

namespace isoflop {

/// The same form with coefficients that are not fitted: one held at a number
/// keeps its place, its range being that number; one tied to another is that
/// other and has no place of its own.
///
/// @param fixed  "gamma=1" and "beta=alpha"
/// @throws std::invalid_argument for a text of another kind, an unknown
///     coefficient with a did-you-mean, a number outside the range, a tie
///     between different scales, to itself or to one that is tied, and what is
///     fixed twice.
std::shared_ptr<const Form> with_fixed(std::shared_ptr<const Form> form,
                                       const std::vector<std::string>& fixed);

/// For each coefficient of the form that some are fixed of, its place among
/// those of this form; of a form without ties 0, 1, 2 ...
std::vector<int> places_of_coefficients(const Form& form);

}  // namespace isoflop
