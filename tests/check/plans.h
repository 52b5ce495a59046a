// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isoflop/check/check.h"

namespace isoflop::testing {

inline Scenario of_size(double params, double tokens) {
  Scenario scenario;
  scenario.params = Params(params);
  scenario.tokens = Tokens(tokens);
  return scenario;
}

inline Check judge(const Scenario& scenario, const CheckOptions& options = {}) {
  return check(published_law("besiroglu2024"), scenario, options);
}

inline const Finding* fired(const Check& check, const char* code) {
  return find(check.findings, code);
}

/// A number that supports a finding.
inline double value_of(const Finding& finding, const std::string& name) {
  for (const Evidence& evidence : finding.values) {
    if (evidence.name == name) return evidence.value;
  }
  throw std::runtime_error(finding.code + " has no " + name);
}

}  // namespace isoflop::testing
