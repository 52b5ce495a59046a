// SPDX-License-Identifier: Apache-2.0
#include "fit/errors.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "fit/polish.h"
#include "isoflop/base/interval.h"

namespace isoflop {
namespace {

/// Beyond so many standard deviations a residual counts as an outlier.
constexpr double kFar = 2.0;
/// Below this a residual is rounding.
constexpr double kLeastError = 1e-9;

double normal_density(double x) {
  return std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi);
}

double normal_share(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// E min(z^2, kFar^2) of a standard normal z.
double winsorised_square() {
  const double inside = 2.0 * normal_share(kFar) - 1.0;
  return inside - 2.0 * kFar * normal_density(kFar) +
         kFar * kFar * (1.0 - inside);
}

/// sd with sum of min(e^2, (kFar sd)^2) as of normal errors.
double proposal_two(const Eigen::VectorXd& error, double freedom, double sd) {
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds; ++round) {
    const double most = kFar * kFar * sd * sd;
    const double next = std::sqrt(error.array().square().min(most).sum() /
                                  (winsorised_square() * freedom));
    if (std::abs(next - sd) <= 1e-12 * sd) break;
    sd = next;
  }
  return sd;
}

Eigen::VectorXd leverages(const FitProblem& problem,
                          const Eigen::VectorXd& theta,
                          int* rank) {
  Eigen::VectorXd predicted;
  Eigen::MatrixXd jacobian;
  problem.form->evaluate_columns(theta, problem.inputs, predicted, &jacobian);
  if (problem.residual == Residual::Loss) {
    jacobian.array().colwise() *= predicted.array().exp();
  }
  const std::vector<int> free = free_coefficients(*problem.form);
  Eigen::MatrixXd design =
      problem.weight.cwiseSqrt().asDiagonal() * jacobian(Eigen::all, free);
  const auto n = design.rows();
  *rank = static_cast<int>(std::min<Eigen::Index>(n, design.cols()));
  if (!design.allFinite()) return Eigen::VectorXd::Zero(n);
  const Eigen::VectorXd norm = design.colwise().norm().cwiseMax(1e-300);
  design *= norm.cwiseInverse().asDiagonal();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(design);
  *rank = static_cast<int>(qr.rank());
  const Eigen::MatrixXd basis =
      qr.householderQ() * Eigen::MatrixXd::Identity(n, qr.rank());
  return basis.rowwise().squaredNorm().cwiseMin(1.0);
}

Eigen::VectorXd errors_at(const FitProblem& problem,
                          const Eigen::VectorXd& theta) {
  FitEvaluator evaluator(problem);
  return -evaluator.residuals(theta).cwiseProduct(problem.weight.cwiseSqrt());
}

}  // namespace

Errors estimate_errors(const FitProblem& problem,
                       const Eigen::VectorXd& optimum) {
  Errors errors;
  int rank = 0;
  errors.leverage = leverages(problem, optimum, &rank);
  errors.freedom = static_cast<double>(problem.size() - rank);
  errors.error = errors_at(problem, optimum);
  if (errors.freedom <= 0.0) return errors;
  const double rms = std::sqrt(errors.error.squaredNorm() / errors.freedom);
  if (!(rms > kLeastError)) return errors;
  if (problem.objective == Objective::Squared) {
    errors.sd = rms;
    return errors;
  }
  errors.sd = robust_sd(quantile(errors.error.cwiseAbs(), 0.5),
                        static_cast<double>(errors.error.size()),
                        errors.freedom);
  if (!(errors.sd > kLeastError)) errors.sd = rms;
  constexpr int kRounds = 2;
  FitProblem efficient = problem;
  efficient.objective = Objective::Huber;
  efficient.cost_ratio = 1.0;
  for (int round = 0; round < kRounds; ++round) {
    efficient.scale = kFar * errors.sd;
    const Polished end = polish(efficient, optimum, Precision::Rough);
    errors.error = errors_at(problem, end.theta);
    errors.sd = proposal_two(errors.error, errors.freedom, errors.sd);
    if (!(errors.sd > kLeastError)) errors.sd = rms;
  }
  return errors;
}

