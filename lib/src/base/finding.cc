// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/finding.h"

#include <algorithm>

namespace isoflop {

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Note:
      return "note";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "note";
}

Severity worst(const std::vector<Finding>& findings) {
  Severity result = Severity::Note;
  for (const Finding& finding : findings) {
    result = std::max(result, finding.severity);
  }
  return result;
}

const Finding* find(const std::vector<Finding>& findings,
                    std::string_view code) {
  for (const Finding& finding : findings) {
    if (finding.code == code) return &finding;
  }
  return nullptr;
}

}  // namespace isoflop
