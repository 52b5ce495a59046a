// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict_table.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "isoflop/units/text.h"
#include "laws/extrapolation.h"
#include "laws/run_interval.h"

namespace isoflop {
namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("predict: " + problem);
}

void require_rows(const PlannedRuns& runs) {
  const auto is_good = [](const Eigen::VectorXd& values) {
    return values.allFinite() && (values.array() > 0.0).all();
  };
  if (runs.params.size() == 0) fail("there are no runs to predict");
  if (runs.params.size() != runs.tokens.size() || !is_good(runs.params) ||
      !is_good(runs.tokens)) {
    fail("params and tokens must be as many, positive and finite");
  }
  if (runs.loss_nats.size() != 0 &&
      runs.loss_nats.size() != runs.params.size()) {
    fail("there must be as many losses as runs, or none");
  }
  if (!is_good(runs.loss_nats)) fail("losses must be positive and finite");
}

/// Losses of a law alone: n_rows, and n_draws x n_rows over its draws.
struct LawLosses {
  Eigen::VectorXd point;
  Eigen::MatrixXd draws;
};

LawLosses law_losses(const Law& law, const PlannedRuns& runs) {
  const auto form = bind_inputs(law.form, {}, "predict");
  const auto log_of = [](double x) { return std::log(x); };
  const auto exp_of = [](double x) { return std::exp(x); };
  Eigen::MatrixXd inputs(runs.params.size(), 2);
  inputs.col(0) = runs.params.unaryExpr(log_of);
  inputs.col(1) = runs.tokens.unaryExpr(log_of);
  const auto losses_at = [&](const Eigen::VectorXd& coefficients) {
    Eigen::VectorXd out;
    form->evaluate_columns(
        form->theta_from_coefficients(coefficients), inputs, out, nullptr);
    return Eigen::VectorXd(out.unaryExpr(exp_of));
  };
  LawLosses losses{losses_at(law.coefficients), {}};
  losses.draws.resize(law.draws.rows(), inputs.rows());
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    losses.draws.row(i) = losses_at(law.draws.row(i)).transpose();
  }
  return losses;
}

void fill_from_law(const Law& law,
                   const PlannedRuns& runs,
                   PredictionTable& table) {
  const LawLosses losses = law_losses(law, runs);
  for (std::size_t k = 0; k < table.rows.size(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    PredictedRun& row = table.rows[k];
    row.loss = Nats(losses.point[i]);
    if (law.has_draws() && losses.draws.col(i).allFinite()) {
      const double level = table.options.level;
      const auto draws = losses.draws.col(i);
      row.widening = law.widening_at(row.flops);
      row.curve = percentile_interval(draws, level);
      if (law.scatter) {
        row.run =
            run_interval_of(*law.scatter, {draws.begin(), draws.end()}, level);
      }
      for (auto* interval : {&row.curve, &row.run}) {
        if (!*interval) continue;
        *interval = widened(**interval, row.loss.value(), row.widening);
      }
    }
  }
}

void fill_from_forecast(const Law& law,
                        const PlannedRuns& runs,
                        PredictionTable& table) {
  const auto forecasts = law.discrepancy->at(runs.params, runs.tokens);
  for (std::size_t k = 0; k < table.rows.size(); ++k) {
    PredictedRun& row = table.rows[k];
    row.forecast = forecasts[k];
    row.loss = forecasts[k].loss();
    row.curve = forecasts[k].curve_interval(table.options.level);
    row.run = forecasts[k].run_interval(table.options.level);
  }
}

std::optional<PredictionScore> score_of(const std::vector<PredictedRun>& rows) {
  PredictionScore score;
  double inside = 0.0;
  bool has_intervals = true;
  for (const PredictedRun& row : rows) {
    if (!row.observed) return std::nullopt;
    const double error = row.loss.value() / *row.observed - 1.0;
    score.mean_abs_error += std::abs(error);
    score.mean_error += error;
    const auto& interval = row.run ? row.run : row.curve;
    has_intervals = has_intervals && interval.has_value();
    if (interval && interval->low <= *row.observed &&
        *row.observed <= interval->high) {
      inside += 1.0;
    }
  }
  const auto count = static_cast<double>(rows.size());
  score.runs = static_cast<int>(rows.size());
  score.mean_abs_error /= count;
  score.mean_error /= count;
  if (has_intervals) score.coverage = inside / count;
  return score;
}

void add_findings(const Law& law, PredictionTable& table) {
  constexpr double kBelow = 10.0;
  if (auto doubt = law_doubt(law)) {
    // Within its runs a weak law still predicts.
    if (law.status == LawStatus::Weak) doubt->severity = Severity::Warning;
    table.findings.push_back(*std::move(doubt));
  }
  for (Finding& finding : law_warnings(law)) {
    table.findings.push_back(std::move(finding));
  }
  double most = 0.0;
  double beyond = 0.0;
  double least = kInfinite;
  double below = 0.0;
  for (const PredictedRun& row : table.rows) {
    most = std::max(most, row.extrapolation.value_or(0.0));
    beyond += row.extrapolation.value_or(0.0) > kFarExtrapolation ? 1.0 : 0.0;
    if (!law.range.flops) continue;
    const double share = row.flops.value() / law.range.flops->low;
    least = std::min(least, share);
    below += share * kBelow < 1.0 ? 1.0 : 0.0;
  }
  if (below > 0.0) {
    table.findings.push_back(
        {"law.extrapolation",
         Severity::Warning,
         "rows below a tenth of the compute of the smallest run behind the "
         "law: " +
             format_number(below, 9) + "; the farthest is at " +
             format_number(least, 2) + " of it",
         "fit smaller pilot runs; small runs depart from a law most",
         {{"rows", below}, {"flops_over_smallest", least}}});
  }
  if (beyond == 0.0) return;
  table.findings.push_back(
      {"law.extrapolation",
       Severity::Warning,
       "rows beyond 100 times the compute of the largest run behind the law: " +
           format_number(beyond, 9) + "; the farthest is at " +
           format_number(most, 2) + " times",
       "fit larger pilot runs",
       {{"rows", beyond}, {"flops_over_fitted", most}}});
}

}  // namespace

