// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "isoflop/base/finding.h"

namespace isoflop {

/// There is no optimal size where one is asked for: the law has none, or no run
/// is what is wanted. Verbs that judge or plan by the size answer with it; to
/// others it is a question without an answer.
class NoOptimum : public std::invalid_argument {
 public:
  NoOptimum(const std::string& owner, const std::string& problem)
      : NoOptimum(
            owner,
            Finding{
                "fit.not-identified",
                Severity::Error,
                problem,
                "fit runs that differ in size at one budget, or use another "
                "law",
                {}}) {}

  NoOptimum(const std::string& owner, Finding finding)
      : std::invalid_argument(owner + ": " + finding.message),
        finding_(std::move(finding)) {}

  /// What the answer says of it.
  const Finding& finding() const { return finding_; }

 private:
  Finding finding_;
};

}  // namespace isoflop
