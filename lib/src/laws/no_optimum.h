// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "isoflop/base/finding.h"

namespace isoflop {

/// The law has no optimal size where one is asked for. Verbs that judge or plan
/// by the size answer with it; to others it is a question without an answer.
class NoOptimum : public std::invalid_argument {
 public:
  NoOptimum(const std::string& owner, const std::string& problem)
      : std::invalid_argument(owner + ": " + problem), problem_(problem) {}

  /// What the answer says of it.
  Finding finding() const {
    return {"fit.not-identified",
            Severity::Error,
            problem_,
            "fit runs that differ in size at one budget, or use another law",
            {}};
  }

 private:
  std::string problem_;
};

}  // namespace isoflop
