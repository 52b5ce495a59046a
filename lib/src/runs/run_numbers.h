// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "isoflop/runs/runs.h"

namespace isoflop {

/// Which rows are checkpoints of one run.
struct RunNumbers {
  Eigen::VectorXi of_row;  ///< n_rows, from 0 in the order of the rows
  int count = 0;
};

/// Rows of one name and one size are one run. A row without a name is a run of
/// its own, and so is one of another size: the name is that of a setup then.
/// Of compute alone every row is a run.
/// @param order  the rows that count, in this order
inline RunNumbers run_numbers(const Runs& runs,
                              const std::vector<Eigen::Index>& order) {
  RunNumbers found;
  found.of_row.resize(static_cast<Eigen::Index>(order.size()));
  std::map<std::pair<std::string_view, double>, int> numbers;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto row = static_cast<std::size_t>(order[k]);
    int& number = found.of_row[static_cast<Eigen::Index>(k)];
    number = found.count;
    if (runs.has_sizes() && !runs.name.empty() && !runs.name[row].empty()) {
      const std::pair key(std::string_view(runs.name[row]),
                          runs.params[order[k]]);
      number = numbers.emplace(key, found.count).first->second;
    }
    if (number == found.count) ++found.count;
  }
  return found;
}

}  // namespace isoflop
