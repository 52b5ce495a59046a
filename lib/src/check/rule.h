// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "check/sampler.h"
#include "isoflop/check/check.h"
#include "isoflop/check/router.h"

namespace isoflop {

/// What rules look at, computed once.
struct CheckContext {
  Check& check;
  /// As given, but for the experts of a mixture; that of `check` has the
  /// unique tokens too.
  const Law& law;
  const TrainingCompute& compute;        ///< in the middle of the ranges
  std::span<const CheckSample> samples;  ///< one, the point, without doubt
  const CheckSample& point;    ///< middle of the ranges, the law itself
  const Decisions* decisions;  ///< null without ranges
  bool has_ranges = false;     ///< some quantity is not exact
  std::span<const Acceptance> accepted = {};

  using Predicate = Decisions::Predicate;

  /// Share of the samples for which `holds` is true.
  double share(const Predicate& holds) const;
  /// Chance that a property holds, for the severity of a finding: that of
  /// the law's point where all quantities are exact, so that a verdict does
  /// not depend on draws; else the share of the samples.
  double chance(const Predicate& holds) const {
    return has_ranges ? share(holds) : (holds(point) ? 1.0 : 0.0);
  }
  /// The severity of a finding from the chance that it is an error, and that
  /// it is a warning at least; nothing when both are remote.
  std::optional<Severity> severity(double error, double warning) const;
  bool accepts(std::string_view code) const;
  /// "in 37 % of what is possible ", empty without ranges.
  std::string in_share(double chance) const;
  /// "350B unique tokens, 100B of them synthetic", in the middle.
  std::string unique_words() const;
  /// Where quantities are ranges: the chance, and which of them decides.
  void add_chance(const Predicate& holds, Finding& finding) const;
};

/// What `run_cost` found under a code: the bounds of a cluster or a server.
void add_cost_findings(const CheckContext& context,
                       std::string_view code,
                       std::vector<Finding>& findings);

/// A rule: its page and its test, of plans or of router loads. One file each,
/// listed in lib/CMakeLists.txt.
struct Rule {
  RuleInfo info;
  void (*run)(const CheckContext& context,
              std::vector<Finding>& findings) = nullptr;
  void (*run_router)(const RouterCheck& check,
                     std::vector<Finding>& findings) = nullptr;
};

/// What would make the size right.
CheckNeeds needs_of(const CheckContext& context);

/// What is accepted: that of a scenario, and texts `code` or `code=reason`.
/// @throws DataError or std::invalid_argument for an unknown code.
std::vector<Acceptance> acceptances(const std::vector<std::string>& texts,
                                    std::vector<Acceptance> accepted = {});

/// Makes notes of the findings that are accepted, and names them; the gravest
/// come first then.
void settle(std::span<const Acceptance> accept,
            std::vector<Finding>& findings,
            std::vector<Accepted>& accepted);

Verdict verdict_of(const std::vector<Finding>& findings);

/// Every rule of the build, in order; generated from the list of files.
std::span<const Rule* const> all_rules();

}  // namespace isoflop
