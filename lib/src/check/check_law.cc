// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check_law.h"

#include <utility>

#include "check/rule.h"
#include "isoflop/laws/predict.h"

namespace isoflop {

LawCheck check_law(const Law& law, const LawCheckOptions& options) {
  LawCheck check;
  check.source = law.id;
  check.law = law;
  check.options = options;
  check.findings = law.findings;
  // Of a law that was saved without its findings the status is left.
  auto doubt = law_doubt(law);
  if (doubt && find(check.findings, doubt->code) == nullptr) {
    check.findings.push_back(*std::move(doubt));
  }
  for (Finding& note : law_notes(law))
    check.findings.push_back(std::move(note));
  settle(acceptances(options.accept), check.findings, check.accepted);
  check.verdict = verdict_of(check.findings);
  return check;
}

LawCheck check_law(const std::string& path, const LawCheckOptions& options) {
  LawCheck check = check_law(read_law(path), options);
  check.source = path;
  return check;
}

LawCheck check(const FitResult& fit, const LawCheckOptions& options) {
  return check_law(fit.law, options);
}

}  // namespace isoflop
