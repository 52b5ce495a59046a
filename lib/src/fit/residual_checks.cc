// SPDX-License-Identifier: Apache-2.0
#include "fit/residual_checks.h"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "isoflop/base/suggest.h"
#include "isoflop/laws/variable.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

/// p-values below this are findings.
constexpr double kRare = 0.01;

/// About their mean.
Eigen::ArrayXd ranks(const Eigen::VectorXd& values) {
  const Eigen::Index n = values.size();
  std::vector<std::pair<double, Eigen::Index>> order;
  order.reserve(static_cast<std::size_t>(n));
  for (Eigen::Index i = 0; i < n; ++i) order.emplace_back(values[i], i);
  std::sort(order.begin(), order.end());
  Eigen::ArrayXd rank(n);
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from + 1;
    while (to < order.size() && order[to].first == order[from].first) ++to;
    const double mean = 0.5 * static_cast<double>(from + to - 1);
    for (; from < to; ++from) rank[order[from].second] = mean;
  }
  return rank - rank.mean();
}

/// @param x, y  ranks
std::optional<RankCorrelation> correlate(const Eigen::ArrayXd& x,
                                         const Eigen::ArrayXd& y) {
  constexpr Eigen::Index kFewest = 4;
  if (x.size() < kFewest) return std::nullopt;
  const double scale = std::sqrt(x.square().sum() * y.square().sum());
  if (!(scale > 0.0)) return std::nullopt;
  const double r = std::clamp((x * y).sum() / scale, -1.0, 1.0);
  const auto freedom = static_cast<double>(x.size() - 2);
  if (1.0 - r * r < 1e-15) return RankCorrelation{r, 0.0};
  const double t = r * std::sqrt(freedom / (1.0 - r * r));
  return RankCorrelation{
      r,
      2.0 * boost::math::cdf(boost::math::complement(
                boost::math::students_t(freedom), std::abs(t)))};
}

/// What errors may hang on, as ranks.
struct NamedRanks {
  const char* name;
  Eigen::ArrayXd ranks;
};

std::vector<NamedRanks> ranked_columns(const Fitted& fitted) {
  const Runs& runs = fitted.runs;
  std::vector<NamedRanks> columns;
  if (runs.has_sizes()) {
    columns.push_back({"params", ranks(runs.params(fitted.order))});
    columns.push_back({"tokens", ranks(runs.tokens(fitted.order))});
  }
  const Eigen::VectorXd flops = flops_of(runs, *fitted.problem.form);
  // Of points of loss curves the step stands for the compute.
  const bool is_curve =
      fitted.problem.form->input_index(kStep.name).has_value();
  columns.push_back({is_curve ? "step" : "flops", ranks(flops(fitted.order))});
  return columns;
}

double f_tail(double f, double above, double below) {
  return boost::math::cdf(boost::math::complement(
      boost::math::fisher_f(above, below), std::max(0.0, f)));
}

/// Squares about the means of sets of rows, and how many sets there are.
struct WithinSets {
  double squares = 0.0;
  double sum_of_squared_sizes = 0.0;
  int sets = 0;
};

/// @param set  of each row, from 0 without gaps
WithinSets within(const Eigen::VectorXd& values, const std::vector<int>& set) {
  WithinSets result;
  result.sets = *std::max_element(set.begin(), set.end()) + 1;
  Eigen::ArrayXd count = Eigen::ArrayXd::Zero(result.sets);
  Eigen::ArrayXd mean = Eigen::ArrayXd::Zero(result.sets);
  for (std::size_t i = 0; i < set.size(); ++i) {
    count[set[i]] += 1.0;
    mean[set[i]] += values[static_cast<Eigen::Index>(i)];
  }
  mean /= count;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const double away = values[static_cast<Eigen::Index>(i)] - mean[set[i]];
    result.squares += away * away;
  }
  result.sum_of_squared_sizes = count.square().sum();
  return result;
}

/// Rows of equal values, numbered from 0 as they come.
std::vector<int> sets_of(const Eigen::MatrixXd& values) {
  std::map<std::vector<double>, int> number;
  std::vector<int> set;
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    std::vector<double> row;
    for (const double value : values.row(i)) {
      // NaN equals nothing, but cells that are both empty are alike.
      row.push_back(std::isnan(value) ? -kInfinite : value);
    }
    const int next = static_cast<int>(number.size());
    set.push_back(number.emplace(std::move(row), next).first->second);
  }
  return set;
}

/// What the table says of the runs that the form does not read.
struct UnreadColumn {
  std::string_view name;
  Eigen::VectorXd values;  ///< n_runs, in the order of the problem
};

