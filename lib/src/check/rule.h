// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <span>

#include "isoflop/check/check.h"
#include "isoflop/check/router.h"

namespace isoflop {

/// One way the plan may turn out: a draw of its ranges and of the law.
struct CheckSample {
  double log_params = 0.0;
  double log_tokens = 0.0;
  double unique_tokens = 0.0;  ///< 0 when not given
  Eigen::VectorXd theta;
  double log_params_optimal = 0.0;
  double waste = 0.0;
};

/// Where quantities are ranges, the chances from which a finding is an error,
/// a warning, and worth a note.
inline constexpr double kLikely = 0.5;
inline constexpr double kPossible = 0.2;
inline constexpr double kRemote = 0.05;

/// What rules look at, computed once.
struct CheckContext {
  Check& check;
  const Law& law;  ///< as given; that of `check` is bound to the scenario
  std::span<const CheckSample> samples;  ///< one, the point, without doubt
  const CheckSample& point;  ///< middle of the ranges, the law itself
  bool has_ranges = false;   ///< some quantity is not exact

  /// Share of the samples for which `holds` is true.
  template <class F>
  double share(F&& holds) const {
    if (samples.empty()) return 0.0;
    double count = 0.0;
    for (const CheckSample& sample : samples) count += holds(sample) ? 1 : 0;
    return count / static_cast<double>(samples.size());
  }
  /// Chance that a property holds, for the severity of a finding: that of
  /// the law's point where all quantities are exact, so that a verdict does
  /// not depend on draws; else the share of the samples.
  template <class F>
  double chance(bool at_point, F&& holds) const {
    return has_ranges ? share(holds) : (at_point ? 1.0 : 0.0);
  }
  /// A chance belongs to a finding only where quantities are ranges.
  void add_chance(double chance, std::vector<Evidence>& values) const {
    if (has_ranges) values.push_back({"probability", chance});
  }
};

/// What `run_cost` found under a code: the bounds of a cluster or a server.
inline void add_cost_findings(const CheckContext& context,
                              std::string_view code,
                              std::vector<Finding>& findings) {
  for (const Finding& finding : context.check.cost.findings) {
    if (finding.code == code) findings.push_back(finding);
  }
}

/// A rule: its page and its test, of plans or of router loads. One file each,
/// listed in lib/CMakeLists.txt.
struct Rule {
  RuleInfo info;
  void (*run)(const CheckContext& context,
              std::vector<Finding>& findings) = nullptr;
  void (*run_router)(const RouterCheck& check,
                     std::vector<Finding>& findings) = nullptr;
};

/// Makes notes of the findings that are accepted, and names them; the gravest
/// come first then.
void settle(const std::vector<std::string>& accept,
            std::vector<Finding>& findings,
            std::vector<std::string>& accepted);

Verdict verdict_of(const std::vector<Finding>& findings);

/// Every rule of the build, in order; generated from the list of files.
std::span<const Rule* const> all_rules();

}  // namespace isoflop
