// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/laws/law.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// Whether runs determine the coefficients: a property of the design, not of
/// the optimiser.
enum class IdentifiabilityStatus { Identified, Weak, NotIdentified };

template <>
struct EnumWords<IdentifiabilityStatus> {
  static constexpr std::pair<IdentifiabilityStatus, std::string_view> values[] =
      {{IdentifiabilityStatus::Identified, "identified"},
       {IdentifiabilityStatus::Weak, "weak"},
       {IdentifiabilityStatus::NotIdentified, "not_identified"}};
};

/// A run that would help.
struct SuggestedRun {
  Params params;
  Tokens tokens;
  std::map<std::string, double> others;  ///< what else the form reads, by name
};

/// "1.2B params on 24B tokens (experts 16)".
std::string describe(const SuggestedRun& run);

/// Whether runs determine a law: its status, why, and what would help.
struct Identifiability {
  IdentifiabilityStatus status = IdentifiabilityStatus::NotIdentified;
  int coefficients = 0;    ///< to be fitted
  int distinct_runs = 0;   ///< distinct inputs
  int rank = 0;            ///< of the column-scaled Jacobian, the worse of two
  double condition = 0.0;  ///< its condition at the estimate
  double design_condition = 0.0;  ///< the same at the form's nominal values
  /// What the design leaves open, at residual scale max(estimated, 0.002):
  Flops target;  ///< 10 x the largest budget of the runs
  /// Of the optimal loss at the target; of the loss of the largest run for a
  /// form that does not divide a budget.
  std::optional<double> sd_log_loss;
  std::optional<double> sd_log_params;         ///< of N* at the target
  std::vector<std::string> vanished;           ///< terms that ended at zero
  std::vector<std::string> reasons;            ///< why not identified
  std::vector<std::string> free_combinations;  ///< what cannot be separated
  std::string still_known;                   ///< what can be said all the same
  std::vector<SuggestedRun> suggested_runs;  ///< that would mend it
  /// No smaller set of the runs that were tried would do. Sets of four and
  /// more, or out of very many, are not all tried.
  bool suggests_fewest = false;
};

/// Refits of a law to resampled runs.
struct Refits {
  /// n_refits x n_coefficients, search scales; -inf where a term is zero.
  Eigen::MatrixXd theta;
  int failed = 0;      ///< refits that did not converge, not among the rows
  double level = 0.9;  ///< share of the refits an interval holds
  /// Coefficients whose profile is open at an end, as in "alpha above".
  std::vector<std::string> open_profiles = {};
};

/// Judges a design at an estimate.
///
/// Gates: fewer distinct runs than coefficients, or a Jacobian without full
/// rank at the estimate or at nominal values: not identified. A condition
/// above 1e4 at either, runs along one line (one size, one amount of data,
/// one ratio or one budget, a tenth either way), no spare run, a coefficient
/// at its bound, a term that ends at zero, or too wide a spread at ten times
/// the largest budget (a 90 % interval of the loss above 8 % or of N* above a
/// factor of three either way, at the most scatter that the spare runs do not
/// rule out with 99 % confidence): weak. With refits also: more than a tenth
/// failed, a term ends at zero in a tail of them, N* is off by more than three
/// in more than its share, or the profile of a coefficient does not close.
///
/// A form that does not divide a budget between size and data has no N*: the
/// loss of the largest run stands for it.
///
/// @param theta           n_coefficients, search scales
/// @param residual_scale  sd of log residuals
/// @param refits          null before there are any
Identifiability identify(const Runs& runs,
                         const Form& form,
                         const Eigen::VectorXd& theta,
                         double residual_scale,
                         const Refits* refits = nullptr);

}  // namespace isoflop
