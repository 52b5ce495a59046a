// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isoflop/laws/form.h"

namespace isoflop {

/// What a user says of a coefficient: a range, a start, or both.
struct CoefficientSetting {
  std::string name;
  std::optional<double> low;  ///< with `high`
  std::optional<double> high;
  std::optional<double> start;
};

/// Reads "alpha=0.05..2" and "A=480"; two texts may speak of one coefficient.
///
/// @param owner  for messages: the form
/// @throws std::invalid_argument for a text of another kind, an unknown
///     coefficient with a did-you-mean, bounds in the wrong order, a start
///     outside its range, numbers that are not finite, and what is said twice.
std::vector<CoefficientSetting> read_coefficient_settings(
    const std::vector<std::string>& texts,
    const std::vector<std::string>& coefficients,
    const std::string& owner);

/// A start for a range that came without: the nominal value where it lies
/// inside, else the middle.
double start_within(double low, double high, double nominal, Scale scale);

/// The same form with other ranges and starts.
/// @throws std::invalid_argument also for bounds outside the form's own.
std::shared_ptr<const Form> with_settings(std::shared_ptr<const Form> form,
                                          const FormSettings& settings);

}  // namespace isoflop
