// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>

#include "isoflop/base/interval.h"
#include "isoflop/laws/law.h"
#include "isoflop/plan/goal.h"

namespace isoflop {

/// The losses of runs under every draw of a law.
class DrawLosses {
 public:
  /// @param law  of size and data, with draws; beyond its runs they are as much
  ///     wider as its back-test widens intervals
  explicit DrawLosses(const Law& law);

  /// A mean or quantile of the losses of a run, nats; draws without a finite
  /// loss have no say.
  double measure(const Risk& risk, double log_params, double log_tokens) const;

  /// Share of the draws in which the run has at most this loss.
  double share_within(Nats loss, double log_params, double log_tokens) const;

  /// Least and greatest ln N* at a budget; nothing where more than a tenth of
  /// the draws have no optimum.
  std::optional<Interval> optimal_log_params(double log_flops) const;

 private:
  Eigen::VectorXd losses(double log_params, double log_tokens) const;

  std::shared_ptr<const Form> form_;
  Eigen::VectorXd point_;  ///< n_coefficients
  Law reach_;              ///< range and widening of the law
  Eigen::MatrixXd theta_;  ///< n_coefficients x n_draws
};

}  // namespace isoflop
