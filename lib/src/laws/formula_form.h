// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "isoflop/laws/form.h"

namespace isoflop {

/// The form that a formula is, see `find_form`.
/// @throws std::invalid_argument.
std::shared_ptr<const Form> formula_form(std::string_view text,
                                         const FormSettings& settings);

}  // namespace isoflop
