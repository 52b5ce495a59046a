// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "isoflop/laws/curve.h"

namespace isoflop {

/// The number of a curve, from 0.
inline constexpr Variable kCurve{"curve",
                                 "curve",
                                 "number of a curve",
                                 Scale::Linear,
                                 0,
                                 kInfinite,
                                 kMissing,
                                 true};

/// A form of loss curves along the schedules of several: it reads the number
/// of the curve and the step.
class CurvesForm final : public Form {
 public:
  CurvesForm(const CurveForm& form,
             const std::vector<LearningRateSchedule>& schedules);

  std::string_view name() const override { return first().name(); }
  std::string_view formula() const override { return first().formula(); }
  std::string_view source() const override { return first().source(); }
  std::span<const CoefficientInfo> coefficients() const override {
    return first().coefficients();
  }
  std::span<const Variable> inputs() const override {
    static constexpr Variable kInputs[] = {kCurve, kStep};
    return kInputs;
  }

  double evaluate(const double* theta, const double* inputs) const override;
  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override;
  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override;
  std::optional<double> optimal_log_params(const double*,
                                           double) const override {
    return std::nullopt;
  }

 private:
  const Form& first() const { return *along_.front(); }
  const Form& along(double curve) const {
    return *along_[static_cast<std::size_t>(curve)];
  }

  std::vector<std::shared_ptr<const Form>> along_;
};

}  // namespace isoflop
