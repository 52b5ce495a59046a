// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include "laws/curve_form_of.h"
#include "laws/form_of.h"

namespace isoflop {

/// The class that follows from a form's header.
template <class F>
struct FormForHeader {
  using Type = FormOf<F>;
};
template <class F>
requires(F::is_curve) struct FormForHeader<F> {
  using Type = CurveFormOf<F>;
};
template <class F>
using FormFor = typename FormForHeader<F>::Type;

}  // namespace isoflop
