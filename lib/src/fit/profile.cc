// SPDX-License-Identifier: Apache-2.0
#include "fit/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "fit/held.h"
#include "fit/polish.h"

namespace isoflop {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// How far a profile is followed, in standard errors.
constexpr double kFarthest = 50.0;

}  // namespace

bool Profile::is_closed() const {
  return std::isfinite(interval.low) && std::isfinite(interval.high);
}

const Profile* FitProfile::find(const std::string& quantity) const {
  for (const Profile& profile : profiles) {
    if (profile.quantity == quantity && !profile.flops) return &profile;
  }
  return nullptr;
}

Profiler::Profiler(const FitProblem& problem,
                   const Eigen::VectorXd& optimum,
                   const Errors& errors,
                   const Covariance& covariance,
                   double level,
                   bool is_uneven)
    : problem_(problem),
      optimum_(optimum),
      covariance_(covariance),
      is_uneven_(is_uneven),
      cut_(std::pow(
          student_quantile(0.5 * (1.0 + level), std::max(1.0, errors.freedom)),
          2)) {
  if (problem.objective == Objective::Absolute) {
    constexpr double kShare = 0.02;
    problem_.objective = Objective::Huber;
    problem_.scale = kShare * errors.sd;
    optimum_ = polish(problem_, optimum, Precision::Fine).theta;
  }
  lambda_ = calibrate(problem_, errors).lambda();
  least_ = FitEvaluator(problem_)(optimum_, nullptr);
}

/// One way from the estimate.
struct Profiler::Side {
  const Functional& quantity;
  double estimate;
  double step;              ///< a standard error, signed
  Eigen::VectorXd tangent;  ///< d theta / d quantity at the estimate
  double lambda;
  std::vector<ProfilePoint>& points;
  Eigen::VectorXd last;  ///< theta at the last value
  double last_value;
};

/// Infinite where the quantity cannot have that value.
double Profiler::root_deviance(Side& side, double value) const {
  // Straight on from the fit through the last point.
  const double gone = side.last_value - side.estimate;
  const Eigen::VectorXd direction =
      gone == 0.0 ? side.tangent
                  : Eigen::VectorXd((side.last - optimum_) / gone);
  const Eigen::VectorXd start =
      side.last + direction * (value - side.last_value);
  const double tolerance = 1e-6 * side.lambda * cut_;
  auto held = fit_held(problem_, side.quantity, value, start, tolerance);
  if (!held) {
    held = fit_held(problem_, side.quantity, value, side.last, tolerance);
  }
  if (!held) return kInfinity;
  side.last = held->theta;
  side.last_value = value;
  const double deviance =
      std::max(0.0, 2.0 * (held->value - least_) / side.lambda);
  side.points.push_back({value, deviance});
  return std::sqrt(deviance);
}

double Profiler::end_of(Side& side, double limit, bool closing_only) const {
  constexpr int kMostSteps = 40;
  constexpr double kSame = 1e-5;
  const double wanted = std::sqrt(cut_);
  const double sign = side.step > 0.0 ? 1.0 : -1.0;
  const double farthest =
      std::isfinite(limit)
          ? std::min(kFarthest,
                     std::abs(limit - side.estimate) / std::abs(side.step))
          : kFarthest;
  // In standard errors from the estimate: the cut lies in (below, above].
  double below = 0.0;
  double root_below = 0.0;
  double above = std::min(1.02 * wanted, farthest);
  double root_above = 0.0;
  while (true) {
    root_above = root_deviance(side, side.estimate + above * side.step);
    if (root_above >= wanted) break;
    if (above >= farthest) return sign * kInfinity;
    const double growth =
        std::clamp(1.05 * wanted / std::max(root_above, 1e-3), 1.3, 3.0);
    below = above;
    root_below = root_above;
    above = std::min(farthest, above * growth);
  }
  if (closing_only) return side.estimate + above * side.step;
  for (int step = 0; step < kMostSteps; ++step) {
    const bool is_smooth = std::isfinite(root_above);
    double share =
        is_smooth ? (wanted - root_below) / (root_above - root_below) : 0.5;
    // Bisects now and then, lest one end never moves.
    if (step % 4 == 3) share = 0.5;
    const double at = below + std::clamp(share, 0.001, 1.0) * (above - below);
    if (above - below <= kSame * above ||
        (is_smooth && root_above - wanted <= kSame * wanted)) {
      break;
    }
    const double root = root_deviance(side, side.estimate + at * side.step);
    if (std::abs(root - wanted) <= kSame * wanted) {
      return side.estimate + at * side.step;
    }
    (root < wanted ? below : above) = at;
    (root < wanted ? root_below : root_above) = root;
  }
  return side.estimate + above * side.step;
}

std::optional<Profile> Profiler::trace(const Functional& quantity,
                                       const Interval& limits,
                                       bool closing_only) const {
  const auto estimate = quantity.value(optimum_);
  const auto slopes = quantity.gradient(optimum_);
  if (!estimate || !slopes) return std::nullopt;
  const Eigen::VectorXd moved = covariance_.classical * *slopes;
  const double variance = slopes->dot(moved);
  if (!(variance > 0.0) || !std::isfinite(variance)) return std::nullopt;
  const double inflation =
      is_uneven_ ? slopes->dot(covariance_.sandwich * *slopes) / variance : 1.0;
  Profile profile;
  profile.lambda = lambda_ * inflation;
  profile.estimate = *estimate;
  profile.points.push_back({*estimate, 0.0});
  const auto side = [&](double step) {
    return Side{quantity,
                *estimate,
                step,
                moved / variance,
                profile.lambda,
                profile.points,
                optimum_,
                *estimate};
  };
  const double step = std::sqrt(inflation * variance);
  Side down = side(-step);
  profile.interval.low = end_of(down, limits.low, closing_only);
  Side up = side(step);
  profile.interval.high = end_of(up, limits.high, closing_only);
  std::sort(profile.points.begin(),
            profile.points.end(),
            [](const ProfilePoint& a, const ProfilePoint& b) {
              return a.value < b.value;
            });
  return profile;
}

}  // namespace isoflop
