// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/discrepancy.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoflop/base/parallel.h"
#include "isoflop/units/text.h"
#include "laws/discrepancy_kernel.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

Interval interval_of(double log_loss, double sd, double level) {
  if (!(level >= 0.0 && level < 1.0)) {
    throw std::invalid_argument("interval: level is " + format_exact(level) +
                                ", but must be at least 0 and below 1");
  }
  const double width = std::sqrt(2.0) * boost::math::erf_inv(level) * sd;
  return {std::exp(log_loss - width), std::exp(log_loss + width)};
}

void require_consistent(const Form& form, const DiscrepancyData& data) {
  const Eigen::Index rows = data.inputs.rows();
  const Eigen::Index coefficients = form.coefficient_count();
  const bool is_law_of_size_and_data = form.answers_loss() &&
                                       form.input_count() == 2 &&
                                       form.inputs()[0].name == kParams.name &&
                                       form.inputs()[1].name == kTokens.name;
  bool fits = is_law_of_size_and_data && rows > 0 && !data.parts.empty() &&
              data.inputs.cols() == 2 && data.log_loss.size() == rows &&
              data.weight.size() == rows && data.run.size() == rows &&
              data.weight.minCoeff() > 0.0 && data.run.minCoeff() >= 0 &&
              data.run.maxCoeff() < rows;
  for (const DiscrepancyPart& part : data.parts) {
    fits = fits && part.theta_factor.rows() == coefficients &&
           part.theta_factor.cols() == coefficients;
  }
  if (!fits) {
    throw std::invalid_argument(
        "discrepancy: its columns do not belong to one set of runs of a loss "
        "of size and data");
  }
  double sum = 0.0;
  for (const DiscrepancyPart& part : data.parts) sum += part.weight;
  if (!(std::abs(sum - 1.0) < 1e-6)) {
    throw std::invalid_argument(
        "discrepancy: the weights of its parts sum to " + format_exact(sum) +
        ", but must sum to 1");
  }
}

}  // namespace

Nats LossForecast::loss() const { return Nats(std::exp(log_loss())); }

double LossForecast::sd_curve() const {
  return std::sqrt(sd_law * sd_law + sd_discrepancy * sd_discrepancy +
                   sd_drift * sd_drift);
}

double LossForecast::sd_run() const { return std::hypot(sd_curve(), sd_noise); }

Interval LossForecast::curve_interval(double level) const {
  return interval_of(log_loss(), sd_curve(), level);
}

Interval LossForecast::run_interval(double level) const {
  return interval_of(log_loss(), sd_run(), level);
}

InputLine InputLine::of(const Eigen::MatrixXd& inputs) {
  InputLine line;
  line.centre = inputs.colwise().mean().transpose();
  const Eigen::MatrixXd centred = inputs.rowwise() - line.centre.transpose();
  const double angle =
      0.5 *
      std::atan2(2.0 * centred.col(0).dot(centred.col(1)),
                 centred.col(0).squaredNorm() - centred.col(1).squaredNorm());
  line.across = Eigen::Vector2d(-std::sin(angle), std::cos(angle));
  line.spread = std::sqrt((centred * line.across).squaredNorm() /
                          static_cast<double>(inputs.rows()));
  return line;
}

double InputLine::distance(double log_params, double log_tokens) const {
  const Eigen::Vector2d off = Eigen::Vector2d(log_params, log_tokens) - centre;
  return std::max(0.0, std::abs(off.dot(across)) - 2.0 * spread);
}

Eigen::VectorXd log_flops_of(const Eigen::MatrixXd& inputs) {
  return (inputs.col(0) + inputs.col(1)).array() + kLog6;
}

Eigen::MatrixXd unit_kernel(const Eigen::MatrixXd& a,
                            const Eigen::MatrixXd& b,
                            double length) {
  Eigen::MatrixXd kernel(a.rows(), b.rows());
  const double scale = -0.5 / (length * length);
  for (Eigen::Index j = 0; j < b.rows(); ++j) {
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
      kernel(i, j) = std::exp(scale * (a.row(i) - b.row(j)).squaredNorm());
    }
  }
  return kernel;
}

Eigen::VectorXd growth_factors(const Eigen::VectorXd& log_flops,
                               double log_largest,
                               double growth) {
  return log_flops.unaryExpr([=](double log_c) {
    return std::exp(growth * std::max(0.0, log_largest - log_c));
  });
}

Eigen::MatrixXd covariance_of(const DiscrepancyData& data,
                              const DiscrepancyScales& scales) {
  const Eigen::VectorXd log_flops = log_flops_of(data.inputs);
  const Eigen::VectorXd factor =
      scales.amplitude *
      growth_factors(log_flops, log_flops.maxCoeff(), scales.growth);
  Eigen::MatrixXd covariance =
      factor.asDiagonal() *
      unit_kernel(data.inputs, data.inputs, scales.length) *
      factor.asDiagonal();
  const double shared = scales.run_effect * scales.run_effect;
  for (Eigen::Index j = 0; j < covariance.cols(); ++j) {
    for (Eigen::Index i = 0; i < covariance.rows() && shared > 0.0; ++i) {
      if (data.run[i] == data.run[j]) covariance(i, j) += shared;
    }
    covariance(j, j) +=
        scales.noise * scales.noise / data.weight[j] + kCovarianceJitter;
  }
  return covariance;
}

