// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/envelope.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/base/random.h"
#include "isoflop/units/text.h"
#include "runs/require_sizes.h"

namespace isoflop {
namespace {

struct Curve {
  std::string name;
  double params = 0.0;
  std::vector<std::pair<double, double>> points;  ///< ln C, ln L; by ln C
};

/// Curves by size and name, so that the order of rows does not matter.
std::vector<Curve> curves_of(const Runs& runs) {
  std::map<std::pair<double, std::string>, Curve> found;
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    const std::string name =
        runs.name.empty() ? "" : runs.name[static_cast<std::size_t>(i)];
    Curve& curve = found[{runs.params[i], name}];
    curve.name = name.empty() ? format_quantity(Params(runs.params[i])) : name;
    curve.params = runs.params[i];
    const double flops =
        train_flops(Params(runs.params[i]), Tokens(runs.tokens[i])).value();
    curve.points.emplace_back(std::log(flops), std::log(runs.loss_nats[i]));
  }
  std::vector<Curve> curves;
  for (auto& [key, curve] : found) {
    std::sort(curve.points.begin(), curve.points.end());
    if (curve.points.size() > 1) curves.push_back(std::move(curve));
  }
  return curves;
}

/// n_points x n_curves, ln L; infinite where a curve is not.
Eigen::MatrixXd losses_on(const Eigen::VectorXd& grid,
                          const std::vector<Curve>& curves) {
  Eigen::MatrixXd losses =
      Eigen::MatrixXd::Constant(grid.size(),
                                static_cast<Eigen::Index>(curves.size()),
                                std::numeric_limits<double>::infinity());
  for (std::size_t k = 0; k < curves.size(); ++k) {
    const auto& points = curves[k].points;
    std::size_t next = 1;
    for (Eigen::Index i = 0; i < grid.size(); ++i) {
      if (grid[i] < points.front().first || grid[i] > points.back().first) {
        continue;
      }
      while (next + 1 < points.size() && points[next].first < grid[i]) ++next;
      const auto& [x0, y0] = points[next - 1];
      const auto& [x1, y1] = points[next];
      const double share = x1 > x0 ? (grid[i] - x0) / (x1 - x0) : 1.0;
      losses(i, static_cast<Eigen::Index>(k)) = y0 + share * (y1 - y0);
    }
  }
  return losses;
}

/// The lowest curve at a budget.
struct Lowest {
  int curve = -1;          ///< -1 where no curve is
  bool is_inside = false;  ///< a smaller and a larger size are there too
};

std::vector<Lowest> lowest(const std::vector<Curve>& curves,
                           const Eigen::MatrixXd& losses,
                           const std::vector<int>& which) {
  std::vector<Lowest> best(static_cast<std::size_t>(losses.rows()));
  for (Eigen::Index i = 0; i < losses.rows(); ++i) {
    Lowest& at = best[static_cast<std::size_t>(i)];
    double least = std::numeric_limits<double>::infinity();
    double greatest = 0.0;
    for (const int k : which) {
      if (!std::isfinite(losses(i, k))) continue;
      const double params = curves[static_cast<std::size_t>(k)].params;
      least = std::min(least, params);
      greatest = std::max(greatest, params);
      if (at.curve < 0 || losses(i, k) < losses(i, at.curve)) at.curve = k;
    }
    if (at.curve < 0) continue;
    const double params = curves[static_cast<std::size_t>(at.curve)].params;
    at.is_inside = params > least && params < greatest;
  }
  return best;
}

/// Through the budgets whose best size has others on both sides.
std::optional<PowerLaw> frontier(const Eigen::VectorXd& grid,
                                 const std::vector<Curve>& curves,
                                 const std::vector<Lowest>& best) {
  std::vector<double> x, y;
  std::set<double> sizes;
  for (Eigen::Index i = 0; i < grid.size(); ++i) {
    const Lowest& at = best[static_cast<std::size_t>(i)];
    if (!at.is_inside) continue;
    const double params = curves[static_cast<std::size_t>(at.curve)].params;
    x.push_back(grid[i]);
    y.push_back(std::log(params));
    sizes.insert(params);
  }
  if (sizes.size() < 2) return std::nullopt;
  const auto map = [](const std::vector<double>& values) {
    return Eigen::Map<const Eigen::VectorXd>(
        values.data(), static_cast<Eigen::Index>(values.size()));
  };
  return fit_power_law(map(x), map(y));
}

void add_parts(const Eigen::VectorXd& grid,
               const std::vector<Curve>& curves,
               const Eigen::MatrixXd& losses,
               const std::vector<Lowest>& best,
               EnvelopeResult& result) {
  Lowest last;
  for (Eigen::Index i = 0; i < grid.size(); ++i) {
    const Lowest& at = best[static_cast<std::size_t>(i)];
    if (at.curve >= 0) {
      const Curve& curve = curves[static_cast<std::size_t>(at.curve)];
      const double flops = std::exp(grid[i]);
      const double loss = std::exp(losses(i, at.curve));
      if (at.curve != last.curve || at.is_inside != last.is_inside) {
        result.parts.push_back({curve.name,
                                Params(curve.params),
                                {flops, flops},
                                {loss, loss},
                                !at.is_inside});
      }
      result.parts.back().flops.high = flops;
      result.parts.back().loss_nats.high = loss;
    }
    last = at;
  }
}

/// Power laws of resampled curves.
std::vector<PowerLaw> resample(const Eigen::VectorXd& grid,
                               const std::vector<Curve>& curves,
                               const Eigen::MatrixXd& losses,
                               const EnvelopeOptions& options) {
  std::vector<std::optional<PowerLaw>> draws(
      static_cast<std::size_t>(options.bootstrap));
  const auto count = static_cast<std::uint32_t>(curves.size());
  ProgressStage stage("refits", options.bootstrap);
  parallel_for(options.bootstrap, options.threads, [&](std::int64_t i) {
    RandomStream random(options.seed, static_cast<std::uint64_t>(i));
    std::set<int> chosen;
    for (std::uint32_t k = 0; k < count; ++k) {
      chosen.insert(static_cast<int>(random.below(count)));
    }
    const std::vector<int> which(chosen.begin(), chosen.end());
    draws[static_cast<std::size_t>(i)] =
        frontier(grid, curves, lowest(curves, losses, which));
    stage.step();
  });
  std::vector<PowerLaw> laws;
  for (const auto& draw : draws) {
    if (draw) laws.push_back(*draw);
  }
  return laws;
}

template <class Of>
Interval interval_over(const std::vector<PowerLaw>& laws,
                       double level,
                       Of&& of) {
  Eigen::VectorXd values(static_cast<Eigen::Index>(laws.size()));
  for (std::size_t i = 0; i < laws.size(); ++i) {
    values[static_cast<Eigen::Index>(i)] = of(laws[i]);
  }
  return percentile_interval(values, level);
}

void add_estimates(const std::vector<PowerLaw>& draws, EnvelopeResult& result) {
  const auto failed = static_cast<double>(result.failed);
  const bool is_sure =
      !draws.empty() && failed <= 0.1 * result.options.bootstrap;
  const double level = result.options.level;
  if (is_sure) {
    result.exponent_interval = interval_over(
        draws, level, [](const PowerLaw& law) { return law.exponent; });
  }
  for (const Flops flops : result.options.flops) {
    const Params params(result.params->at(flops));
    EnvelopeEstimate estimate{flops, params, tokens_for(flops, params), {}, {}};
    if (is_sure) {
      const Interval sizes = interval_over(
          draws, level, [&](const PowerLaw& law) { return law.at(flops); });
      estimate.params_interval = sizes;
      estimate.tokens_interval =
          Interval{tokens_for(flops, Params(sizes.high)).value(),
                   tokens_for(flops, Params(sizes.low)).value()};
    }
    result.estimates.push_back(estimate);
  }
}

void add_findings(EnvelopeResult& result) {
  if (!result.params) {
    result.findings.push_back(
        {"envelope.no-frontier",
         Severity::Error,
         "of " + std::to_string(result.curves) +
             " curves less than two sizes between the smallest and the "
             "largest are ever the lowest",
         "give checkpoints of four sizes or more whose curves cross",
         {{"curves", static_cast<double>(result.curves)}}});
    return;
  }
  result.findings.push_back(
      {"envelope.schedule",
       Severity::Note,
       "checkpoints before the end of a learning-rate schedule lie above runs "
       "that end there, which favours small models",
       "compare with `isoflop valleys` or `isoflop fit` on final losses",
       {}});
  if (result.options.bootstrap > 0 && !result.exponent_interval) {
    result.findings.push_back(
        {"envelope.few-curves",
         Severity::Warning,
         std::to_string(result.failed) + " of " +
             std::to_string(result.options.bootstrap) +
             " resamples have no frontier; intervals are left out",
         "add curves of other sizes",
         {{"failed", static_cast<double>(result.failed)}}});
  }
}

}  // namespace

