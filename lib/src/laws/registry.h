// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/laws/form.h"

namespace isoflop {

// One line a form: declared here, defined in its own source file.
const Form& additive_form();

}  // namespace isoflop
