// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/check/checks.h"
#include "options.h"

namespace isoflop::cli {

/// Offers what `check` can be asked about: scenarios, models, a router load.
void offer_subjects(OptionSet& options);

/// Judges each scenario or model named, or the options alone.
/// @throws std::invalid_argument for options that are without effect.
Checks judge_subjects(const OptionSet& options, const Command& command);

}  // namespace isoflop::cli
