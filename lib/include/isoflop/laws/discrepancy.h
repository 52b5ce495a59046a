// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <memory>
#include <string_view>
#include <vector>

#include "isoflop/base/interval.h"
#include "isoflop/laws/form.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// Scales of the departure of runs from a law, in log loss.
struct DiscrepancyScales {
  /// Sd of the departure at the largest runs; 0 for none.
  double amplitude = 0.0;
  double length = 1.0;      ///< over which it varies, in ln N and ln D
  double growth = 0.0;      ///< its sd is (Cmax / C)^growth at smaller runs
  double run_effect = 0.0;  ///< sd shared by the rows of one run
  double noise = 0.0;       ///< sd of a row about its run, at weight 1
};

/// One choice of the scales, with what follows from it.
struct DiscrepancyPart {
  DiscrepancyScales scales;
  double weight = 1.0;  ///< of all parts, they sum to 1
  /// F with F F' the covariance of theta, n_coefficients squared.
  Eigen::MatrixXd theta_factor;
};

/// What a correlated discrepancy was learned from: enough to save it.
struct DiscrepancyData {
  Eigen::MatrixXd inputs;    ///< n_rows x 2: ln N, ln D
  Eigen::VectorXd log_loss;  ///< n_rows
  Eigen::VectorXd weight;    ///< n_rows, > 0: noise variance is over it
  Eigen::VectorXi run;       ///< n_rows: rows of one run share a number
  double drift = 0.0;        ///< sd a decade of compute beyond the largest run
  /// Of runs on a line: sd of the slope of ln L off it, where the runs say
  /// nothing; 0 for runs that vary in two directions.
  double off_line = 0.0;
  std::string prior;  ///< of the law, in a word
  std::vector<DiscrepancyPart> parts;
};

/// The loss of a run that is forecast, in log loss, and where its doubt comes
/// from. Normal in log loss.
struct LossForecast {
  double law = 0.0;             ///< ln L by the law alone
  double discrepancy = 0.0;     ///< ln L less that of the law
  double sd_law = 0.0;          ///< doubt in the law's coefficients
  double sd_discrepancy = 0.0;  ///< doubt in the departure from it
  double sd_drift = 0.0;        ///< doubt beyond the largest run
  double sd_noise = 0.0;        ///< of one run about the mean curve

  /// Of the loss that is forecast.
  double log_loss() const { return law + discrepancy; }
  /// The loss that is forecast: the median.
  Nats loss() const;
  double sd_curve() const;  ///< of the mean over runs
  double sd_run() const;    ///< of one new run
  /// Of the loss, in nats; `level` in (0, 1).
  Interval curve_interval(double level) const;
  /// Where the loss of one new run lies, in nats.
  /// @param level  in (0, 1)
  Interval run_interval(double level) const;
};

/// The line that runs lie nearest to, in ln N and ln D.
struct InputLine {
  Eigen::Vector2d centre;
  Eigen::Vector2d across;  ///< the direction in which they vary least, unit
  double spread = 0.0;     ///< sd of the runs in that direction

  /// @param inputs  n_rows x 2: ln N, ln D
  static InputLine of(const Eigen::MatrixXd& inputs);
  /// How far a run lies off it beyond twice the spread of the others.
  double distance(double log_params, double log_tokens) const;
};

/// A Gaussian process for how runs depart from a law, given the runs:
///
///   ln L = law(N, D) + d(N, D) + run effect + noise,
///   cov(d_i, d_j) = s^2 exp(-|x_i - x_j|^2 / (2 l^2)) a_i a_j,
///
/// x = (ln N, ln D), a = (Cmax / C)^q, at least 1, C = 6 N D. Rows of one run
/// share the run effect. Far from the runs it forgets: the forecast is the
/// law's and its sd the amplitude. The doubt in the coefficients is that left
/// by the runs and the prior.
///
/// Made of the data in O(n_rows^3); forecasts are O(n_rows^2) each.
/// @source Kennedy & O'Hagan 2001, doi:10.1111/1467-9868.00294.
class Discrepancy {
 public:
  /// @throws std::invalid_argument for data that cannot be meant.
  Discrepancy(std::shared_ptr<const Form> form,
              const Eigen::VectorXd& coefficients,
              DiscrepancyData data);
  ~Discrepancy();
  Discrepancy(const Discrepancy&) = delete;
  Discrepancy& operator=(const Discrepancy&) = delete;

  /// All that it was made of.
  const DiscrepancyData& data() const { return data_; }

  /// @param params, tokens  counts, > 0
  LossForecast at(Params params, Tokens tokens) const;

  /// The same of many runs.
  /// @param params, tokens  n each
  /// @param threads         0 for all CPUs; the result is the same for any
  std::vector<LossForecast> at(const Eigen::VectorXd& params,
                               const Eigen::VectorXd& tokens,
                               int threads = 0) const;

 private:
  struct Conditioned;
  void add_block(const Eigen::MatrixXd& inputs,
                 const Conditioned& given,
                 double weight,
                 LossForecast* out) const;

  std::shared_ptr<const Form> form_;
  Eigen::VectorXd theta_;
  DiscrepancyData data_;
  InputLine line_;            ///< of the runs
  double log_largest_ = 0.0;  ///< ln Cmax
  std::vector<Conditioned> given_;
};

}  // namespace isoflop