EnvelopeResult envelope(const Runs& runs, const EnvelopeOptions& options) {
  validate(options, "envelope");
  if (runs.size() == 0) {
    throw std::invalid_argument("envelope: there are no runs");
  }
  require_sizes(runs, "envelope");
  EnvelopeResult result;
  result.options = options;
  result.source = runs.source;
  result.runs_used = runs.size();
  for (const Finding& finding : runs.findings) {
    // Curves are what is wanted here.
    if (finding.code != "runs.curve") result.findings.push_back(finding);
  }
  const std::vector<Curve> curves = curves_of(runs);
  result.curves = static_cast<int>(curves.size());
  if (curves.size() > 1) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const Curve& curve : curves) {
      low = std::min(low, curve.points.front().first);
      high = std::max(high, curve.points.back().first);
    }
    const Eigen::VectorXd grid =
        Eigen::VectorXd::LinSpaced(options.points, low, high);
    const Eigen::MatrixXd losses = losses_on(grid, curves);
    std::vector<int> all(curves.size());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = static_cast<int>(k);
    const std::vector<Lowest> best = lowest(curves, losses, all);
    add_parts(grid, curves, losses, best, result);
    result.params = frontier(grid, curves, best);
    if (result.params) {
      const auto draws = resample(grid, curves, losses, options);
      result.failed = options.bootstrap - static_cast<int>(draws.size());
      add_estimates(draws, result);
    }
  }
  add_findings(result);
  return result;
}

}  // namespace isoflop
