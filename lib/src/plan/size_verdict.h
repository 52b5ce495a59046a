// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "isoflop/base/finding.h"
#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/scenario.h"
#include "isoflop/plan/size_bounds.h"
#include "plan/training_compute.h"

namespace isoflop {

/// What the tokens of a run are worth where its size is judged: by a law that
/// reads the unique tokens itself, or as so many new ones.
struct TokenWorth {
  std::shared_ptr<const Form> form;  ///< by which sizes are judged
  bool weighs_repeats = false;       ///< what the form does not do itself
  double worn = 0.0;

  /// @param law     of the model, not bound to data
  /// @param unique  distinct tokens, where they are known
  TokenWorth(const Law& law,
             std::optional<Tokens> unique,
             const TrainingCompute& compute);

  double log_worth(double tokens, double unique) const;
};

/// A size held against the one that its tokens feed.
struct SizeVerdict {
  double log_params_optimal = 0.0;
  double waste = 0.0;      ///< C / C of the same loss at the optimum - 1
  double log_flops = 0.0;  ///< ln C, repeats at what they are worth

  bool is_over(double log_params, double least_waste) const {
    return log_params > log_params_optimal && waste >= least_waste;
  }
};

/// @param log_worth  tokens' worth times the factor of `TrainingCompute`
SizeVerdict size_verdict(const Form& form,
                         const Eigen::VectorXd& theta,
                         double log_params,
                         double log_worth);

/// "2.25 times the optimal size at 1e24 FLOP; 26 % more compute than the same
/// loss needs", with what repeats are worth where they are.
/// @param over  N / N*
/// @param judged  FLOP, repeats at what they are worth
std::string size_words(Flops flops, Flops judged, double over, double waste);

/// The words of `plan.overparameterized` without ranges.
Finding too_large(const Optimum& run, const SizeVerdict& verdict);

/// The words of `plan.data-wall` on too many passes.
Finding too_many_passes(Tokens tokens, Tokens unique, double useful_epochs);

/// What `check` would hold against size and data of a run that a plan chose:
/// nothing, one or both of the two. Where more parameters stop paying is
/// told too.
/// @param law       as given, not bound to the scenario
/// @param scenario  exact, with the data that the run has
std::vector<Finding> size_findings(const Law& law,
                                   const Scenario& scenario,
                                   const Optimum& run);

}  // namespace isoflop
