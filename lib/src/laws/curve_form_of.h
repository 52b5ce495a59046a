// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "isoflop/laws/curve.h"
#include "laws/form_of.h"

namespace isoflop {

/// The `CurveForm` that follows from a form's header: its one templated
/// function of theta, the schedule and a step.
template <class F>
class CurveFormOf final : public CurveForm {
  static constexpr int kCoefficients =
      static_cast<int>(std::size(F::coefficients));
  using ThetaJet = ceres::Jet<double, kCoefficients>;

 public:
  CurveFormOf() = default;
  explicit CurveFormOf(LearningRateSchedule schedule)
      : schedule_(std::move(schedule)) {}

  std::string_view name() const override { return F::name; }
  std::string_view formula() const override { return F::formula; }
  std::string_view source() const override { return F::source; }
  std::span<const CoefficientInfo> coefficients() const override {
    return F::coefficients;
  }
  std::span<const Variable> inputs() const override {
    static constexpr Variable kInputs[] = {kStep};
    return kInputs;
  }

  std::shared_ptr<const Form> along(
      LearningRateSchedule schedule) const override {
    return std::make_shared<CurveFormOf>(std::move(schedule));
  }

  double evaluate(const double* theta, const double* inputs) const override {
    const Eigen::Index step = step_of(inputs[0]);
    return step > 0 ? F::evaluate(theta, schedule_, step) : kNaN;
  }

  /// Steps are counted: there is no derivative by them.
  void input_gradient(const double*,
                      const double*,
                      double* gradient) const override {
    gradient[0] = kNaN;
  }

  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    const Eigen::Index n = inputs.rows();
    out.setConstant(n, kNaN);
    if (jacobian != nullptr) jacobian->setConstant(n, kCoefficients, kNaN);
    ThetaJet jets[kCoefficients];
    for (int j = 0; j < kCoefficients; ++j) jets[j] = ThetaJet(theta[j], j);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::Index step = step_of(inputs(i, 0));
      if (step == 0) continue;
      if (jacobian == nullptr) {
        out[i] = F::evaluate(theta.data(), schedule_, step);
        continue;
      }
      const ThetaJet result = F::evaluate(jets, schedule_, step);
      out[i] = result.a;
      jacobian->row(i) = result.v.transpose();
    }
  }

  std::optional<double> optimal_log_params(const double*,
                                           double) const override {
    return std::nullopt;
  }

 private:
  static constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

  /// The step, or 0 for what is none of the schedule.
  Eigen::Index step_of(double step) const {
    const auto last = static_cast<double>(schedule_.rates.size());
    const bool is_one = step >= 1 && step <= last && step == std::floor(step);
    return is_one ? static_cast<Eigen::Index>(step) : 0;
  }

  LearningRateSchedule schedule_;
};

}  // namespace isoflop
