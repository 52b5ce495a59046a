// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "fit/decision.h"
#include "fit/problem.h"

namespace isoflop {

/// Jacobian of log loss by theta at the runs, columns scaled to unit norm,
/// as its singular values and right vectors.
struct Design {
  std::vector<int> columns;  ///< coefficients behind the columns
  Eigen::VectorXd norm;      ///< of the columns before scaling
  Eigen::VectorXd singular;  ///< n_coefficients, zeros where runs are fewer
  Eigen::MatrixXd right;     ///< n_coefficients squared, column per value
  Eigen::MatrixXd triangle;  ///< as good as all rows: R of their QR
  int rank = 0;
  double condition = std::numeric_limits<double>::infinity();
};

/// @param columns  coefficients to judge: a term that ended at zero has no
///     say, its column of the Jacobian being zero
Eigen::MatrixXd weighted_jacobian(const Form& form,
                                  const Eigen::VectorXd& theta,
                                  const WeightedInputs& runs,
                                  const std::vector<int>& columns);

/// @param jacobian   weighted, by the coefficients of `columns`
/// @param run_count  runs behind it
Design judge(Eigen::MatrixXd jacobian,
             Eigen::Index run_count,
             const std::vector<int>& columns);

Design judge(const Form& form,
             const Eigen::VectorXd& theta,
             const WeightedInputs& runs,
             const std::vector<int>& columns);

/// Standard deviations of the decision.
struct Spread {
  double sd_log_loss = std::numeric_limits<double>::infinity();
  double sd_log_params = std::numeric_limits<double>::infinity();
};

/// Spread of the decision if residuals have this scale.
std::optional<Spread> spread_of(const Decision& decision,
                                const Eigen::VectorXd& theta,
                                const Design& design,
                                double scale);

/// Real runs scatter about their law by at least this much: of thirteen public
/// sets twelve leave 0.32 to 4.3 %, and the other lies along a line
/// (docs/decisions/0012-real-scatter.md). A fit that leaves less has too few
/// runs to show it, or luck.
inline constexpr double kLeastScale = 0.003;

/// Half-widths of 90 % intervals.
inline constexpr double kWidestLogLoss = 0.08;
inline const double kWidestLogParams = std::log(3.0);
inline constexpr double kNormalQuantile = 1.6448536269514722;  ///< at 0.95

bool is_wide(const Spread& spread);

/// The scatter that runs do not rule out: what they show, `kLeastScale` at the
/// least, times sqrt(nu / chi^2_nu,0.01), nu = runs - coefficients, which for
/// normal errors is below the truth for one set of runs in a hundred. The
/// spread of a decision is judged at it: a status that took the scatter as
/// estimated would pick the sets whose errors happen to look small.
double widest_scatter(double residual_scale,
                      Eigen::Index runs,
                      int coefficients);

/// Coefficients as they are typical of the form.
Eigen::VectorXd nominal_theta(const Form& form);

}  // namespace isoflop
