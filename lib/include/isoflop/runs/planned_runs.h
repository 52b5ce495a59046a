// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "isoflop/runs/read_runs.h"

namespace isoflop {

/// Sizes and data of runs that are asked about, a row each, with their losses
/// where they are known already.
struct PlannedRuns {
  Eigen::VectorXd params;              ///< n, count
  Eigen::VectorXd tokens;              ///< n, count
  Eigen::VectorXd loss_nats = {};      ///< n or empty, nats per token
  std::vector<std::string> name = {};  ///< n or empty
  std::string source = "columns";      ///< path or "columns"
};

/// A table as `read_runs` takes it, in which the loss may be absent.
/// @throws as `read_runs`.
PlannedRuns read_planned_runs(const std::string& path,
                              const ReadOptions& options = {});

}  // namespace isoflop
