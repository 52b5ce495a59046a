// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "isoflop/laws/form.h"
#include "laws/form_settings.h"
#include "laws/formula_text.h"

namespace isoflop {

/// What a coefficient is in its formula.
enum class Role {
  Exponent,  ///< part of an exponent, or a rate inside exp
  Linear,    ///< the value is of degree one in it
  Other
};

/// What each coefficient is, by its place in the tree.
std::vector<Role> roles_of(const FormulaText& formula);

/// Ranges, scales and starts of the coefficients.
///
/// An exponent is searched from 0.01 to 4 as it is; one in which the value is
/// linear up to 1e30 and any other from 1e-12 to 1e12, both as logarithms. A
/// range of the user's that reaches zero or below is searched as it is, and so
/// is a narrow one unless the value is linear in it. A term starts at about
/// one nat for a model of 1e9 parameters on 1e9 tokens, a constant at 1.8.
///
/// @param inputs  n_inputs, of the formula
/// @return  n_coefficients; names are those of `formula`, which must live on
/// @throws std::invalid_argument for a start outside the range.
std::vector<CoefficientInfo> infos_of(
    const FormulaText& formula,
    std::span<const Variable> inputs,
    const std::vector<CoefficientSetting>& settings);

}  // namespace isoflop
