// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isoflop/laws/variable.h"

namespace isoflop {

/// A coefficient of a form: its name and where it is searched.
struct CoefficientInfo {
  std::string_view name;
  std::string_view meaning;
  double low;      ///< smallest value a fit may give
  double high;     ///< largest value a fit may give
  Scale scale;     ///< how it is searched: `theta` is its logarithm or itself
  bool is_linear;  ///< the loss is linear in it, the others held fixed
  double nominal;  ///< a typical value, for judging a design before a fit

  /// Whether it is given and not fitted.
  bool is_fixed() const { return low == high; }
};

/// A coordinate in which more is known of a form than a range: a normal prior.
///
/// The coordinates of a form are its coefficients in other words: those that
/// prior knowledge is about, and terms of the loss at the centre of the runs.
struct PriorInfo {
  std::string_view name;
  double mean;  ///< of a term of the loss, which is flat: not used
  double sd;    ///< infinite for a term of the loss
  double low;   ///< smallest value a search may give
  double high;
  double spread;  ///< between starts of a search; 0 for one start

  /// Whether the prior says nothing of the coordinate.
  bool is_flat() const { return sd > std::numeric_limits<double>::max(); }
};

/// The exponent of size or of data in language-model losses, on the logarithm:
/// 0.35 within a factor of e^0.25.
inline constexpr double kLogExponent = -1.0498221244986778;  // ln 0.35
inline constexpr double kLogExponentSd = 0.25;
inline constexpr double kLowestLogExponent = -4.6;  // ln 0.01
inline constexpr double kHighestLogExponent = 1.4;  // ln 4

/// What a formula or a named form is read with.
struct FormSettings {
  /// Ranges and starts, one a text: "alpha=0.05..2", "A=480".
  std::vector<std::string> coefficients = {};
  /// Further columns of the runs that a formula may read, as they are.
  std::vector<std::string> columns = {};
  /// Of a formula: the logarithm of a loss, or any number as it is.
  Scale answer = Scale::Log;
  /// Coefficients that are not fitted: "gamma=1" is held at the number,
  /// "beta=alpha" is the other coefficient and no longer one of its own.
  std::vector<std::string> fixed = {};
};

/// A functional form: one variable of a run as a function of others, up to
/// its coefficients. Most forms answer the loss.
///
/// One object a form, made by the registry from the form's own header, which
/// holds a single templated function; everything here follows from it.
/// Functions take `theta`, the coefficients on their search scales, and the
/// inputs on the scales of `inputs()`, and give the answer on the scale of
/// `output()`: for a loss its logarithm. Finite for finite arguments of
/// moderate size, +inf on overflow, NaN outside the domain.
class Form {
 public:
  virtual ~Form() = default;

  /// As `--law` takes it: "additive", or a formula.
  virtual std::string_view name() const = 0;
  /// What the answer is, in symbols: "E + A/N^alpha + B/D^beta".
  virtual std::string_view formula() const = 0;
  /// Where it is from: paper and equation.
  virtual std::string_view source() const = 0;
  /// In the order of theta.
  virtual std::span<const CoefficientInfo> coefficients() const = 0;
  /// What it reads, in the order of its inputs.
  virtual std::span<const Variable> inputs() const = 0;
  /// What it answers: most forms a loss.
  virtual const Variable& output() const { return kLoss; }
  /// `params` counts experts that rest, so that C = 6 N D does not hold.
  virtual bool counts_resting_experts() const { return false; }

  /// Coordinates with a prior, as many as coefficients; none for a form that
  /// declares no prior. The first flat one is the part that stays.
  virtual std::span<const PriorInfo> priors() const { return {}; }

  /// Theta from these coordinates, of a form that declares them.
  /// @param at        n_coefficients
  /// @param centre    n_inputs: where terms are what `at` says
  /// @param theta     n_coefficients, written
  /// @param jacobian  d theta / d at, n_coefficients squared, written
  virtual void theta_from_prior(const double* at,
                                const double* centre,
                                double* theta,
                                Eigen::MatrixXd& jacobian) const;

  /// And back; what `theta` has no finite coordinate for is not finite.
  /// @param at  n_coefficients, written
  virtual void prior_from_theta(const double* theta,
                                const double* centre,
                                double* at) const;

  /// What `find_form` needs besides the name to give this form again.
  virtual FormSettings settings() const { return {}; }

  /// @param theta   n_coefficients
  /// @param inputs  n_inputs
  virtual double evaluate(const double* theta, const double* inputs) const = 0;

  /// d answer / d input, both on their scales.
  /// @param gradient  n_inputs, written
  virtual void input_gradient(const double* theta,
                              const double* inputs,
                              double* gradient) const = 0;

  /// The answers for many runs, and their derivatives by theta when asked for.
  ///
  /// @param inputs    n_runs x n_inputs
  /// @param out       n_runs, resized
  /// @param jacobian  n_runs x n_coefficients, resized; may be null
  virtual void evaluate_columns(const Eigen::VectorXd& theta,
                                const Eigen::MatrixXd& inputs,
                                Eigen::VectorXd& out,
                                Eigen::MatrixXd* jacobian) const = 0;

  /// Logarithm of the compute-optimal N at C = 6 N D in closed form, where
  /// the form has one; else nothing, and `optimal_log_params` searches.
  virtual std::optional<double> optimal_log_params(const double* theta,
                                                   double log_flops) const = 0;

  /// Number of coefficients.
  int coefficient_count() const {
    return static_cast<int>(coefficients().size());
  }
  /// Number of inputs.
  int input_count() const { return static_cast<int>(inputs().size()); }
  /// Whether the answer is a loss.
  bool answers_loss() const { return output().name == kLoss.name; }

  /// Place among the inputs; nothing for a variable that is none of them.
  std::optional<int> input_index(std::string_view name) const;

  /// @param coefficients  n_coefficients, natural values
  Eigen::VectorXd theta_from_coefficients(
      const Eigen::VectorXd& coefficients) const;
  /// And back.
  /// @param theta  n_coefficients
  Eigen::VectorXd coefficients_from_theta(const Eigen::VectorXd& theta) const;
};

/// Every form, in the order of lib/CMakeLists.txt.
std::span<const std::shared_ptr<const Form>> all_forms();

/// A form by name, or the form that a formula is: any text with an operator or
/// a parenthesis that is no name.
///
/// A formula has numbers, `+ - * / ^ **`, parentheses, `pi` and the functions
/// exp, log, log10, sqrt, min, max, abs, sin, cos and atan. N, D, C and U are
/// params, tokens, flops and unique_tokens; the names of all variables and of
/// `settings.columns` stand for these; every other name is a coefficient.
/// Its name and its formula are its text. What is known of a coefficient
/// follows from its place: an exponent is searched from 0.01 to 4, one in
/// which the value is linear as its logarithm.
///
/// @throws std::invalid_argument in one line: with a did-you-mean for an
///     unknown name, with the character for an error in a formula.
std::shared_ptr<const Form> find_form(std::string_view name_or_formula,
                                      const FormSettings& settings = {});

}  // namespace isoflop
