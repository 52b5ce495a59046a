// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace isoflop {

/// Standard errors to first order: a quick look, symmetric where the truth is
/// not. By name of coefficient, on natural scales; given ones have none.
struct StandardErrors {
  /// Errors of one size: lambda / E rho'' (J' W J)^-1, for squares the
  /// classical s^2 (J' W J)^-1.
  std::map<std::string, double> classical;
  /// Errors that differ from run to run: H^-1 (sum of squared scores) H^-1.
  std::map<std::string, double> sandwich;
};

}  // namespace isoflop