std::vector<UnreadColumn> unread_columns(const Fitted& fitted) {
  const Runs& runs = fitted.runs;
  const Form& form = *fitted.problem.form;
  std::vector<UnreadColumn> unread;
  for (const Variable& variable : all_variables()) {
    const bool is_outcome =
        variable.name == kLoss.name || variable.name == kErrorRate.name;
    if (is_outcome || form.input_index(variable.name)) continue;
    Eigen::VectorXd values;
    if (variable.name == kParams.name) values = runs.params;
    if (variable.name == kTokens.name) values = runs.tokens;
    if (variable.name == kUniqueTokens.name && runs.has_sizes() &&
        runs.unique_tokens.size() > 0) {
      // Tokens that no run comes to are no difference.
      values = runs.unique_tokens.cwiseMin(runs.tokens);
    }
    for (const ExtraColumn& column : runs.extra) {
      if (column.name == variable.name) values = column.values;
    }
    if (values.size() == 0) continue;
    for (double& value : values) {
      if (std::isnan(value)) value = variable.absent;
    }
    unread.push_back({variable.name, values(fitted.order)});
  }
  return unread;
}

/// Of each row what is known of its run: the inputs, then what is not read.
Eigen::MatrixXd known_of(const FitProblem& problem,
                         const std::vector<UnreadColumn>& unread) {
  const Eigen::Index read = problem.inputs.cols();
  Eigen::MatrixXd known(problem.size(),
                        read + static_cast<Eigen::Index>(unread.size()));
  known.leftCols(read) = problem.inputs;
  for (std::size_t k = 0; k < unread.size(); ++k) {
    known.col(read + static_cast<Eigen::Index>(k)) = unread[k].values;
  }
  return known;
}

/// Only the rows within sets matter, so errors serve for losses. Runs that
/// differ in what the form does not read are no repeats: what they differ by is
/// no pure error.
std::optional<LackOfFit> lack_of_fit(const Fitted& fitted) {
  const FitProblem& problem = fitted.problem;
  const Errors& errors = fitted.errors;
  const WithinSets pure =
      within(errors.error, sets_of(known_of(problem, unread_columns(fitted))));
  const auto n = static_cast<int>(problem.size());
  LackOfFit found;
  found.repeats = n - pure.sets;
  found.freedom = static_cast<int>(errors.freedom) - found.repeats;
  constexpr double kRounding = 1e-18;
  if (found.repeats < 1 || found.freedom < 1 || pure.squares < kRounding * n) {
    return std::nullopt;
  }
  const double repeats = found.repeats;
  const double freedom = found.freedom;
  found.pure_sd = std::sqrt(pure.squares / repeats);
  found.f = std::max(0.0, errors.error.squaredNorm() - pure.squares) / freedom /
            (pure.squares / repeats);
  found.p_value = f_tail(found.f, freedom, repeats);
  return found;
}

std::optional<GroupCorrelation> group_correlation(const Fitted& fitted) {
  const Errors& errors = fitted.errors;
  if (fitted.runs.group.empty()) return std::nullopt;
  std::map<std::string, int> id;
  std::vector<int> set;
  for (const Eigen::Index row : fitted.order) {
    const std::string& label = fitted.runs.group[static_cast<std::size_t>(row)];
    const int next = static_cast<int>(id.size());
    // Every run without a label is a group of its own.
    const std::string key = label.empty() ? " " + std::to_string(row) : label;
    set.push_back(id.emplace(key, next).first->second);
  }
  const WithinSets inside = within(errors.error, set);
  const auto n = static_cast<double>(errors.error.size());
  const double sets = inside.sets;
  if (sets < 2 || n - sets < 2) return std::nullopt;
  const double between =
      (errors.error.array() - errors.error.mean()).square().sum() -
      inside.squares;
  const double mean_between = between / (sets - 1.0);
  const double mean_within = inside.squares / (n - sets);
  if (!(mean_within > 0.0)) return std::nullopt;
  const double size = (n - inside.sum_of_squared_sizes / n) / (sets - 1.0);
  return GroupCorrelation{
      inside.sets,
      (mean_between - mean_within) /
          (mean_between + (size - 1.0) * mean_within),
      f_tail(mean_between / mean_within, sets - 1.0, n - sets)};
}

std::vector<ResidualTrend> trends_of(const std::vector<NamedRanks>& columns,
                                     const Eigen::VectorXd& residuals) {
  const Eigen::ArrayXd ranked = ranks(residuals);
  std::vector<ResidualTrend> trends;
  for (const auto& [name, column] : columns) {
    const auto found = correlate(column, ranked);
    if (found) trends.push_back({name, found->value, found->p_value});
  }
  return trends;
}

std::optional<UnevenErrors> uneven_errors(
    const Errors& errors, const std::vector<NamedRanks>& columns) {
  // Residuals of runs of more leverage are smaller for the same errors.
  constexpr double kLeastSpare = 0.05;
  const Eigen::ArrayXd sizes =
      ranks(errors.error.cwiseAbs().array() /
            (1.0 - errors.leverage.array()).max(kLeastSpare).sqrt());
  std::optional<UnevenErrors> strongest;
  const auto look = [&](const char* name, const Eigen::ArrayXd& column) {
    const auto found = correlate(column, sizes);
    if (!found || (strongest && found->p_value >= strongest->p_value)) return;
    strongest = {name, found->value, found->p_value};
  };
  look("leverage", ranks(errors.leverage));
  for (const auto& [name, column] : columns) look(name, column);
  if (!strongest) return std::nullopt;
  const auto looks = static_cast<double>(columns.size() + 1);
  strongest->p_value = std::min(1.0, looks * strongest->p_value);
  return strongest->p_value < kRare ? strongest : std::nullopt;
}

