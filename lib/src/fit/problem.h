// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "isoflop/fit/fit.h"

namespace isoflop {

/// What a fit minimises: F(theta) = sum_i w_i c_i rho(r_i / scale), without
/// unit; c_i is `cost_ratio` where r_i < 0, else 1.
struct FitProblem {
  const Form* form = nullptr;
  Eigen::MatrixXd inputs;    ///< n_runs x n_inputs
  Eigen::VectorXd log_loss;  ///< n_runs, on the scale of the form's output
  Eigen::VectorXd weight;    ///< n_runs, mean 1
  Objective objective = Objective::Huber;
  Residual residual = Residual::LogLoss;
  double scale = 1e-3;  ///< Huber's delta; for squares a typical residual
  double cost_ratio = 1.0;

  Eigen::Index size() const { return log_loss.size(); }
};

/// The form of the loss as a function of compute alone.
inline constexpr std::string_view kComputeLaw = "compute_frontier";

/// Whether a coefficient is given and not to be fitted.
inline bool is_fixed(const CoefficientInfo& info) { return info.is_fixed(); }

/// Places of the coefficients to be fitted.
std::vector<int> free_coefficients(const Form& form);

/// The ranges of a form's coefficients on their search scales.
struct Box {
  explicit Box(const Form& form);
  Eigen::VectorXd clamp(const Eigen::VectorXd& theta) const;

  Eigen::VectorXd low;   ///< n_coefficients, may be -inf
  Eigen::VectorXd high;  ///< n_coefficients, may be +inf
};

/// The form that the options name, its columns being those of the runs.
/// @throws std::invalid_argument for an unknown form, settings that are none of
///     it, and a form of loss curves or of another answer than a loss.
std::shared_ptr<const Form> form_of(const Runs& runs,
                                    const FitOptions& options);

/// The inputs of the form, columns of the runs by name, on its scales.
/// @throws std::invalid_argument naming form, column and run.
Eigen::MatrixXd inputs_of(const Runs& runs, const Form& form);

/// What the form takes as size: active parameters where it reads them.
const Eigen::VectorXd& size_column(const Runs& runs, const Form& form);

/// 6 N D by that size, n_runs; of runs of compute alone what is given.
Eigen::VectorXd flops_of(const Runs& runs, const Form& form);

/// The same, rows in canonical order, with their weights.
struct WeightedInputs {
  Eigen::MatrixXd inputs;  ///< n_runs x n_inputs
  Eigen::VectorXd weight;  ///< n_runs, mean 1
  Eigen::VectorXd budget;  ///< n_runs, ln 6 N D
};
WeightedInputs sorted_inputs_of(const Runs& runs, const Form& form);

/// Coefficients that may be zero and whose term adds less than 1e-4 of any
/// prediction.
std::vector<int> vanished_terms(const Form& form,
                                const Eigen::VectorXd& theta,
                                const Eigen::MatrixXd& inputs);

/// Sets them to zero, -inf on their search scale.
void clear_vanished(const Form& form,
                    const Eigen::MatrixXd& inputs,
                    Eigen::VectorXd& theta);

/// The problem of a set of runs, rows in canonical order. Absolute deviations
/// are met as the limit of Huber's: `scale` starts wide, see `polish`.
/// @param order  written: row of `runs` behind each row of the problem
FitProblem make_problem(const Runs& runs,
                        const FitOptions& options,
                        const Form& form,
                        std::vector<Eigen::Index>& order);

/// The rows with a count above zero, weighted by it.
FitProblem resample(const FitProblem& problem, const std::vector<int>& counts);

/// At most 1000 of the rows, evenly, for a first look.
FitProblem thin(const FitProblem& problem);

/// Gauss-Newton curvature of F in two parts, n_coefficients squared each.
struct Curvature {
  Eigen::MatrixXd inner;  ///< of the runs where rho is a parabola
  Eigen::MatrixXd outer;  ///< of the others, by the parabola above rho

  /// Where rho is linear its second derivative is zero; a share of its
  /// majorising parabola keeps the whole definite.
  Eigen::MatrixXd with_share(double share) const {
    return inner + share * outer;
  }
};

/// Evaluates F, its gradient and its curvature, with scratch of its own: one
/// for a thread.
class FitEvaluator {
 public:
  explicit FitEvaluator(const FitProblem& problem) : problem_(problem) {}

  /// @param gradient  n_coefficients, written unless null
  /// @return  F; +inf where the law overflows
  double operator()(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient);

  Curvature curvatures(const Eigen::VectorXd& theta);

  /// With a tenth of the outer part.
  Eigen::MatrixXd curvature(const Eigen::VectorXd& theta) {
    return curvatures(theta).with_share(0.1);
  }

  /// Residuals at theta, n_runs, in residual units.
  Eigen::VectorXd residuals(const Eigen::VectorXd& theta);

  int evaluations() const { return evaluations_; }

 private:
  void fill_residuals(const Eigen::VectorXd& theta, bool with_jacobian);

  const FitProblem& problem_;
  Eigen::VectorXd at_;  ///< where residual_ and jacobian_ were filled
  bool has_jacobian_ = false;
  Eigen::VectorXd predicted_;
  Eigen::VectorXd residual_;
  Eigen::VectorXd influence_;
  Eigen::VectorXd inner_;  ///< curvatures of the rows
  Eigen::VectorXd outer_;
  Eigen::MatrixXd jacobian_;
  int evaluations_ = 0;
};

/// Observed less predicted log losses, n_runs.
Eigen::VectorXd log_residuals(const FitProblem& problem,
                              const Eigen::VectorXd& theta);

/// F of residuals.
/// @param influence  written: n_runs, dF / d residual times scale
double sum_of_losses(const FitProblem& problem,
                     const Eigen::VectorXd& residuals,
                     Eigen::VectorXd& influence);

/// Value of the objective as users know it: for Huber sum of rho_delta(r),
/// for squares sum of r^2, for absolute deviations sum of |r|.
double reported_objective(const FitProblem& problem,
                          const Eigen::VectorXd& residuals);

}  // namespace isoflop
