// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>

#include "isoflop/laws/form.h"

namespace isoflop {

/// Columns of variables by name, on natural scales; one of a single number
/// stands for any length.
using InputColumns = std::map<std::string, Eigen::VectorXd, std::less<>>;

/// Coefficients in the order of the form, from values by name.
/// @param owner  for messages: the verb
/// @throws std::invalid_argument naming one that is missing, not finite, or
///     not the form's.
Eigen::VectorXd coefficient_vector(
    const Form& form,
    const std::map<std::string, double>& coefficients,
    std::string_view owner);

/// The answers of a form for many runs, on the natural scale of its output:
/// for a loss nats per token. NaN for a run outside the domain.
///
/// @param inputs  what the form reads; all of one length
/// @throws std::invalid_argument as `coefficient_vector` and `input_vector`,
///     and for columns that differ in length.
Eigen::VectorXd evaluate(const Form& form,
                         const std::map<std::string, double>& coefficients,
                         const InputColumns& inputs);

}  // namespace isoflop
