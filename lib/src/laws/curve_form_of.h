// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "isoflop/laws/curve.h"
#include "laws/form_of.h"

namespace isoflop {

/// The `CurveForm` that follows from a form's header: its one templated
/// function of theta, the schedule and steps in rising order.
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
    double answer = kNaN;
    if (step > 0) {
      F::evaluate(
          theta, schedule_, std::span<const Eigen::Index>(&step, 1), &answer);
    }
    return answer;
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
    // Rows by their step: a form may go along the schedule once.
    std::vector<Eigen::Index> rows;
    for (Eigen::Index i = 0; i < n; ++i) {
      if (step_of(inputs(i, 0)) > 0) rows.push_back(i);
    }
    std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) {
      return inputs(a, 0) < inputs(b, 0);
    });
    std::vector<Eigen::Index> steps;
    for (const Eigen::Index i : rows) steps.push_back(step_of(inputs(i, 0)));
    if (jacobian == nullptr) {
      std::vector<double> answers(steps.size());
      F::evaluate(theta.data(),
                  schedule_,
                  std::span<const Eigen::Index>(steps),
                  answers.data());
      for (std::size_t k = 0; k < rows.size(); ++k) out[rows[k]] = answers[k];
      return;
    }
    ThetaJet jets[kCoefficients];
    for (int j = 0; j < kCoefficients; ++j) jets[j] = ThetaJet(theta[j], j);
    std::vector<ThetaJet> answers(steps.size());
    F::evaluate(
        jets, schedule_, std::span<const Eigen::Index>(steps), answers.data());
    for (std::size_t k = 0; k < rows.size(); ++k) {
      out[rows[k]] = answers[k].a;
      jacobian->row(rows[k]) = answers[k].v.transpose();
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