std::span<const PredictedColumn> predicted_columns() {
  using Row = const PredictedRun&;
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  static constexpr PredictedColumn kColumns[] = {
      {"params", "count", [](Row row) { return row.params.value(); }},
      {"tokens", "count", [](Row row) { return row.tokens.value(); }},
      {"flops", "6 N D", [](Row row) { return row.flops.value(); }},
      {"loss_nats",
       "predicted, nats per token",
       [](Row row) { return row.loss.value(); }},
      {"curve_low",
       "interval of the mean curve, nats per token",
       [](Row row) { return row.curve ? row.curve->low : kNone; }},
      {"curve_high",
       "interval of the mean curve, nats per token",
       [](Row row) { return row.curve ? row.curve->high : kNone; }},
      {"run_low",
       "interval of one new run, nats per token",
       [](Row row) { return row.run ? row.run->low : kNone; }},
      {"run_high",
       "interval of one new run, nats per token",
       [](Row row) { return row.run ? row.run->high : kNone; }},
      {"widening",
       "of the intervals, by the law's back-test: times as wide in ln L",
       [](Row row) { return row.widening; }},
      {"extrapolation",
       "flops over the law's largest run",
       [](Row row) { return row.extrapolation.value_or(kNone); }},
      {"observed_nats", "the loss it had, nats per token", [](Row row) {
         return row.observed.value_or(kNone);
       }}};
  return kColumns;
}

Eigen::VectorXd values_of(const PredictionTable& table,
                          const PredictedColumn& column) {
  Eigen::VectorXd values(std::ssize(table.rows));
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    values[i] = column.value(table.rows[static_cast<std::size_t>(i)]);
  }
  return values;
}

PredictionTable predict_table(const Law& law,
                              const PlannedRuns& runs,
                              const PredictOptions& options) {
  validate(options, "predict");
  require_rows(runs);
  if (!answers_size_and_data(*law.form)) {
    fail("law '" + law.id +
         "' answers no loss of size and data; a table of "
         "runs needs one");
  }
  PredictionTable table;
  table.law = law.id;
  table.is_forecast = law.is_forecast();
  table.law_options = law.provenance.options;
  if (law.is_forecast()) table.tested = law.tested;
  table.options = options;
  table.source = runs.source;
  for (Eigen::Index i = 0; i < runs.params.size(); ++i) {
    PredictedRun row;
    if (!runs.name.empty()) row.name = runs.name[static_cast<std::size_t>(i)];
    row.params = Params(runs.params[i]);
    row.tokens = Tokens(runs.tokens[i]);
    row.flops = train_flops(row.params, row.tokens);
    if (law.range.flops) {
      row.extrapolation = row.flops.value() / law.range.flops->high;
    }
    if (runs.loss_nats.size() > 0) row.observed = runs.loss_nats[i];
    table.rows.push_back(std::move(row));
  }
  if (law.is_forecast()) {
    fill_from_forecast(law, runs, table);
  } else {
    fill_from_law(law, runs, table);
  }
  table.score = score_of(table.rows);
  add_findings(law, table);
  return table;
}

}  // namespace isoflop
