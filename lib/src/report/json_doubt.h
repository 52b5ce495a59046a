// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/fit/fit.h"
#include "report/json_parts.h"

namespace isoflop {

/// What is doubtful about a fit, as parts of its JSON.
Json intervals_json(const FitResult& fit);
Json standard_errors_json(const StandardErrors& errors);
Json profile_json(const FitProfile& found);
Json influence_json(const FitInfluence& found);
Json residual_checks_json(const ResidualChecks& checks);
Json widening_json(const Law& law);
Json trials_json(const std::vector<FormTrial>& trials);

}  // namespace isoflop
