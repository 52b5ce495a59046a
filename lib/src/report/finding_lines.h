// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isoflop/base/printable.h"
#include "isoflop/check/checks.h"

// Findings of whatever was judged, in one form for all annotations.
namespace isoflop {

/// One finding with its place and how it counts.
struct FindingLine {
  Finding finding;
  Location at;
  bool is_accepted = false;
};

/// Every finding of one answer, as it has them.
inline std::vector<FindingLine> lines_of(const Checked& checked) {
  std::vector<FindingLine> lines;
  if (const auto* plan = std::get_if<Check>(&checked.answer)) {
    for (const Finding& finding : plan->findings) {
      lines.push_back({finding,
                       place_of(*plan, finding).at,
                       is_accepted(finding, plan->accepted)});
    }
  } else if (const auto* router = std::get_if<RouterCheck>(&checked.answer)) {
    for (const Finding& finding : router->findings) {
      lines.push_back({finding,
                       {router->source, 0, 0},
                       is_accepted(finding, router->accepted)});
    }
  }
  return lines;
}

/// The message and what would clear it, on one line.
inline std::string sentence_of(const Finding& finding) {
  return printable(finding.message) +
         (finding.remedy.empty() ? "" : "; " + printable(finding.remedy));
}

}  // namespace isoflop
