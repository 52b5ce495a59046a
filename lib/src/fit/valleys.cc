// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/valleys.h"

#include <Eigen/LU>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "fit/decision.h"
#include "isoflop/base/suggest.h"
#include "isoflop/fit/fit.h"
#include "isoflop/units/text.h"
#include "runs/require_sizes.h"

namespace isoflop {
namespace {

using Rows = std::vector<Eigen::Index>;

/// Rows by budget: sorted by ln C and cut where the next is further away than
/// the ratio. Within a budget the order is that of the values, so that the
/// result does not depend on the order of the rows.
std::vector<Rows> group_budgets(const Runs& runs, double ratio) {
  Rows order(static_cast<std::size_t>(runs.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    if (runs.flops[a] != runs.flops[b]) return runs.flops[a] < runs.flops[b];
    if (runs.params[a] != runs.params[b]) {
      return runs.params[a] < runs.params[b];
    }
    return runs.loss_nats[a] < runs.loss_nats[b];
  });
  std::vector<Rows> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool is_next =
        i == 0 || runs.flops[order[i]] > ratio * runs.flops[order[i - 1]];
    if (is_next) groups.emplace_back();
    groups.back().push_back(order[i]);
  }
  return groups;
}

/// y = y0 + slope (x - centre) + curvature / 2 (x - centre)^2.
struct Parabola {
  double curvature = 0.0;
  double curvature_sd = 0.0;
  double vertex = 0.0;     ///< x
  double vertex_sd = 0.0;  ///< by the delta method
  double value = 0.0;      ///< y there
  int freedom = 0;
};

Parabola fit_parabola(const Eigen::VectorXd& x, const Eigen::VectorXd& y) {
  const double centre = x.mean();
  Eigen::MatrixXd basis(x.size(), 3);
  basis.col(0).setOnes();
  basis.col(1) = (x.array() - centre).matrix();
  basis.col(2) = 0.5 * basis.col(1).array().square().matrix();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(basis);
  const Eigen::Vector3d c = solver.solve(y);
  Parabola parabola;
  parabola.freedom = static_cast<int>(x.size()) - 3;
  parabola.curvature = c[2];
  const double shift = -c[1] / c[2];
  parabola.vertex = centre + shift;
  parabola.value = c[0] + 0.5 * c[1] * shift;
  if (parabola.freedom > 0) {
    const double variance = (y - basis * c).squaredNorm() / parabola.freedom;
    const Eigen::Matrix3d covariance =
        variance * (basis.transpose() * basis).inverse();
    const Eigen::Vector3d gradient(0.0, -1.0 / c[2], c[1] / (c[2] * c[2]));
    parabola.curvature_sd = std::sqrt(covariance(2, 2));
    parabola.vertex_sd = std::sqrt(gradient.dot(covariance * gradient));
  }
  return parabola;
}

Eigen::VectorXd log_of(const Eigen::VectorXd& values, const Rows& rows) {
  return values(rows).array().log().matrix();
}

int distinct(const Eigen::VectorXd& sorted_later) {
  std::vector<double> values(sorted_later.begin(), sorted_later.end());
  std::sort(values.begin(), values.end());
  return static_cast<int>(std::unique(values.begin(), values.end()) -
                          values.begin());
}

ValleyShape shape_of(const Parabola& parabola,
                     const Eigen::VectorXd& x,
                     double level) {
  if (parabola.freedom > 0) {
    const double least =
        student_quantile(0.5 * (1.0 + level), parabola.freedom) *
        parabola.curvature_sd;
    if (std::abs(parabola.curvature) <= least) return ValleyShape::Flat;
  }
  if (parabola.curvature < 0.0) return ValleyShape::Maximum;
  if (!(parabola.curvature > 0.0)) return ValleyShape::Flat;
  const bool is_inside =
      parabola.vertex > x.minCoeff() && parabola.vertex < x.maxCoeff();
  return is_inside ? ValleyShape::Minimum : ValleyShape::Edge;
}

Valley valley_of(const Runs& runs,
                 const Eigen::VectorXd& loss,
                 const Rows& rows,
                 double level) {
  const Eigen::VectorXd x = log_of(runs.params, rows);
  const Eigen::VectorXd z = log_of(runs.tokens, rows);
  const Eigen::VectorXd y = loss(rows);
  Valley valley;
  valley.flops = Flops(std::exp(log_of(runs.flops, rows).mean()));
  valley.runs = static_cast<int>(rows.size());
  valley.params = {runs.params(rows).minCoeff(), runs.params(rows).maxCoeff()};
  valley.tokens = {runs.tokens(rows).minCoeff(), runs.tokens(rows).maxCoeff()};
  if (distinct(x) < 3 || distinct(z) < 3) return valley;
  constexpr double kWidest = 1.5;
  if (runs.flops(rows).maxCoeff() > kWidest * runs.flops(rows).minCoeff()) {
    valley.shape = ValleyShape::Spread;
    return valley;
  }
  const Parabola by_params = fit_parabola(x, y);
  const Parabola by_tokens = fit_parabola(z, y);
  valley.shape = shape_of(by_params, x, level);
  if (valley.shape == ValleyShape::Minimum) {
    valley.shape = shape_of(by_tokens, z, level);
  }
  valley.curvature = by_params.curvature;
  if (valley.shape == ValleyShape::Flat) return valley;
  valley.best_params = Params(std::exp(by_params.vertex));
  valley.best_tokens = Tokens(std::exp(by_tokens.vertex));
  valley.best_loss = Nats(by_params.value);
  if (by_params.freedom > 0 && valley.shape == ValleyShape::Minimum) {
    const double half =
        student_quantile(0.5 * (1.0 + level), by_params.freedom) *
        by_params.vertex_sd;
    valley.params_interval = Interval{std::exp(by_params.vertex - half),
                                      std::exp(by_params.vertex + half)};
  }
  return valley;
}

struct Frontier {
  std::optional<PowerLaw> params;
  std::optional<PowerLaw> tokens;
};

/// Power laws through the minima of the valleys that are `used`.
Frontier frontier_of(const std::vector<Valley>& valleys,
                     const std::vector<bool>& used) {
  std::vector<double> flops, params, tokens;
  for (std::size_t i = 0; i < valleys.size(); ++i) {
    if (!used[i] || !valleys[i].best_params) continue;
    flops.push_back(std::log(valleys[i].flops.value()));
    params.push_back(std::log(valleys[i].best_params->value()));
    tokens.push_back(std::log(valleys[i].best_tokens->value()));
  }
  if (flops.size() < 2) return {};
  const auto map = [](const std::vector<double>& values) {
    return Eigen::Map<const Eigen::VectorXd>(
        values.data(), static_cast<Eigen::Index>(values.size()));
  };
  return {fit_power_law(map(flops), map(params)),
          fit_power_law(map(flops), map(tokens))};
}

std::vector<bool> minima_of(const std::vector<Valley>& valleys) {
  std::vector<bool> used;
  for (const Valley& valley : valleys) {
    used.push_back(valley.shape == ValleyShape::Minimum);
  }
  return used;
}

/// The bias of this design, were the law exact.
void add_bias(const Runs& runs,
              const std::vector<Rows>& groups,
              ValleyResult& result) {
  const auto form = form_of_size_and_data(*result.law->form);
  if (form == nullptr) return;
  const Law law = bind_inputs(*result.law, {}, "valleys");
  Eigen::VectorXd loss(runs.size());
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    loss[i] = law.loss(Params(runs.params[i]), Tokens(runs.tokens[i])).value();
  }
  std::vector<Valley> exact;
  for (const Rows& rows : groups) {
    exact.push_back(valley_of(runs, loss, rows, result.options.level));
  }
  const Frontier frontier = frontier_of(exact, minima_of(result.valleys));
  if (!frontier.params || frontier.params->points != result.params->points) {
    return;
  }
  for (ValleyEstimate& estimate : result.estimates) {
    if (!estimate.law) continue;
    const Optimum& best = estimate.law->best;
    estimate.params_bias =
        frontier.params->at(estimate.flops) / best.params.value() - 1.0;
    estimate.tokens_bias =
        frontier.tokens->at(estimate.flops) / best.tokens.value() - 1.0;
  }
  const Optimum low = optimum(law, result.valleys.front().flops);
  const Optimum high = optimum(law, 10.0 * result.valleys.back().flops);
  result.exponent_bias =
      frontier.params->exponent -
      std::log(high.params / low.params) / std::log(high.flops / low.flops);
}

