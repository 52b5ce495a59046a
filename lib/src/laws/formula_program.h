// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "isoflop/laws/variable.h"
#include "laws/formula_text.h"

namespace isoflop {

/// A formula as straight-line code over theta and the inputs on their scales,
/// with derivatives by one sweep backwards: all of them for a few times the
/// cost of the value, however many there are.
///
/// Overflow, division by zero and numbers outside the domain of a function
/// give infinities and NaN. Where the value does not depend on something its
/// derivative is 0, also next to an infinity.
class FormulaProgram {
 public:
  /// @param steps  in order, the last one is the answer
  explicit FormulaProgram(std::vector<FormulaStep> steps);

  double value(const double* theta, const double* inputs) const;

  /// @param by_theta   written where the answer depends on it; may be null
  /// @param by_inputs  likewise
  void gradient(const double* theta,
                const double* inputs,
                double* by_theta,
                double* by_inputs) const;

  /// Rows eight by eight, so that a row's answer does not depend on its place.
  ///
  /// @param inputs    n_rows x n_inputs
  /// @param out       n_rows, written
  /// @param jacobian  n_rows x n_coefficients, zeros on entry; may be null
  void columns(const Eigen::VectorXd& theta,
               const Eigen::MatrixXd& inputs,
               Eigen::VectorXd& out,
               Eigen::MatrixXd* jacobian) const;

  std::span<const FormulaStep> steps() const { return steps_; }

 private:
  std::vector<FormulaStep> steps_;
  std::vector<bool> reads_theta_;   ///< by step: depends on a coefficient
  std::vector<bool> reads_inputs_;  ///< by step: depends on an input
};

/// Straight-line code for a formula. Products, quotients and powers of what is
/// searched or read as a logarithm are kept as logarithms, so that A/N^alpha
/// costs one exponential and does not overflow on the way; what occurs twice
/// is computed once.
///
/// @param coefficient_scales  n_coefficients
/// @param input_scales        n_inputs
/// @param answer              whether the answer is the logarithm of the value
FormulaProgram compile(const FormulaText& formula,
                       std::span<const Scale> coefficient_scales,
                       std::span<const Scale> input_scales,
                       Scale answer);

/// One step on plain numbers.
double apply(const FormulaStep& step, double a, double b);

}  // namespace isoflop
