// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "isoflop/laws/law.h"
#include "isoflop/laws/optimum.h"
#include "isoflop/plan/scenario.h"

namespace isoflop {

/// FLOP of training by the rule of a scenario: C = 6 N g(N) D, where g is 1
/// but for a shape or a factor.
///
/// In terms of D g(N) tokens C = 6 N D holds for any rule: `shaped` gives a
/// law in those, for all that takes 6 N D for granted.
class TrainingCompute {
 public:
  TrainingCompute() = default;
  explicit TrainingCompute(const Scenario& scenario);

  bool is_six_n() const { return rule_.kind == FlopsRule::Kind::SixN; }
  /// ln g of ln N.
  double log_factor(double log_params) const;
  double factor(Params params) const;

  Flops flops(Params params, Tokens tokens) const;
  Tokens tokens(Flops flops, Params params) const;
  Params params(Flops flops, Tokens tokens) const;
  /// ln D, and ln N, on a budget.
  double log_tokens(double log_flops, double log_params) const;
  double log_params(double log_flops, double log_tokens) const;
  /// d ln g / d ln N.
  double slope(double log_params) const;

  /// @param law  of size and data
  Law shaped(Law law) const;
  std::shared_ptr<const Form> shaped(std::shared_ptr<const Form> form) const;

  /// The best run at a budget.
  /// @throws as `optimum` of a law.
  Optimum best(const Law& law, Flops flops) const;
  /// The run in which a size, or data, is optimal.
  /// @return nothing where no budget from 150 to 1e40 FLOP makes it so.
  std::optional<Optimum> best_for(const Law& law, Params params) const;
  std::optional<Optimum> best_for(const Law& law, Tokens tokens) const;

 private:
  FlopsRule rule_;
  Tokens context_ = Scenario::kContext;
  double log_constant_ = 0.0;  ///< ln g of a rule that is the same for all N
};

}  // namespace isoflop