/// The law of approach 3 on the same runs, where they determine one.
void add_law(const Runs& runs,
             const std::vector<Rows>& groups,
             ValleyResult& result) {
  FitOptions options;
  options.law = result.options.law;
  options.level = result.options.level;
  options.bootstrap = result.options.bootstrap;
  options.seed = result.options.seed;
  options.threads = result.options.threads;
  options.flops = result.options.flops;
  options.widening = WideningChoice::None;
  FitResult found = fit(runs, options);
  if (found.law.status == LawStatus::NotIdentified) {
    result.findings.push_back(
        {"valleys.no-bias",
         Severity::Warning,
         "the runs do not determine the law " + options.law +
             ", so that the bias of the parabolas is not known",
         "isoflop fit says why",
         {}});
    return;
  }
  result.law = std::move(found.law);
  for (ValleyEstimate& estimate : result.estimates) {
    for (const OptimumEstimate& best : found.optimum) {
      if (best.best.flops == estimate.flops) estimate.law = best;
    }
  }
  if (result.params) add_bias(runs, groups, result);
}

void add_shape_findings(const ValleyResult& result,
                        std::vector<Finding>& findings) {
  std::vector<std::string> open;
  int minima = 0;
  int few = 0;
  for (const Valley& valley : result.valleys) {
    minima += valley.shape == ValleyShape::Minimum ? 1 : 0;
    few += valley.shape == ValleyShape::TooFew ? 1 : 0;
    if (valley.shape == ValleyShape::Minimum ||
        valley.shape == ValleyShape::TooFew) {
      continue;
    }
    open.push_back("C = " + format_quantity(valley.flops) + " (" +
                   std::string(to_string(valley.shape)) + ")");
  }
  if (!open.empty()) {
    findings.push_back({"valleys.not-bracketed",
                        Severity::Warning,
                        "minimum not bracketed at " + join_words(open) +
                            "; left out of the power laws",
                        "add runs of sizes on the falling side",
                        {{"budgets", static_cast<double>(open.size())}}});
  }
  if (minima < 2) {
    findings.push_back(
        {"valleys.no-frontier",
         Severity::Error,
         "of " + std::to_string(result.valleys.size()) + " budgets " +
             std::to_string(minima) + " have a minimum among their runs and " +
             std::to_string(few) +
             " less than three sizes; two minima are needed",
         "sweep the size at two or more budgets, or use `isoflop fit`",
         {{"budgets", static_cast<double>(result.valleys.size())},
          {"minima", static_cast<double>(minima)}}});
  }
}

