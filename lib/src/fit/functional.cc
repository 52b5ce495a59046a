// SPDX-License-Identifier: Apache-2.0
#include "fit/functional.h"

#include <cmath>

#include "isoflop/laws/optimum.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

class CoefficientFunctional final : public Functional {
 public:
  explicit CoefficientFunctional(int j) : j_(j) {}
  std::optional<double> value(const Eigen::VectorXd& theta) const override {
    return theta[j_];
  }
  std::optional<Eigen::VectorXd> gradient(
      const Eigen::VectorXd& theta) const override {
    return Eigen::VectorXd::Unit(theta.size(), j_);
  }

 private:
  int j_;
};

class OptimumFunctional final : public Functional {
 public:
  OptimumFunctional(const Form& form, double log_flops, OptimumPart part)
      : form_(form), log_flops_(log_flops), part_(part) {}

  std::optional<double> value(const Eigen::VectorXd& theta) const override {
    const double log_params =
        optimal_log_params(form_, theta.data(), log_flops_);
    if (!std::isfinite(log_params)) return std::nullopt;
    if (part_ == OptimumPart::LogParams) return log_params;
    const double inputs[2] = {log_params, log_rest_of(log_flops_, log_params)};
    return form_.evaluate(theta.data(), inputs);
  }

 private:
  const Form& form_;
  double log_flops_;
  OptimumPart part_;
};

}  // namespace

std::optional<Eigen::VectorXd> Functional::gradient(
    const Eigen::VectorXd& theta) const {
  constexpr double kNudge = 1e-5;
  Eigen::VectorXd slopes(theta.size());
  for (Eigen::Index j = 0; j < theta.size(); ++j) {
    Eigen::VectorXd moved = theta;
    moved[j] = theta[j] - kNudge;
    const auto below = value(moved);
    moved[j] = theta[j] + kNudge;
    const auto above = value(moved);
    if (!below || !above) return std::nullopt;
    slopes[j] = (*above - *below) / (2.0 * kNudge);
  }
  return slopes;
}

std::unique_ptr<Functional> coefficient_functional(int j) {
  return std::make_unique<CoefficientFunctional>(j);
}

std::unique_ptr<Functional> optimum_functional(const Form& form,
                                               double log_flops,
                                               OptimumPart part) {
  return std::make_unique<OptimumFunctional>(form, log_flops, part);
}

}  // namespace isoflop