double robust_scale(const FitProblem& problem, const Eigen::VectorXd& theta) {
  const auto n = static_cast<double>(problem.size());
  const auto free =
      static_cast<double>(free_coefficients(*problem.form).size());
  const double mad = quantile(log_residuals(problem, theta).cwiseAbs(), 0.5);
  return n > free ? robust_sd(mad, n, n - free) : 0.0;
}

double residual_scale(const FitProblem& problem,
                      const Eigen::VectorXd& theta,
                      const Errors& errors) {
  const double robust = robust_scale(problem, theta);
  const auto scatter = scatter_of(problem, errors);
  // Without scatter in most runs there is none: the others are outliers.
  return scatter && robust > 0.0 ? scatter->sd : robust;
}

std::optional<Scatter> scatter_of(const FitProblem& problem,
                                  const Errors& errors) {
  if (!errors.exist()) return std::nullopt;
  const double unit = problem.residual == Residual::LogLoss
                          ? 1.0
                          : std::exp(quantile(problem.log_loss, 0.5));
  return Scatter{errors.sd / unit, errors.freedom};
}

ErrorDistribution::ErrorDistribution(const Errors& errors) {
  const auto n = static_cast<double>(errors.error.size());
  // Silverman's bandwidth over sd; the centres shrink so that the whole keeps
  // its variance.
  const double width = 1.06 * std::pow(n, -0.2);
  const double shrink = 1.0 / std::sqrt(1.0 + width * width);
  centres_ = shrink * std::sqrt(n / errors.freedom) * errors.error.cwiseAbs();
  bandwidth_ = shrink * width * errors.sd;
}

double ErrorDistribution::draw(RandomStream& random) const {
  const auto n = static_cast<std::uint32_t>(centres_.size());
  const double centre = centres_[random.below(n)];
  const double error = centre + bandwidth_ * random.normal();
  return random.uniform() < 0.5 ? -error : error;
}

double ErrorDistribution::density_at_zero(Eigen::Index run) const {
  return normal_density(centres_[run] / bandwidth_) / bandwidth_;
}

double ErrorDistribution::density_at_zero() const {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < centres_.size(); ++i) sum += density_at_zero(i);
  return sum / static_cast<double>(centres_.size());
}

double ErrorDistribution::share_within(double scale, Eigen::Index run) const {
  return normal_share((scale - centres_[run]) / bandwidth_) -
         normal_share((-scale - centres_[run]) / bandwidth_);
}

double ErrorDistribution::share_within(double scale) const {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < centres_.size(); ++i) {
    sum += share_within(scale, i);
  }
  return sum / static_cast<double>(centres_.size());
}

double ErrorDistribution::mean_square_within(double scale) const {
  const auto square = [&](double centre) {
    const double low = (-scale - centre) / bandwidth_;
    const double high = (scale - centre) / bandwidth_;
    const double inside = normal_share(high) - normal_share(low);
    const double within =
        (centre * centre + bandwidth_ * bandwidth_) * inside +
        bandwidth_ * ((centre - scale) * normal_density(low) -
                      (centre + scale) * normal_density(high));
    return std::max(0.0, within) / (scale * scale) + (1.0 - inside);
  };
  return centres_.unaryExpr(square).mean();
}

Eigen::VectorXd slopes_of(const FitProblem& problem, const Errors& errors) {
  const Eigen::Index n = errors.error.size();
  Eigen::VectorXd slopes = Eigen::VectorXd::Ones(n);
  if (!errors.exist() || problem.objective == Objective::Squared) return slopes;
  const ErrorDistribution distribution(errors);
  for (Eigen::Index i = 0; i < n; ++i) {
    slopes[i] = problem.objective == Objective::Absolute
                    ? 2.0 * distribution.density_at_zero(i) * problem.scale
                    : distribution.share_within(problem.scale, i);
  }
  return slopes;
}

Calibration calibrate(const FitProblem& problem, const Errors& errors) {
  if (!errors.exist()) return {};
  if (problem.objective == Objective::Squared) {
    const double sd = errors.sd / problem.scale;
    return {sd * sd, 1.0};
  }
  const ErrorDistribution distribution(errors);
  if (problem.objective == Objective::Absolute) {
    return {1.0, 2.0 * distribution.density_at_zero() * problem.scale};
  }
  return {distribution.mean_square_within(problem.scale),
          distribution.share_within(problem.scale)};
}

}  // namespace isoflop
