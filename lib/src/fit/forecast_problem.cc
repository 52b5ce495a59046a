// SPDX-License-Identifier: Apache-2.0
#include "fit/forecast_problem.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "isoflop/base/suggest.h"
#include "runs/run_numbers.h"

namespace isoflop {
namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("forecast: " + problem);
}

/// The prior that other laws of the form are a sample of: their mean, and
/// their spread, at least a tenth. One law alone says nothing of the spread.
std::vector<PriorInfo> prior_of_laws(const std::vector<std::string>& names,
                                     const Form& form,
                                     std::vector<PriorInfo> priors) {
  constexpr double kSmallestSd = 0.1;
  const Eigen::VectorXd origin = Eigen::VectorXd::Zero(form.input_count());
  Eigen::MatrixXd seen(form.coefficient_count(),
                       static_cast<Eigen::Index>(names.size()));
  for (Eigen::Index k = 0; k < seen.cols(); ++k) {
    const Law law = find_law(names[static_cast<std::size_t>(k)]);
    if (law.form->name() != form.name()) {
      fail("prior_law '" + law.id + "' has the form " +
           std::string(law.form->name()) + ", but must have " +
           std::string(form.name()));
    }
    if (law.status == LawStatus::Weak ||
        law.status == LawStatus::NotIdentified) {
      fail("prior_law '" + law.id + "' is " +
           std::string(to_string(law.status)) +
           ", but must be identified: its runs leave open what a prior says");
    }
    const Eigen::VectorXd theta =
        law.form->theta_from_coefficients(law.coefficients);
    Eigen::VectorXd at(theta.size());
    form.prior_from_theta(theta.data(), origin.data(), at.data());
    seen.col(k) = at;
  }
  for (Eigen::Index j = 0; j < seen.rows(); ++j) {
    PriorInfo& prior = priors[static_cast<std::size_t>(j)];
    if (prior.is_flat()) continue;
    prior.mean = seen.row(j).mean();
    if (!std::isfinite(prior.mean)) {
      fail("the laws of the prior leave " + std::string(prior.name) + " open");
    }
    prior.mean = std::clamp(prior.mean, prior.low, prior.high);
    if (seen.cols() < 2) continue;
    const double squares =
        (seen.row(j).array() - seen.row(j).mean()).square().sum();
    prior.sd = std::hypot(
        std::sqrt(squares / static_cast<double>(seen.cols() - 1)), kSmallestSd);
  }
  return priors;
}

std::vector<PriorInfo> priors_of(const Form& form,
                                 const ForecastOptions& options) {
  const auto declared = form.priors();
  std::vector<PriorInfo> priors(declared.begin(), declared.end());
  if (!options.prior_law.empty()) {
    if (options.prior == ForecastPrior::None) {
      fail("prior none and prior_law are both given; one is to hold");
    }
    return prior_of_laws(options.prior_law, form, std::move(priors));
  }
  if (options.prior == ForecastPrior::None) {
    // As wide as what counts as flat, so that a start remains.
    constexpr double kWide = 3.0;
    for (PriorInfo& prior : priors) {
      if (!prior.is_flat()) prior.sd = kWide;
    }
  }
  return priors;
}

double log_of(double x) { return std::log(x); }

/// Rows in an order that does not depend on the one they came in.
std::vector<Eigen::Index> canonical_order(const Runs& runs,
                                          const Eigen::MatrixXd& inputs) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(runs.size()));
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&](Eigen::Index i) {
    return std::tuple(inputs(i, 0),
                      inputs(i, 1),
                      runs.loss_nats[i],
                      runs.weight.size() > 0 ? runs.weight[i] : 1.0,
                      runs.name.empty()
                          ? std::string_view()
                          : runs.name[static_cast<std::size_t>(i)]);
  };
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return key(a) < key(b);
  });
  return order;
}

/// At most this many rows: the work grows with their cube.
constexpr std::size_t kMostRows = 2000;

}  // namespace

Eigen::VectorXd ForecastProblem::precision() const {
  Eigen::VectorXd found(static_cast<Eigen::Index>(priors.size()));
  for (Eigen::Index j = 0; j < found.size(); ++j) {
    const PriorInfo& prior = priors[static_cast<std::size_t>(j)];
    found[j] = prior.is_flat() ? 0.0 : 1.0 / (prior.sd * prior.sd);
  }
  return found;
}

