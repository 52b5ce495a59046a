// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/forecast.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "fit/forecast_evidence.h"
#include "fit/forecast_mode.h"
#include "isoflop/base/random.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "laws/discrepancy_kernel.h"

namespace isoflop {
namespace {

std::vector<DiscrepancyScales> grid_of(const ForecastOptions& options,
                                       double residual_scale,
                                       bool has_checkpoints) {
  const std::vector<double> run_effect =
      has_checkpoints ? options.run_effect : std::vector<double>{0.0};
  std::vector<DiscrepancyScales> grid;
  for (const double growth : options.growth) {
    for (const double length : options.length) {
      for (const double amplitude : options.amplitude) {
        for (const double noise : options.noise) {
          for (const double shared : run_effect) {
            grid.push_back(
                {amplitude, length, growth, shared, noise * residual_scale});
          }
        }
      }
    }
  }
  return grid;
}

/// How likely an amplitude is before the runs are seen, but for a constant.
double log_prior_of_amplitude(double amplitude) {
  constexpr double kTypical = 0.01;
  constexpr double kLogSd = 0.6;
  const double off = std::log(amplitude / kTypical) / kLogSd;
  return -0.5 * off * off;
}

/// Laplace evidence of every choice of scales, with the law linearised at a
/// point and its coefficients integrated out.
Eigen::VectorXd log_evidences(const ForecastProblem& problem,
                              const ForecastEvidence& evidence,
                              const Eigen::VectorXd& at) {
  Eigen::VectorXd residual;
  Eigen::MatrixXd jacobian;
  problem.residuals(at, residual, &jacobian);
  const Eigen::Index p = at.size();
  Eigen::MatrixXd columns(residual.size(), p + 1);
  columns << residual, jacobian;
  const Eigen::VectorXd precision = problem.proper_precision();
  const Eigen::VectorXd deviation = problem.deviation(at);
  const Eigen::VectorXd pull = precision.cwiseProduct(deviation);
  const auto projected = evidence.project(columns);
  Eigen::VectorXd found(static_cast<Eigen::Index>(projected.size()));
  for (Eigen::Index g = 0; g < found.size(); ++g) {
    const auto& [product, log_det] = projected[static_cast<std::size_t>(g)];
    Eigen::MatrixXd curvature = product.bottomRightCorner(p, p);
    curvature.diagonal() += precision;
    const Eigen::LLT<Eigen::MatrixXd> cholesky(curvature);
    const Eigen::VectorXd slope = product.col(0).tail(p) + pull;
    const double fit =
        product(0, 0) + deviation.dot(pull) - slope.dot(cholesky.solve(slope));
    const double log_det_curvature =
        2.0 * cholesky.matrixLLT().diagonal().array().log().sum();
    found[g] = -0.5 * fit - 0.5 * log_det - 0.5 * log_det_curvature +
               0.5 * precision.array().log().sum() +
               log_prior_of_amplitude(
                   evidence.grid()[static_cast<std::size_t>(g)].amplitude);
    if (!std::isfinite(found[g])) {
      found[g] = -std::numeric_limits<double>::infinity();
    }
  }
  return found;
}

/// The mode, the evidence of all scales about it, and the best of these.
struct Learned {
  Eigen::VectorXd at;
  Eigen::VectorXd log_evidence;
  Eigen::Index best = 0;
  Eigen::MatrixXd lower;  ///< Cholesky factor of the best covariance
};

Learned learn(const ForecastProblem& problem,
              const ForecastEvidence& evidence,
              const DiscrepancyData& data,
              const Eigen::VectorXd& start) {
  constexpr int kPasses = 3;
  Learned found;
  found.at = start;
  for (int pass = 0; pass < kPasses; ++pass) {
    found.log_evidence = log_evidences(problem, evidence, found.at);
    const Eigen::Index last = found.best;
    found.log_evidence.maxCoeff(&found.best);
    // The same scales lead to the same mode.
    if (pass > 0 && found.best == last) break;
    const auto& scales = evidence.grid()[static_cast<std::size_t>(found.best)];
    found.lower =
        Eigen::LLT<Eigen::MatrixXd>(covariance_of(data, scales)).matrixL();
    found.at = correlated_mode(problem, found.at, found.lower);
  }
  return found;
}

/// F with F F' the covariance of the prior coordinates at the mode.
Eigen::MatrixXd coordinate_factor(const ForecastProblem& problem,
                                  const Eigen::VectorXd& at,
                                  const Eigen::MatrixXd& lower) {
  Eigen::VectorXd residual;
  Eigen::MatrixXd jacobian;
  problem.residuals(at, residual, &jacobian);
  lower.triangularView<Eigen::Lower>().solveInPlace(jacobian);
  Eigen::MatrixXd curvature = jacobian.transpose() * jacobian;
  curvature.diagonal() += problem.proper_precision();
  const Eigen::MatrixXd upper =
      Eigen::LLT<Eigen::MatrixXd>(curvature).matrixU();
  return upper.triangularView<Eigen::Upper>().solve(
      Eigen::MatrixXd::Identity(at.size(), at.size()));
}

/// The parts of the discrepancy: the best scales, or all that matter.
std::vector<DiscrepancyPart> parts_of(const ForecastProblem& problem,
                                      const ForecastEvidence& evidence,
                                      const DiscrepancyData& data,
                                      const Learned& learned,
                                      ScaleChoice choice) {
  constexpr double kLeastShare = 0.02;
  const double best = learned.log_evidence[learned.best];
  Eigen::VectorXd theta(learned.at.size());
  Eigen::MatrixXd turn;
  problem.form->theta_from_prior(
      learned.at.data(), problem.centre.data(), theta.data(), turn);
  std::vector<DiscrepancyPart> parts;
  double sum = 0.0;
  for (Eigen::Index g = 0; g < learned.log_evidence.size(); ++g) {
    const double share = std::exp(learned.log_evidence[g] - best);
    const bool is_taken =
        choice == ScaleChoice::Best ? g == learned.best : share >= kLeastShare;
    if (!is_taken) continue;
    DiscrepancyPart part;
    part.scales = evidence.grid()[static_cast<std::size_t>(g)];
    part.weight = share;
    sum += share;
    const Eigen::MatrixXd lower =
        g == learned.best
            ? learned.lower
            : Eigen::MatrixXd(
                  Eigen::LLT<Eigen::MatrixXd>(covariance_of(data, part.scales))
                      .matrixL());
    part.theta_factor = turn * coordinate_factor(problem, learned.at, lower);
    parts.push_back(std::move(part));
  }
  for (DiscrepancyPart& part : parts) part.weight /= sum;
  return parts;
}

/// Draws of the coefficients from the normal around the mode.
Eigen::MatrixXd draws_of(const ForecastProblem& problem,
                         const Learned& learned,
                         const ForecastOptions& options) {
  const Eigen::MatrixXd factor =
      coordinate_factor(problem, learned.at, learned.lower);
  Eigen::MatrixXd draws(options.draws, learned.at.size());
  for (int i = 0; i < options.draws; ++i) {
    RandomStream random(options.seed, static_cast<std::uint64_t>(i));
    Eigen::VectorXd step(learned.at.size());
    for (double& value : step) value = random.normal();
    Eigen::VectorXd at = learned.at + factor * step;
    for (Eigen::Index j = 0; j < at.size(); ++j) {
      const PriorInfo& prior = problem.priors[static_cast<std::size_t>(j)];
      at[j] = std::clamp(at[j], prior.low, prior.high);
    }
    draws.row(i) =
        problem.form->coefficients_from_theta(problem.theta(at)).transpose();
  }
  return draws;
}

/// Sizes and data that are not the same.
int distinct_rows(const Eigen::MatrixXd& sorted) {
  int count = 1;
  for (Eigen::Index i = 1; i < sorted.rows(); ++i) {
    count += sorted.row(i) != sorted.row(i - 1) ? 1 : 0;
  }
  return count;
}

/// The sd of the rows in the direction in which they vary least.
double smallest_spread(const ForecastProblem& problem) {
  const Eigen::MatrixXd centred =
      problem.inputs.rowwise() - problem.centre.transpose();
  const Eigen::Matrix2d covariance =
      centred.transpose() * centred / static_cast<double>(problem.size());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> eigen(covariance);
  return std::sqrt(std::max(eigen.eigenvalues()[0], 0.0));
}

void judge_design(const ForecastProblem& problem, Forecast& result) {
  constexpr int kFewest = 8;
  constexpr double kFlat = 0.1;
  // Checkpoints of a run are no further runs.
  const int distinct =
      std::min(distinct_rows(problem.inputs), problem.run_count);
  result.law.status = LawStatus::Identified;
  if (distinct < kFewest) {
    result.law.status = LawStatus::NotIdentified;
    result.findings.push_back(
        {"forecast.few-runs",
         Severity::Error,
         "different runs: " + std::to_string(distinct) +
             ", but a forecast needs " + std::to_string(kFewest),
         "add runs of other sizes and data",
         {{"distinct_runs", static_cast<double>(distinct)}}});
    return;
  }
  const double spread = smallest_spread(problem);
  if (spread >= kFlat) return;
  result.law.status = LawStatus::Weak;
  result.findings.push_back(
      {"forecast.flat-design",
       Severity::Error,
       "size and data of the runs do not vary apart (by " +
           format_number(100.0 * std::expm1(spread), 2) +
           " %): how compute divides is the prior's word alone",
       "add runs of another size on the same data, or of other data",
       {{"smallest_spread", spread}}});
}

void judge_prior(const ForecastProblem& problem,
                 const Eigen::VectorXd& at,
                 Forecast& result) {
  constexpr double kFar = 2.5;
  constexpr Interval kUsualNats{0.3, 15.0};
  const Eigen::VectorXd deviation = problem.deviation(at);
  std::vector<std::string> far;
  for (Eigen::Index j = 0; j < at.size(); ++j) {
    const PriorInfo& prior = problem.priors[static_cast<std::size_t>(j)];
    if (prior.is_flat()) continue;
    const double sds = deviation[j] / prior.sd;
    result.prior_deviations.emplace_back(prior.name, sds);
    if (std::abs(sds) > kFar) {
      far.push_back(std::string(prior.name) + " by " + format_number(sds, 2) +
                    " sd");
    }
  }
  const double median = std::exp(quantile(problem.log_loss, 0.5));
  const bool is_unusual = median < kUsualNats.low || median > kUsualNats.high;
  if (is_unusual) {
    far.push_back("a median loss of " + format_number(median, 3));
  }
  if (far.empty()) return;
  result.findings.push_back(
      {"forecast.prior-mismatch",
       Severity::Warning,
       "these runs are unlike the language-model losses that the prior is "
       "about: " +
           join_words(far),
       "check the unit of the loss; for another kind of loss take "
       "prior none, or laws of such runs as prior_law",
       {{"median_loss", median}}});
}

void judge_scales(const Forecast& before, std::vector<Finding>& findings) {
  const double top = *std::max_element(before.options.amplitude.begin(),
                                       before.options.amplitude.end());
  if (before.scales().amplitude < top) return;
  findings.push_back(
      {"forecast.poor-law",
       Severity::Warning,
       "the runs depart from the law by as much as was looked for, " +
           format_number(100.0 * top, 2) + " % of the loss",
       "look at the runs; compare forms with `isoflop backtest`",
       {{"amplitude", top}}});
}

Interval span_of(const Eigen::VectorXd& log_values) {
  return {std::exp(log_values.minCoeff()), std::exp(log_values.maxCoeff())};
}

Forecast start_result(const Runs& runs,
                      const ForecastProblem& problem,
                      const ForecastOptions& options,
                      std::shared_ptr<const Form> form) {
  Forecast result;
  result.options = options;
  result.source = runs.source;
  result.rows_used = problem.size();
  result.rows_dropped = runs.dropped + runs.size() - problem.size();
  result.runs = problem.run_count;
  result.findings = runs.findings;
  Law& law = result.law;
  law.id = runs.source;
  law.form = std::move(form);
  law.provenance.title = "forecast from " + runs.source;
  law.provenance.source = "form: " + std::string(law.form->source());
  law.provenance.dataset = runs.source;
  law.provenance.note = std::to_string(problem.size()) + " rows used, " +
                        std::to_string(result.rows_dropped) + " left out";
  law.range.params = span_of(problem.inputs.col(0));
  law.range.tokens = span_of(problem.inputs.col(1));
  law.range.flops = span_of(log_flops_of(problem.inputs));
  if (runs.size() > problem.size()) {
    result.findings.push_back(
        {"forecast.thinned",
         Severity::Note,
         std::to_string(problem.size()) + " of " + std::to_string(runs.size()) +
             " rows are used, evenly: the work grows with their cube",
         "pass fewer checkpoints a run",
         {{"rows", static_cast<double>(runs.size())}}});
  }
  return result;
}

std::string prior_words(const ForecastOptions& options) {
  if (options.prior_law.empty()) return std::string(to_string(options.prior));
  return "from " + join_words(options.prior_law);
}

}  // namespace

const DiscrepancyScales& Forecast::scales() const {
  const auto& parts = law.discrepancy->data().parts;
  return std::max_element(
             parts.begin(),
             parts.end(),
             [](const auto& a, const auto& b) { return a.weight < b.weight; })
      ->scales;
}

LossForecast Forecast::predict(Params params, Tokens tokens) const {
  return law.discrepancy->at(params, tokens);
}

Forecast forecast(const Runs& runs, const ForecastOptions& options) {
  validate(options, "forecast");
  if (runs.size() == 0) {
    throw std::invalid_argument("forecast: there are no runs");
  }
  const auto form = forecast_form(options);
  const ForecastProblem problem = forecast_problem(runs, *form, options);
  Forecast result = start_result(runs, problem, options, form);

  const RobustMode first = robust_mode(problem, options.threads);
  result.residual_scale = first.scale;
  DiscrepancyData data;
  data.inputs = problem.inputs;
  data.log_loss = problem.log_loss;
  data.weight = first.noise_weight.cwiseProduct(problem.weight);
  data.run = problem.run;
  data.drift = options.drift;
  data.prior = prior_words(options);
  const ForecastEvidence evidence(
      data,
      grid_of(options, first.scale, problem.run_count < problem.size()),
      options.threads);
  const Learned learned = learn(problem, evidence, data, first.at);
  result.log_evidence = learned.log_evidence[learned.best];
  data.parts = parts_of(problem, evidence, data, learned, options.scales);

  Law& law = result.law;
  law.coefficients = form->coefficients_from_theta(problem.theta(learned.at));
  law.draws = draws_of(problem, learned, options);
  law.provenance.draws_source = std::to_string(options.draws) +
                                " draws from the normal at the mode, prior " +
                                data.prior + ", seed " +
                                std::to_string(options.seed);
  law.discrepancy = std::make_shared<const Discrepancy>(
      form, law.coefficients, std::move(data));
  judge_design(problem, result);
  judge_prior(problem, learned.at, result);
  judge_scales(result, result.findings);
  // A saved law keeps what misleads.
  for (const Finding& finding : result.findings) {
    if (finding.severity == Severity::Note) continue;
    law.provenance.traps.push_back(finding.message);
  }
  return result;
}

}  // namespace isoflop
