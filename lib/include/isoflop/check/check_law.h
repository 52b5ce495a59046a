// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/check/check.h"
#include "isoflop/fit/fit.h"
#include "isoflop/laws/law.h"

namespace isoflop {

/// What does not count against a law; see `fields()`.
struct LawCheckOptions {
  std::vector<std::string> accept;

  static constexpr auto fields() {
    return std::make_tuple(
        field("accept",
              &LawCheckOptions::accept,
              "codes that do not count against the law (repeatable)"));
  }
};

/// The verdict on a law: whether to plan by it.
struct LawCheck {
  std::string source;  ///< the path of a saved law, else its id
  Law law;
  LawCheckOptions options;
  Verdict verdict = Verdict::Clean;
  std::vector<Finding> findings;
  std::vector<Accepted> accepted;
};

/// Judges a law by what the fit or the forecast that made it found, by its
/// status and by what its numbers mean.
/// @throws std::invalid_argument for an unknown code to accept.
LawCheck check_law(const Law& law, const LawCheckOptions& options = {});

/// The same of a saved law.
/// @throws as `read_law`, and for an unknown code.
LawCheck check_law(const std::string& path,
                   const LawCheckOptions& options = {});

/// The same of a fit just made.
LawCheck check(const FitResult& fit, const LawCheckOptions& options = {});

}  // namespace isoflop