/// What the rows say under one choice of the scales.
struct Discrepancy::Conditioned {
  DiscrepancyPart part;
  Eigen::MatrixXd lower;     ///< of the Cholesky factorisation of K
  Eigen::VectorXd residual;  ///< K^-1 (ln L - law)
  Eigen::MatrixXd slopes;    ///< K^-1 d law / d theta
};

Discrepancy::Discrepancy(std::shared_ptr<const Form> form,
                         const Eigen::VectorXd& coefficients,
                         DiscrepancyData data)
    : form_(std::move(form)),
      theta_(form_->theta_from_coefficients(coefficients)),
      data_(std::move(data)) {
  require_consistent(*form_, data_);
  line_ = InputLine::of(data_.inputs);
  log_largest_ = log_flops_of(data_.inputs).maxCoeff();
  Eigen::VectorXd law;
  Eigen::MatrixXd jacobian;
  form_->evaluate_columns(theta_, data_.inputs, law, &jacobian);
  for (const DiscrepancyPart& part : data_.parts) {
    const Eigen::LLT<Eigen::MatrixXd> cholesky(
        covariance_of(data_, part.scales));
    if (cholesky.info() != Eigen::Success || !law.allFinite()) {
      throw std::invalid_argument(
          "discrepancy: its scales leave no covariance of the runs");
    }
    given_.push_back({part,
                      cholesky.matrixL(),
                      cholesky.solve(data_.log_loss - law),
                      cholesky.solve(jacobian)});
  }
}

Discrepancy::~Discrepancy() = default;

/// Adds what one part says of some runs; `sd_` members hold variances here.
void Discrepancy::add_block(const Eigen::MatrixXd& inputs,
                            const Conditioned& given,
                            double weight,
                            LossForecast* out) const {
  const DiscrepancyScales& scales = given.part.scales;
  Eigen::VectorXd law;
  Eigen::MatrixXd jacobian;
  form_->evaluate_columns(theta_, inputs, law, &jacobian);
  const Eigen::VectorXd own =
      scales.amplitude *
      growth_factors(log_flops_of(inputs), log_largest_, scales.growth);
  const Eigen::VectorXd known =
      scales.amplitude *
      growth_factors(log_flops_of(data_.inputs), log_largest_, scales.growth);
  // n_rows x n_runs: a column a run that is asked for.
  Eigen::MatrixXd kernel = known.asDiagonal() *
                           unit_kernel(data_.inputs, inputs, scales.length) *
                           own.asDiagonal();
  const Eigen::VectorXd mean = kernel.transpose() * given.residual;
  const Eigen::MatrixXd open =
      (jacobian - kernel.transpose() * given.slopes) * given.part.theta_factor;
  given.lower.triangularView<Eigen::Lower>().solveInPlace(kernel);
  for (Eigen::Index i = 0; i < inputs.rows(); ++i) {
    LossForecast& forecast = out[i];
    const double left =
        std::max(own[i] * own[i] - kernel.col(i).squaredNorm(), 0.0);
    const double run = scales.run_effect * scales.run_effect;
    forecast.law = law[i];
    forecast.sd_law += weight * open.row(i).squaredNorm();
    // Parts that differ in the mean are doubt as well.
    const double departure = mean[i];
    forecast.discrepancy += weight * departure;
    forecast.sd_discrepancy += weight * (left + departure * departure);
    forecast.sd_noise += weight * (scales.noise * scales.noise + run);
  }
}

std::vector<LossForecast> Discrepancy::at(const Eigen::VectorXd& params,
                                          const Eigen::VectorXd& tokens,
                                          int threads) const {
  constexpr Eigen::Index kBlock = 64;
  if (params.size() != tokens.size() || !(params.array() > 0.0).all() ||
      !(tokens.array() > 0.0).all() || !params.allFinite() ||
      !tokens.allFinite()) {
    throw std::invalid_argument(
        "forecast: params and tokens must be positive and finite, and as many");
  }
  const Eigen::Index count = params.size();
  std::vector<LossForecast> out(static_cast<std::size_t>(count));
  const auto log_of = [](double x) { return std::log(x); };
  parallel_for((count + kBlock - 1) / kBlock, threads, [&](std::int64_t block) {
    const Eigen::Index from = block * kBlock;
    const Eigen::Index rows = std::min(kBlock, count - from);
    Eigen::MatrixXd inputs(rows, 2);
    inputs.col(0) = params.segment(from, rows).unaryExpr(log_of);
    inputs.col(1) = tokens.segment(from, rows).unaryExpr(log_of);
    LossForecast* const at = out.data() + from;
    for (const Conditioned& given : given_) {
      add_block(inputs, given, given.part.weight, at);
    }
    const Eigen::VectorXd log_flops = log_flops_of(inputs);
    for (Eigen::Index i = 0; i < rows; ++i) {
      LossForecast& one = at[i];
      const double variance =
          one.sd_discrepancy - one.discrepancy * one.discrepancy;
      one.sd_law = std::hypot(
          std::sqrt(one.sd_law),
          data_.off_line * line_.distance(inputs(i, 0), inputs(i, 1)));
      one.sd_discrepancy = std::sqrt(std::max(variance, 0.0));
      one.sd_noise = std::sqrt(one.sd_noise);
      one.sd_drift =
          data_.drift *
          std::max(0.0, (log_flops[i] - log_largest_) / std::log(10.0));
    }
  });
  return out;
}

LossForecast Discrepancy::at(Params params, Tokens tokens) const {
  return at(Eigen::VectorXd::Constant(1, params.value()),
            Eigen::VectorXd::Constant(1, tokens.value()),
            1)
      .front();
}

}  // namespace isoflop
