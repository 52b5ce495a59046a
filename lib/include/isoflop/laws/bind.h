// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <memory>
#include <string>

#include "isoflop/laws/form.h"

namespace isoflop {

/// Values of variables by name, on natural scales.
using InputValues = std::map<std::string, double, std::less<>>;

/// The inputs of a form in its order and on its scales. What is not given
/// takes the variable's value for a run that does not have it; a form that
/// reads active parameters takes the parameters of a dense model for them.
///
/// @param owner  for messages: the verb
/// @throws std::invalid_argument naming a variable that is missing, that is
///     outside its domain, or that the form does not read.
Eigen::VectorXd input_vector(const Form& form,
                             const InputValues& values,
                             std::string_view owner);

/// The same form with all inputs fixed but size and data, in this order:
/// `params` or `active_params`, and `tokens`. A form that reads only these
/// comes back as it is.
///
/// @param fixed  of the other inputs; of those it reads, the rest take the
///     values of a run without them
/// @throws std::invalid_argument when the form does not answer a loss of size
///     and data, counts resting experts as size, or needs a value.
std::shared_ptr<const Form> bind_inputs(std::shared_ptr<const Form> form,
                                        const InputValues& fixed,
                                        std::string_view owner);

/// Whether `bind_inputs` can give a loss of size and data.
bool answers_size_and_data(const Form& form);

}  // namespace isoflop
