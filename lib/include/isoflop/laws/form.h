// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isoflop {

/// What a law may depend on, in the order `Form::inputs` lists it.
enum class Input { ParamCount, TokenCount };

std::string_view to_string(Input input);

/// How a coefficient is searched: `theta` is its logarithm or itself.
enum class Scale { Linear, Log };

struct CoefficientInfo {
  std::string_view name;
  std::string_view meaning;
  double low;   ///< smallest value a fit may give
  double high;  ///< largest value a fit may give
  Scale scale;
  bool is_linear;  ///< the loss is linear in it, the others held fixed
  double nominal;  ///< a typical value, for judging a design before a fit
};

/// A functional form: loss as a function of a run, up to its coefficients.
///
/// One object a form, made by the registry from the form's own header, which
/// holds a single templated function; everything here follows from it.
/// Functions take `theta`, the coefficients on their search scales, and the
/// natural logarithms of the inputs, and give the logarithm of the loss in
/// nats: finite for finite arguments of moderate size, +inf on overflow.
class Form {
 public:
  virtual ~Form() = default;

  virtual std::string_view name() const = 0;
  virtual std::string_view formula() const = 0;
  virtual std::string_view source() const = 0;
  virtual std::span<const CoefficientInfo> coefficients() const = 0;
  virtual std::span<const Input> inputs() const = 0;

  /// @param theta       n_coefficients
  /// @param log_inputs  n_inputs
  virtual double log_loss(const double* theta,
                          const double* log_inputs) const = 0;

  /// d log loss / d log input.
  /// @param gradient  n_inputs, written
  virtual void input_gradient(const double* theta,
                              const double* log_inputs,
                              double* gradient) const = 0;

  /// Log loss of many runs, and its derivatives by theta when asked for.
  ///
  /// @param log_inputs  n_runs x n_inputs
  /// @param out         n_runs, resized
  /// @param jacobian    n_runs x n_coefficients, resized; may be null
  virtual void log_loss_columns(const Eigen::VectorXd& theta,
                                const Eigen::MatrixXd& log_inputs,
                                Eigen::VectorXd& out,
                                Eigen::MatrixXd* jacobian) const = 0;

  /// Logarithm of the compute-optimal N at C = 6 N D in closed form, where
  /// the form has one; else nothing, and `optimal_params` searches.
  virtual std::optional<double> optimal_log_params(const double* theta,
                                                   double log_flops) const = 0;

  int coefficient_count() const {
    return static_cast<int>(coefficients().size());
  }
  int input_count() const { return static_cast<int>(inputs().size()); }

  /// @param coefficients  n_coefficients, natural values
  Eigen::VectorXd theta_from_coefficients(
      const Eigen::VectorXd& coefficients) const;
  Eigen::VectorXd coefficients_from_theta(const Eigen::VectorXd& theta) const;
};

/// Every form, in order of age.
std::span<const Form* const> all_forms();

/// @throws std::invalid_argument with a did-you-mean for an unknown name.
const Form& find_form(std::string_view name);

}  // namespace isoflop
