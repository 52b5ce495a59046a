// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/additive.h"

#include "laws/form_of.h"
#include "laws/registry.h"

namespace isoflop {

const Form& additive_form() {
  static const FormOf<AdditiveForm> kForm;
  return kForm;
}

}  // namespace isoflop
