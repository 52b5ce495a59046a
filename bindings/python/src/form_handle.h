// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "isoflop/laws/form.h"

namespace isoflop::python {

/// A form as Python holds it: forms never change.
struct FormHandle {
  std::shared_ptr<const Form> form;
};

}  // namespace isoflop::python