/// Says in what runs differ that are one to the form.
void add_unread_finding(const Fitted& fitted, FitResult& result) {
  const FitProblem& problem = fitted.problem;
  const WithinSets alike = within(fitted.errors.error, sets_of(problem.inputs));
  std::vector<std::string> names;
  for (const UnreadColumn& column : unread_columns(fitted)) {
    const auto sets = sets_of(known_of(problem, {column}));
    if (1 + *std::max_element(sets.begin(), sets.end()) == alike.sets) continue;
    names.emplace_back(column.name);
  }
  if (names.empty()) return;
  const auto n = static_cast<int>(problem.size());
  const double sd = std::sqrt(alike.squares / (n - alike.sets));
  result.findings.push_back(
      {"fit.unread-column",
       Severity::Note,
       "runs of the same inputs differ in " + join_words(names) +
           ", which the form does not read; their losses differ by " +
           format_number(100.0 * sd, 2) + " %",
       "name a form that reads it (--law), or keep runs of one value (--where)",
       {{"sd", sd}}});
}

}  // namespace

std::optional<RankCorrelation> rank_correlation(const Eigen::VectorXd& a,
                                                const Eigen::VectorXd& b) {
  return correlate(ranks(a), ranks(b));
}

ResidualChecks check_residuals(const Fitted& fitted) {
  const Errors& errors = fitted.errors;
  ResidualChecks checks;
  if (!errors.exist()) return checks;
  const std::vector<NamedRanks> columns = ranked_columns(fitted);
  checks.uneven = uneven_errors(errors, columns);
  checks.trends = trends_of(columns, errors.error);
  checks.lack_of_fit = lack_of_fit(fitted);
  checks.groups = group_correlation(fitted);
  return checks;
}

void add_residual_findings(const Fitted& fitted, FitResult& result) {
  if (fitted.errors.exist()) add_unread_finding(fitted, result);
  const ResidualChecks& checks = result.residual_checks;
  const ResidualTrend* steepest = nullptr;
  for (const ResidualTrend& trend : checks.trends) {
    const bool is_rare =
        trend.p_value * static_cast<double>(checks.trends.size()) < kRare;
    if (is_rare && (steepest == nullptr || trend.p_value < steepest->p_value)) {
      steepest = &trend;
    }
  }
  if (steepest != nullptr) {
    result.findings.push_back(
        {"fit.residual-trend",
         Severity::Warning,
         std::string("the losses of runs with more ") + steepest->variable +
             (steepest->correlation > 0 ? " lie higher" : " lie lower") +
             " against the law: rank correlation " +
             format_number(steepest->correlation, 2) +
             ", p = " + format_number(steepest->p_value, 1),
         "try another form (--law), and take care beyond the runs",
         {{"correlation", steepest->correlation},
          {"p_value", steepest->p_value}}});
  }
  if (checks.uneven) {
    const UnevenErrors& found = *checks.uneven;
    result.findings.push_back(
        {"fit.uneven-errors",
         Severity::Note,
         std::string("errors are ") +
             (found.correlation > 0 ? "larger" : "smaller") +
             " for runs of more " + found.variable + ": rank correlation " +
             format_number(found.correlation, 2) +
             ", p = " + format_number(found.p_value, 1),
         "bootstrap kinds pairs and wild allow for it, residual does not",
         {{"correlation", found.correlation}, {"p_value", found.p_value}}});
  }
  if (checks.lack_of_fit && checks.lack_of_fit->p_value < kRare) {
    const LackOfFit& found = *checks.lack_of_fit;
    result.findings.push_back(
        {"fit.lack-of-fit",
         Severity::Warning,
         "the law misses the runs by more than repeated runs differ: F(" +
             std::to_string(found.freedom) + ", " +
             std::to_string(found.repeats) +
             ") = " + format_number(found.f, 3) +
             ", p = " + format_number(found.p_value, 1),
         "try another form (--law), and take care beyond the runs",
         {{"f", found.f},
          {"p_value", found.p_value},
          {"pure_sd", found.pure_sd}}});
  }
  constexpr double kTogether = 0.1;
  if (checks.groups && checks.groups->p_value < kRare &&
      checks.groups->correlation > kTogether &&
      result.bootstrap.kind != BootstrapKind::Cluster) {
    result.findings.push_back(
        {"fit.correlated-groups",
         Severity::Warning,
         "runs of one group err together: correlation " +
             format_number(checks.groups->correlation, 2) + " over " +
             std::to_string(checks.groups->groups) +
             " groups; the intervals take runs for independent and are too "
             "narrow",
         "draw whole groups with --bootstrap-kind cluster",
         {{"correlation", checks.groups->correlation},
          {"p_value", checks.groups->p_value}}});
  }
}

}  // namespace isoflop
