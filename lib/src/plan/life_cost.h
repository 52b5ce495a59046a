// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "isoflop/plan/scenario.h"
#include "plan/cluster.h"
#include "plan/loss_runs.h"
#include "plan/training_compute.h"

namespace isoflop {

/// What a scenario with a loss to reach makes least: dollars of training, or
/// of training and serving, where all rents are known; else FLOP.
class LifeCost {
 public:
  LifeCost(const Scenario& scenario, std::string_view owner);

  bool is_usd() const { return is_usd_; }
  /// Whether it goes in steps with the size: prices of serving do, with the
  /// layers and heads of a model and the devices of a group.
  bool has_steps() const { return is_usd_ && server_; }
  /// ln of the dollars or the FLOP.
  /// @param beside  FLOP beside those of training
  double log_cost(double log_params,
                  double log_tokens,
                  Flops beside = Flops(0.0)) const;
  LogCost function() const;

  /// The same with prices of serving from a table between these sizes, for
  /// loops over draws.
  LifeCost tabulated(double low_log_params, double high_log_params) const;

 private:
  double served_usd(double log_params) const;

  Scenario scenario_;
  TrainingCompute compute_;
  std::optional<Cluster> cluster_;
  std::optional<Server> server_;
  Tokens served_{0.0};
  bool is_usd_ = false;
  double table_low_ = 0.0;
  double table_step_ = 0.0;
  std::vector<double> table_;  ///< dollars; empty without
};

}  // namespace isoflop
