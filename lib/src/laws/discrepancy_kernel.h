// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "isoflop/laws/discrepancy.h"

namespace isoflop {

/// Keeps covariances of equal runs apart from zero.
inline constexpr double kCovarianceJitter = 1e-8;

/// ln C = ln 6 + ln N + ln D of rows of (ln N, ln D).
Eigen::VectorXd log_flops_of(const Eigen::MatrixXd& inputs);

/// exp(-|a_i - b_j|^2 / (2 l^2)), one row a row of `a`, one column a row of
/// `b`.
Eigen::MatrixXd unit_kernel(const Eigen::MatrixXd& a,
                            const Eigen::MatrixXd& b,
                            double length);

/// a_i of the departure's growth towards smaller runs.
Eigen::VectorXd growth_factors(const Eigen::VectorXd& log_flops,
                               double log_largest,
                               double growth);

/// Covariance of the rows' log losses about the law, n_rows squared.
Eigen::MatrixXd covariance_of(const DiscrepancyData& data,
                              const DiscrepancyScales& scales);

}  // namespace isoflop
