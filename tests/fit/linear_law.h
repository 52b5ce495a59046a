// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/LU>
#include <Eigen/QR>
#include <cmath>
#include <string>

#include "fit/designs.h"

namespace isoflop::testing {

/// Runs of a law that is linear in its coefficients, E + A / sqrt(N) +
/// B / sqrt(D), fitted by squares of plain losses: all that is known of linear
/// regression holds, by formulas that need no optimiser.
struct LinearLaw {
  Runs runs;
  Eigen::MatrixXd x;  ///< n_runs x 3
  Eigen::VectorXd y;  ///< n_runs
  Eigen::VectorXd coefficients;
  Eigen::VectorXd residuals;
  Eigen::MatrixXd inverse;  ///< (x' x)^-1
  Eigen::MatrixXd hat;      ///< x (x' x)^-1 x'

  explicit LinearLaw(int count = 14, double noise = 0.02)
      : x(count, 3), y(count) {
    Eigen::VectorXd params(count);
    Eigen::VectorXd tokens(count);
    RandomStream random(11, 3);
    for (int i = 0; i < count; ++i) {
      params[i] = 1e6 * std::pow(1.9, i % 7);
      tokens[i] = 3e7 * std::pow(2.3, (i * 3) % 5);
      x.row(i) << 1.0, 1e3 / std::sqrt(params[i]), 1e4 / std::sqrt(tokens[i]);
      y[i] = 2.0 + 0.7 * x(i, 1) + 0.9 * x(i, 2) + noise * random.normal();
    }
    runs = runs_from_columns(
        {{"params", params}, {"tokens", tokens}, {"loss", y}});
    inverse = (x.transpose() * x).inverse();
    coefficients = x.colPivHouseholderQr().solve(y);
    residuals = y - x * coefficients;
    hat = x * inverse * x.transpose();
  }

  double freedom() const { return static_cast<double>(x.rows() - x.cols()); }
  double variance() const { return residuals.squaredNorm() / freedom(); }

  static FitOptions options() {
    FitOptions options = without_bootstrap();
    options.law = "E + A * 1e3 / N^0.5 + B * 1e4 / D^0.5";
    options.objective = Objective::Squared;
    options.residual = Residual::Loss;
    return options;
  }
  static constexpr const char* kNames[] = {"E", "A", "B"};
};

}  // namespace isoflop::testing
