// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/forecast.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "fit/forecast_doubt.h"
#include "fit/forecast_evidence.h"
#include "fit/forecast_mode.h"
#include "isoflop/base/random.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "laws/discrepancy_kernel.h"
#include "runs/require_sizes.h"

namespace isoflop {
namespace {

/// A grid without a value has no best.
void require_grids(const ForecastOptions& options) {
  for_each_field(options, [](const auto& field, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>,
                                 std::vector<double>>) {
      if (!value.empty()) return;
      throw std::invalid_argument("forecast: " + std::string(field.name) +
                                  " is empty, but must hold a number");
    }
  });
}

/// Rows far off the others are left out in rounds, as they hide each other, but
/// of all rows at most one in so many: more are no exceptions.
constexpr int kRoundsAside = 2;
constexpr Eigen::Index kShareAside = 10;

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
    if (!std::isfinite(found[g])) found[g] = -kInfinite;
  }
  return found;
}

/// The mode, the evidence of all scales about it, and the best of these.
struct Learned {
  std::vector<DiscrepancyScales> grid;
  Eigen::VectorXd at;
  Eigen::VectorXd log_evidence;
  Eigen::Index best = 0;
  Eigen::MatrixXd lower;  ///< Cholesky factor of the best covariance
  /// Rows far off what all others say of them, the farthest first.
  std::vector<Eigen::Index> far;
};

Eigen::MatrixXd cholesky_of(const DiscrepancyData& data,
                            const DiscrepancyScales& scales) {
  return Eigen::LLT<Eigen::MatrixXd>(covariance_of(data, scales)).matrixL();
}

/// Rows whose loss the others would not have given, in sds of what these say
/// and of the noise of a run that is not known to be off: a law and its
/// departure bend, but not by one run alone.
std::vector<Eigen::Index> far_rows(const ForecastProblem& problem,
                                   const ForecastEvidence& evidence,
                                   const DiscrepancyData& data,
                                   const Learned& learned) {
  constexpr double kFar = 7.0;  // on real runs fewer at most, see the docs
  const auto best = static_cast<std::size_t>(learned.best);
  const Eigen::VectorXd inverse = evidence.inverse_diagonal(best);
  Eigen::VectorXd off;
  problem.residuals(learned.at, off, nullptr);
  learned.lower.triangularView<Eigen::Lower>().solveInPlace(off);
  learned.lower.transpose().triangularView<Eigen::Upper>().solveInPlace(off);
  const double noise = learned.grid[best].noise * learned.grid[best].noise;
  Eigen::VectorXd score(off.size());
  for (Eigen::Index i = 0; i < off.size(); ++i) {
    const double own = noise / data.weight[i] + kCovarianceJitter;
    const double others = std::max(1.0 / inverse[i] - own, 0.0);
    score[i] =
        std::abs(off[i] / inverse[i]) /
        std::sqrt(others + noise / problem.weight[i] + kCovarianceJitter);
  }
  std::vector<Eigen::Index> far;
  for (Eigen::Index i = 0; i < score.size(); ++i) {
    if (score[i] > kFar) far.push_back(i);
  }
  std::stable_sort(far.begin(), far.end(), [&](auto a, auto b) {
    return score[a] > score[b];
  });
  return far;
}

Learned learn(const ForecastProblem& problem,
              const DiscrepancyData& data,
              const RobustMode& first,
              const ForecastOptions& options) {
  constexpr int kPasses = 3;
  const ForecastEvidence evidence(
      data,
      grid_of(options, first.scale, problem.run_count < problem.size()),
      options.threads);
  Learned found;
  found.grid = evidence.grid();
  found.at = first.at;
  for (int pass = 0; pass < kPasses; ++pass) {
    found.log_evidence = log_evidences(problem, evidence, found.at);
    const Eigen::Index last = found.best;
    if (found.log_evidence.maxCoeff(&found.best) == -kInfinite) {
      throw std::runtime_error(
          "forecast: no scales of the discrepancy have a finite evidence; "
          "look at amplitude, noise and the losses");
    }
    // The same scales lead to the same mode.
    if (pass > 0 && found.best == last) break;
    found.lower =
        cholesky_of(data, found.grid[static_cast<std::size_t>(found.best)]);
    found.at = correlated_mode(problem, found.at, found.lower);
  }
  found.far = far_rows(problem, evidence, data, found);
  return found;
}

std::string prior_words(const ForecastOptions& options) {
  if (options.prior_law.empty()) return std::string(to_string(options.prior));
  return "from " + join_words(options.prior_law);
}

/// The robust mode itself, errors of the runs taken as independent.
Learned law_alone(const DiscrepancyData& data, const RobustMode& first) {
  Learned found;
  found.at = first.at;
  DiscrepancyScales scales;
  scales.noise = first.scale;
  found.grid = {scales};
  found.log_evidence = Eigen::VectorXd::Zero(1);
  found.lower = cholesky_of(data, scales);
  return found;
}

/// All that one set of rows says.
struct Lesson {
  RobustMode first;
  DiscrepancyData data;
  Learned learned;
};

