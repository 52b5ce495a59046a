// SPDX-License-Identifier: Apache-2.0
#include "runs/row_checks.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

#include "isoflop/units/text.h"
#include "runs/run_numbers.h"

namespace isoflop::detail {
namespace {

/// True when most of the steps between sorted tokens are the same.
bool has_equal_steps(const std::vector<double>& tokens) {
  constexpr std::size_t kFewest = 8;
  constexpr double kSame = 0.01;
  constexpr double kMost = 0.8;
  if (tokens.size() < kFewest) return false;
  std::vector<double> steps;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    steps.push_back(tokens[i] - tokens[i - 1]);
  }
  std::vector<double> sorted = steps;
  const auto middle = sorted.begin() + std::ssize(sorted) / 2;
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double usual = *middle;
  const auto same = std::count_if(steps.begin(), steps.end(), [&](double step) {
    return std::abs(step - usual) <= kSame * usual;
  });
  return static_cast<double>(same) >= kMost * static_cast<double>(steps.size());
}

}  // namespace

void add_curve(const Runs& runs, std::vector<Finding>& findings) {
  std::vector<std::pair<double, double>> rows;  // params, tokens
  rows.reserve(static_cast<std::size_t>(runs.size()));
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    rows.emplace_back(runs.params[i], runs.tokens[i]);
  }
  std::sort(rows.begin(), rows.end());
  std::size_t curves = 0;
  std::size_t in_curves = 0;
  std::vector<double> tokens;
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t last = first;
    tokens.clear();
    for (; last < rows.size() && rows[last].first == rows[first].first;
         ++last) {
      if (tokens.empty() || tokens.back() != rows[last].second) {
        tokens.push_back(rows[last].second);
      }
    }
    if (has_equal_steps(tokens)) {
      ++curves;
      in_curves += last - first;
    }
    first = last;
  }
  if (curves == 0) return;
  std::vector<Eigen::Index> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  const bool names_tell = run_numbers(runs, order).count < runs.size();
  findings.push_back(
      {"runs.curve",
       Severity::Warning,
       std::to_string(in_curves) + " of " + std::to_string(runs.size()) +
           " rows look like checkpoints of training curves (" +
           std::to_string(curves) + (curves == 1 ? " size" : " sizes") +
           ", tokens by equal steps), so that they are not independent: " +
           (names_tell ? "a forecast takes rows of one name and size for one "
                         "run, but intervals of a fit come out too narrow"
                       : "intervals come out too narrow"),
       runs.group.empty()
           ? "keep a row a run, as `isoflop convert` does, or name the runs in "
             "a column group and fit with --bootstrap-kind cluster"
           : "keep a row a run, as `isoflop convert` does, or fit with "
             "--bootstrap-kind cluster, by the column group",
       {{"rows", static_cast<double>(in_curves)},
        {"sizes", static_cast<double>(curves)}}});
}

void add_mixed_units(const Runs& runs, std::vector<Finding>& findings) {
  constexpr Eigen::Index kFewest = 12;
  constexpr double kSpread = 0.06;  ///< of log losses about the plane
  constexpr double kTolerance = 0.08;
  const double shift = -std::log(std::numbers::ln2);
  const Eigen::Index n = runs.size();
  if (n < kFewest) return;
  const Eigen::Index known = runs.has_sizes() ? 3 : 2;
  Eigen::MatrixXd plane(n, known + 1);
  plane.col(0).setOnes();
  if (runs.has_sizes()) {
    plane.col(1) = runs.params.array().log();
    plane.col(2) = runs.tokens.array().log();
  } else {
    plane.col(1) = runs.flops.array().log();
  }
  const Eigen::VectorXd log_loss = runs.loss_nats.array().log();
  const Eigen::MatrixXd start = plane.leftCols(known);
  const Eigen::VectorXd rest =
      log_loss - start * start.colPivHouseholderQr().solve(log_loss);
  std::vector<double> sorted(rest.begin(), rest.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t margin =
      std::max<std::size_t>(2, static_cast<std::size_t>(n) / 20);
  std::size_t cut = margin;
  for (std::size_t i = margin; i + margin <= sorted.size(); ++i) {
    if (sorted[i] - sorted[i - 1] > sorted[cut] - sorted[cut - 1]) cut = i;
  }
  const double limit = 0.5 * (sorted[cut] + sorted[cut - 1]);
  plane.col(known) = (rest.array() > limit).cast<double>();
  const Eigen::VectorXd found = plane.colPivHouseholderQr().solve(log_loss);
  const double spread = std::sqrt((log_loss - plane * found).squaredNorm() /
                                  static_cast<double>(n));
  if (spread > kSpread || std::abs(found[known] / shift - 1.0) > kTolerance) {
    return;
  }
  const auto high = static_cast<double>(sorted.size() - cut);
  findings.push_back(
      {"runs.mixed-units",
       Severity::Warning,
       format_number(high, 9) + " of " + std::to_string(n) + " losses lie " +
           format_number(std::exp(found[known]), 3) +
           " times above what the others say, as bits do above nats",
       "give the unit of each row in a column loss_unit",
       {{"runs", high}, {"factor", std::exp(found[known])}}});
}

}  // namespace isoflop::detail
