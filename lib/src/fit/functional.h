// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>

#include "isoflop/laws/form.h"

namespace isoflop {

/// A number that follows from the coefficients, smoothly.
class Functional {
 public:
  virtual ~Functional() = default;
  /// Nothing where the coefficients have no answer.
  virtual std::optional<double> value(const Eigen::VectorXd& theta) const = 0;
  virtual std::optional<Eigen::VectorXd> gradient(
      const Eigen::VectorXd& theta) const;
};

/// Coefficient number j, on its search scale.
std::unique_ptr<Functional> coefficient_functional(int j);

enum class OptimumPart { LogParams, LogLoss };

/// ln N* or ln L* at a budget.
/// @param form  a loss of size and data; must outlive the quantity
std::unique_ptr<Functional> optimum_functional(const Form& form,
                                               double log_flops,
                                               OptimumPart part);

}  // namespace isoflop