void add_bias_finding(const ValleyResult& result,
                      std::vector<Finding>& findings) {
  constexpr double kOf = 0.05;
  const ValleyEstimate* worst = nullptr;
  for (const ValleyEstimate& estimate : result.estimates) {
    if (!estimate.tokens_bias) continue;
    if (worst == nullptr ||
        std::abs(*estimate.tokens_bias) > std::abs(*worst->tokens_bias)) {
      worst = &estimate;
    }
  }
  if (worst == nullptr || std::abs(*worst->tokens_bias) <= kOf) return;
  findings.push_back(
      {"valleys.bias",
       Severity::Warning,
       "at " + format_quantity(worst->flops) +
           " FLOP parabolas on this design put the tokens " +
           format_number(100.0 * *worst->tokens_bias, 3) +
           " % off the optimum of the law, without any noise",
       "sweep less widely about the minima, or use `isoflop fit`",
       {{"tokens_bias", *worst->tokens_bias},
        {"params_bias", *worst->params_bias},
        {"flops", worst->flops.value()}}});
}

}  // namespace

ValleyResult isoflop_valleys(const Runs& runs, const ValleyOptions& options) {
  validate(options, "valleys");
  if (runs.size() == 0) {
    throw std::invalid_argument("valleys: there are no runs");
  }
  require_sizes(runs, "valleys");
  ValleyResult result;
  result.options = options;
  result.source = runs.source;
  result.reading = runs.reading;
  result.runs_used = runs.size();
  result.runs_dropped = runs.dropped;
  result.findings = runs.findings;
  const std::vector<Rows> groups = group_budgets(runs, options.budget_ratio);
  for (const Rows& rows : groups) {
    result.valleys.push_back(
        valley_of(runs, runs.loss_nats, rows, options.level));
  }
  const Frontier frontier =
      frontier_of(result.valleys, minima_of(result.valleys));
  result.params = frontier.params;
  result.tokens = frontier.tokens;
  if (result.params) {
    for (const Flops flops : options.flops) {
      result.estimates.push_back(
          {flops,
           Params(result.params->at(flops)),
           Tokens(result.tokens->at(flops)),
           result.params->interval_at(flops, options.level),
           result.tokens->interval_at(flops, options.level)});
    }
  }
  add_shape_findings(result, result.findings);
  add_law(runs, groups, result);
  add_bias_finding(result, result.findings);
  return result;
}

}  // namespace isoflop