Eigen::VectorXd ForecastProblem::proper_precision() const {
  constexpr double kFlatSd = 3.0;
  return precision().cwiseMax(1.0 / (kFlatSd * kFlatSd));
}

Eigen::VectorXd ForecastProblem::deviation(const Eigen::VectorXd& at) const {
  Eigen::VectorXd found = at;
  for (Eigen::Index j = 0; j < at.size(); ++j) {
    const PriorInfo& prior = priors[static_cast<std::size_t>(j)];
    found[j] = prior.is_flat() ? 0.0 : at[j] - prior.mean;
  }
  return found;
}

Eigen::VectorXd ForecastProblem::theta(const Eigen::VectorXd& at) const {
  Eigen::VectorXd found(at.size());
  Eigen::MatrixXd unused;
  form->theta_from_prior(at.data(), centre.data(), found.data(), unused);
  return found;
}

void ForecastProblem::residuals(const Eigen::VectorXd& at,
                                Eigen::VectorXd& residual,
                                Eigen::MatrixXd* jacobian) const {
  Eigen::VectorXd found(at.size());
  Eigen::MatrixXd turn;
  form->theta_from_prior(at.data(), centre.data(), found.data(), turn);
  form->evaluate_columns(found, inputs, residual, jacobian);
  residual -= log_loss;
  if (jacobian != nullptr) *jacobian *= turn;
}

bool ForecastProblem::is_inside(const double* at) const {
  for (std::size_t j = 0; j < priors.size(); ++j) {
    const bool inside = at[j] >= priors[j].low && at[j] <= priors[j].high;
    if (!inside) return false;
  }
  return true;
}

ForecastProblem ForecastProblem::without(
    const std::vector<Eigen::Index>& rows) const {
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < size(); ++i) {
    if (std::find(rows.begin(), rows.end(), i) == rows.end()) kept.push_back(i);
  }
  ForecastProblem left = *this;
  left.inputs = inputs(kept, Eigen::all);
  left.log_loss = log_loss(kept);
  left.weight = weight(kept) / weight(kept).mean();
  left.centre = left.inputs.colwise().mean().transpose();
  left.row.clear();
  left.run.resize(left.size());
  std::map<int, int> numbers;
  for (Eigen::Index k = 0; k < left.size(); ++k) {
    const Eigen::Index i = kept[static_cast<std::size_t>(k)];
    left.row.push_back(row[static_cast<std::size_t>(i)]);
    const int next = static_cast<int>(numbers.size());
    left.run[k] = numbers.emplace(run[i], next).first->second;
  }
  left.run_count = static_cast<int>(numbers.size());
  return left;
}

std::shared_ptr<const Form> forecast_form(const ForecastOptions& options) {
  auto form = find_form(options.form);
  if (form->priors().empty()) {
    std::vector<std::string> known;
    for (const auto& other : all_forms()) {
      if (!other->priors().empty()) known.emplace_back(other->name());
    }
    fail("the form " + std::string(form->name()) +
         " declares no prior; those that do: " + join_words(known));
  }
  return form;
}

ForecastProblem forecast_problem(const Runs& runs,
                                 const Form& form,
                                 const ForecastOptions& options) {
  Eigen::MatrixXd inputs(runs.size(), 2);
  inputs.col(0) = runs.params.unaryExpr(&log_of);
  inputs.col(1) = runs.tokens.unaryExpr(&log_of);
  std::vector<Eigen::Index> order = canonical_order(runs, inputs);
  if (order.size() > kMostRows) {
    std::vector<Eigen::Index> kept;
    for (std::size_t k = 0; k < kMostRows; ++k) {
      kept.push_back(order[k * (order.size() - 1) / (kMostRows - 1)]);
    }
    order = std::move(kept);
  }
  ForecastProblem problem;
  problem.form = &form;
  problem.inputs = inputs(order, Eigen::all);
  problem.log_loss = runs.loss_nats(order).unaryExpr(&log_of);
  problem.weight = Eigen::VectorXd::Ones(problem.size());
  if (runs.weight.size() > 0) {
    const Eigen::VectorXd weight = runs.weight(order);
    problem.weight = weight / weight.mean();
  }
  const RunNumbers numbers = run_numbers(runs, order);
  problem.run = numbers.of_row;
  problem.run_count = numbers.count;
  problem.row = order;
  problem.centre = problem.inputs.colwise().mean().transpose();
  problem.priors = priors_of(form, options);
  return problem;
}

}  // namespace isoflop