Lesson learn_from(const ForecastProblem& problem,
                  const ForecastOptions& options) {
  Lesson lesson;
  lesson.first = robust_mode(problem, options.threads);
  DiscrepancyData& data = lesson.data;
  data.inputs = problem.inputs;
  data.log_loss = problem.log_loss;
  data.weight = lesson.first.noise_weight.cwiseProduct(problem.weight);
  data.run = problem.run;
  data.drift = options.drift;
  data.prior = prior_words(options);
  lesson.learned = options.discrepancy == DiscrepancyChoice::None
                       ? law_alone(data, lesson.first)
                       : learn(problem, data, lesson.first, options);
  return lesson;
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
    part.scales = learned.grid[static_cast<std::size_t>(g)];
    part.weight = share;
    sum += share;
    const Eigen::MatrixXd lower =
        g == learned.best ? learned.lower : cholesky_of(data, part.scales);
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

Interval span_of(const Eigen::VectorXd& log_values) {
  return {std::exp(log_values.minCoeff()), std::exp(log_values.maxCoeff())};
}

/// Options as texts, but for what a result does not hang on.
std::map<std::string, std::string> texts_of(const ForecastOptions& options) {
  std::map<std::string, std::string> texts;
  for_each_field(options, [&](const auto& field, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    const std::string text = detail::OptionValue<T>::write(value);
    if (field.name == "threads" || text.empty()) return;
    texts[std::string(field.name)] = text;
  });
  return texts;
}

Forecast start_result(const Runs& runs,
                      const ForecastProblem& problem,
                      Eigen::Index rows,
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
  law.provenance.options = texts_of(options);
  if (runs.size() > rows) {
    result.findings.push_back(
        {"forecast.thinned",
         Severity::Note,
         std::to_string(rows) + " of " + std::to_string(runs.size()) +
             " rows are used, evenly: the work grows with their cube",
         "pass fewer checkpoints a run",
         {{"rows", static_cast<double>(runs.size())}}});
  }
  return result;
}

/// The slope of ln L in size or in data where the law has nothing else, at
/// most: what is possible off a line of runs.
double steepest_slope(const ForecastProblem& problem,
                      const Eigen::VectorXd& at) {
  constexpr double kFarBelow = 60.0;  // in ln N: all else vanishes
  const Eigen::VectorXd theta = problem.theta(at);
  double steepest = 0.0;
  for (Eigen::Index j = 0; j < 2; ++j) {
    Eigen::Vector2d place = problem.centre;
    place[j] -= kFarBelow;
    Eigen::Vector2d slope;
    problem.form->input_gradient(theta.data(), place.data(), slope.data());
    steepest = std::max(steepest, std::abs(slope[j]));
  }
  return steepest;
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
  require_grids(options);
  if (runs.size() == 0) {
    throw std::invalid_argument("forecast: there are no runs");
  }
  require_sizes(runs, "forecast");
  const auto form = forecast_form(options);
  ForecastProblem problem = forecast_problem(runs, *form, options);
  const Eigen::Index rows = problem.size();
  const auto room = std::max<Eigen::Index>(1, rows / kShareAside);
  std::vector<Eigen::Index> aside;
  Lesson lesson = learn_from(problem, options);
  for (int round = 0; round < kRoundsAside; ++round) {
    std::vector<Eigen::Index> far = lesson.learned.far;
    const auto left = room - std::ssize(aside);
    if (std::ssize(far) > left) far.resize(static_cast<std::size_t>(left));
    if (far.empty()) break;
    for (const Eigen::Index i : far) {
      aside.push_back(problem.row[static_cast<std::size_t>(i)]);
    }
    problem = problem.without(far);
    lesson = learn_from(problem, options);
  }
  Forecast result = start_result(runs, problem, rows, options, form);
  judge_aside(runs, aside, result);
  result.residual_scale = lesson.first.scale;
  DiscrepancyData& data = lesson.data;
  const Learned& learned = lesson.learned;
  if (options.discrepancy == DiscrepancyChoice::Learned) {
    result.log_evidence = learned.log_evidence[learned.best];
  }
  data.parts = parts_of(problem, data, learned, options.scales);
  if (InputLine::of(problem.inputs).spread < kFlatDesign) {
    // Uniform between nothing and the steepest.
    data.off_line = steepest_slope(problem, learned.at) / std::numbers::sqrt3;
  }

  Law& law = result.law;
  law.coefficients = form->coefficients_from_theta(problem.theta(learned.at));
  law.draws = draws_of(problem, learned, options);
  law.provenance.draws_source = std::to_string(options.draws) +
                                " draws from the normal at the mode, prior " +
                                data.prior + ", seed " +
                                std::to_string(options.seed);
  law.discrepancy = std::make_shared<const Discrepancy>(
      form, law.coefficients, std::move(data));
  judge_forecast(problem, learned.at, result);
  if (law.status != LawStatus::Identified) {
    // About one mode of many that suit the runs alike they would mislead.
    law.draws.resize(0, law.draws.cols());
    law.provenance.draws_source.clear();
  }
  law.findings = result.findings;
  return result;
}

}  // namespace isoflop
