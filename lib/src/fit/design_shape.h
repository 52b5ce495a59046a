// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>

namespace isoflop {

/// How the sizes and data of a design lie, in words.
struct Shape {
  std::string sentence;     ///< "tokens/params is 20 in all runs"
  std::string inseparable;  ///< what that makes inseparable
  std::string still_known;
};

/// The direction in which a design does not vary, if any: one size, one amount
/// of data, one ratio or one budget, a tenth either way; or two levels where a
/// term needs three.
/// @param inputs  n_runs x 2: ln N, ln D
std::optional<Shape> describe_shape(const Eigen::MatrixXd& inputs);

}  // namespace isoflop
