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
  const Accepted* accepted = nullptr;  ///< of the answer, where it is accepted
};

inline const Accepted* acceptance_of(const Finding& finding,
                                     const std::vector<Accepted>& accepted) {
  for (const Accepted& entry : accepted) {
    if (entry.code == finding.code) return &entry;
  }
  return nullptr;
}

/// Every finding of one answer, as it has them.
inline std::vector<FindingLine> lines_of(const Checked& checked) {
  std::vector<FindingLine> lines;
  if (const auto* plan = std::get_if<Check>(&checked.answer)) {
    for (const Finding& finding : plan->findings) {
      lines.push_back({finding,
                       place_of(*plan, finding).at,
                       acceptance_of(finding, plan->accepted)});
    }
  } else if (const auto* router = std::get_if<RouterCheck>(&checked.answer)) {
    for (const Finding& finding : router->findings) {
      lines.push_back({finding,
                       {router->source, 0, 0},
                       acceptance_of(finding, router->accepted)});
    }
  } else if (const auto* law = std::get_if<LawCheck>(&checked.answer)) {
    const std::string path = is_law_path(law->source) ? law->source : "";
    for (const Finding& finding : law->findings) {
      lines.push_back(
          {finding, {path, 0, 0}, acceptance_of(finding, law->accepted)});
    }
  }
  return lines;
}

/// "accepted (served at 10T tokens): "
inline std::string accepted_words(const Accepted& accepted) {
  const std::string& reason = accepted.reason;
  return "accepted" +
         (reason.empty() ? reason : " (" + printable(reason) + ")") + ": ";
}

/// The message and what would clear it, on one line.
inline std::string sentence_of(const Finding& finding) {
  return printable(finding.message) +
         (finding.remedy.empty() ? "" : "; " + printable(finding.remedy));
}

}  // namespace isoflop
