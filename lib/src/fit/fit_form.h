// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "isoflop/fit/fit.h"

namespace isoflop {

/// Fits a form and adds optimum, status and doubt to a result whose law knows
/// its form, and that has its options.
/// @param options  those of the result, the law being that of the form
void fit_form(const Runs& runs, const FitOptions& options, FitResult& result);

}  // namespace isoflop
