// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "isoflop/laws/form.h"

namespace isoflop::testing {

/// A formula with what it is read with.
struct FormulaCase {
  std::string name;
  std::string text;
  FormSettings settings = {};
  std::string same_as = {};  ///< form of the library that it writes out
};

inline FormSettings settings_of(std::vector<std::string> coefficients,
                                std::vector<std::string> columns = {}) {
  FormSettings settings;
  settings.coefficients = std::move(coefficients);
  settings.columns = std::move(columns);
  return settings;
}

/// Formulas that use all there is.
inline const std::vector<FormulaCase>& formula_cases() {
  static const std::vector<FormulaCase> kCases = {
      {"additive", "E + A/N^alpha + B/D^beta", {}, "additive"},
      {"kaplan",
       "((Nc/N)^(aN/aD) + Dc/D)^aD",
       settings_of({"Nc=1..1e40",
                    "Nc=6e13",
                    "Dc=1..1e40",
                    "Dc=2e13",
                    "aN=0.08",
                    "aD=0.1"}),
       "kaplan"},
      {"coupled",
       "E + (A/N^alpha + B/D^beta)^gamma",
       settings_of({"A=2e5", "B=5e6", "alpha=0.63", "beta=0.68", "gamma=0.45"}),
       "coupled"},
      {"abnar",
       "a/N^alpha + b/D^beta + c/(1-sparsity)^lam + "
       "d/((1-sparsity)^delta*N^gamma) + e",
       settings_of({"lam=-4..4", "lam=-0.17", "delta=-4..4", "delta=0.16"}),
       "abnar"},
      {"krajewski",
       "c + (g/granularity^gamma + a)/N^alpha + b/D^beta",
       {},
       "krajewski"},
      {"frontier",
       "E + (C0/C)^gamma",
       settings_of({"C0=1..1e60", "C0=1e19"}),
       "compute_frontier"},
      {"bits", "E + A/(N*(1 - exp(-weight_bits/g)))^alpha + B/D^beta"},
      {"repeats", "E + A/N^alpha + B/min(D, 20*U)^beta"},
      {"decay", "E + A*exp(-k*x) + B/sqrt(D) + 1/x**2", settings_of({}, {"x"})},
      {"functions",
       "E + B*log10(D)/D^beta + c*sin(w*x)^2 + d*atan(x) + min(x, y)^-g + "
       "max(p, q*cos(y)^2) + abs(x - pi) + (y - 2)^3/100 + log(1 + x)",
       settings_of({}, {"x", "y"})}};
  return kCases;
}

inline std::shared_ptr<const Form> form_of(const FormulaCase& entry) {
  return find_form(entry.text, entry.settings);
}

inline std::vector<std::shared_ptr<const Form>> formula_forms() {
  std::vector<std::shared_ptr<const Form>> forms;
  for (const FormulaCase& entry : formula_cases()) {
    forms.push_back(form_of(entry));
  }
  return forms;
}

}  // namespace isoflop::testing
