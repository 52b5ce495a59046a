// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <unordered_set>
#include <utility>

#include "isoflop/base/error.h"
#include "isoflop/runs/runs.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"
#include "runs/row_checks.h"

namespace isoflop {
namespace {

/// A unit that counts are wrongly given in.
struct Scale {
  double size;
  std::string_view option;
  std::string_view word;
};
constexpr std::array<Scale, 4> kCountScales{{{1e9, "1e9", "billions"},
                                             {1e6, "1e6", "millions"},
                                             {1e12, "1e12", "trillions"},
                                             {1e3, "1e3", "thousands"}}};
constexpr std::array<Scale, 6> kFlopScales{{{1e9, "1e9", "GFLOP"},
                                            {1e12, "1e12", "TFLOP"},
                                            {1e15, "1e15", "PFLOP"},
                                            {1e18, "1e18", "EFLOP"},
                                            {8.64e19, "8.64e19", "PF-days"},
                                            {1e21, "1e21", "ZFLOP"}}};

constexpr double kFewest = 1e4;  ///< params or tokens of a real run

double median(Eigen::VectorXd values) {
  double* const begin = values.data();
  double* const end = begin + values.size();
  double* const middle = begin + values.size() / 2;
  std::nth_element(begin, middle, end);
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(begin, middle));
}

/// C / (6 N D) by row.
Eigen::VectorXd flops_ratio(const Runs& runs) {
  return (runs.flops.array() / runs.params.array() / runs.tokens.array() /
          kFlopsPerParamToken)
      .matrix();
}

/// True when they agree within a factor of three.
bool is_about(double value, double power) {
  return std::abs(std::log10(value / power)) < 0.5;
}

struct Medians {
  double params;
  double tokens;
  double ratio;  ///< C / (6 N D)
};

Medians medians_of(const Runs& runs) {
  return {median(runs.params), median(runs.tokens), median(flops_ratio(runs))};
}

[[noreturn]] void fail_unit(const Runs& runs,
                            std::string_view column,
                            const std::string& text,
                            std::string_view option) {
  throw DataError({runs.source, 0, 0},
                  std::string(column) + " " + text + ": --unit " +
                      std::string(column) + "=" + std::string(option));
}

/// Tokens per parameter are near 20 in most sweeps, and always within some
/// decades of it: the unit that comes nearest is likeliest.
double distance_to_usual(double tokens_per_param) {
  return std::abs(std::log(tokens_per_param / 20.0));
}

/// The likeliest unit of counts that are too small by themselves.
///
/// @param other_is_count  the other of params and tokens is credible, so that
///     C/(6ND) and the tokens per parameter tell the unit of this one.
/// @param tokens_per_param  as a function of the size of the unit.
template <class TokensPerParam>
const Scale& likeliest_scale(double value,
                             double flops_ratio,
                             bool other_is_count,
                             TokensPerParam&& tokens_per_param) {
  constexpr double kMostBillions = 50.0;  ///< beyond, millions are likelier
  const Scale& billions = kCountScales[0];
  const Scale& millions = kCountScales[1];
  if (!other_is_count) return value < kMostBillions ? billions : millions;
  for (const Scale& scale : kCountScales) {
    if (is_about(flops_ratio, scale.size)) return scale;
  }
  return distance_to_usual(tokens_per_param(billions.size)) <=
                 distance_to_usual(tokens_per_param(millions.size))
             ? billions
             : millions;
}

const Scale& params_scale(const Medians& medians) {
  const double ratio = medians.tokens / medians.params;
  return likeliest_scale(medians.params,
                         medians.ratio,
                         medians.tokens >= kFewest && medians.tokens <= 1e15,
                         [&](double scale) { return ratio / scale; });
}

const Scale& tokens_scale(const Medians& medians) {
  const double ratio = medians.tokens / medians.params;
  return likeliest_scale(medians.tokens,
                         medians.ratio,
                         medians.params >= kFewest && medians.params <= 1e15,
                         [&](double scale) { return ratio * scale; });
}

/// Params or tokens too small to be counts of a real run.
void refuse_small_counts(const Runs& runs, const Medians& medians) {
  const auto refuse =
      [&](const std::string& column, double value, const Scale& scale) {
        const std::string text = "(median " + format_number(value) + ")";
        if (runs.derived == column) {
          fail_unit(runs,
                    "flops",
                    "seem to be in a larger unit, as " + column +
                        " that follow from C = 6 N D are too few " + text +
                        "; if in GFLOP",
                    "1e9");
        }
        fail_unit(runs,
                  column,
                  "looks like " + std::string(scale.word) + " " + text +
                      "; a count is needed",
                  scale.option);
      };
  if (medians.params < kFewest && runs.derived != "params") {
    refuse("params", medians.params, params_scale(medians));
  }
  if (medians.tokens < kFewest && runs.derived != "tokens") {
    refuse("tokens", medians.tokens, tokens_scale(medians));
  }
  if (medians.params < kFewest) {
    refuse("params", medians.params, kCountScales[0]);
  }
  if (medians.tokens < kFewest) {
    refuse("tokens", medians.tokens, kCountScales[0]);
  }
}

/// FLOP given in GFLOP and the like, known by C = 6 N D.
void refuse_flop_units(const Runs& runs, const Medians& medians) {
  const std::string ratio =
      "(median C/(6ND) is " + format_number(medians.ratio) + ")";
  for (const Scale& scale : kFlopScales) {
    if (is_about(medians.ratio, 1.0 / scale.size)) {
      fail_unit(runs,
                "flops",
                "looks like " + std::string(scale.word) + " " + ratio,
                scale.option);
    }
  }
  for (const double power : {1e6, 1e9, 1e12, 1e15, 1e18}) {
    if (is_about(medians.ratio, power)) {
      throw DataError({runs.source, 0, 0},
                      "flops do not go with params and tokens " + ratio +
                          "; is one of them in another unit? --unit "
                          "COLUMN=SIZE tells");
    }
  }
}

void add_flops_mismatch(const Eigen::VectorXd& ratios,
                        double ratio,
                        std::vector<Finding>& findings) {
  constexpr double kTolerance = 0.05;
  if (std::abs(ratio - 1.0) <= kTolerance) return;
  findings.push_back(
      {"runs.flops-mismatch",
       Severity::Warning,
       "the given FLOP are " + format_number(ratio) +
           " times 6 N D in the median; they are used as given",
       "give params with the FLOP they cause, or leave the flops column out",
       {{"median_ratio", ratio},
        {"least_ratio", ratios.minCoeff()},
        {"greatest_ratio", ratios.maxCoeff()}}});
}

void add_large_counts(const Medians& medians, std::vector<Finding>& findings) {
  constexpr double kMostParams = 1e15;
  constexpr double kMostTokens = 1e18;
  if (medians.params <= kMostParams && medians.tokens <= kMostTokens) return;
  findings.push_back(
      {"runs.units",
       Severity::Warning,
       "params are " + format_number(medians.params) + " and tokens " +
           format_number(medians.tokens) +
           " in the median, more than any run had",
       "check the units of the columns",
       {{"median_params", medians.params}, {"median_tokens", medians.tokens}}});
}

/// "chin003, chin007 and 3 more": by name, else by row from 0.
std::string list_runs(const Runs& runs, const std::vector<Eigen::Index>& rows) {
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;  // many rows of one curve: once
  for (const Eigen::Index row : rows) {
    const std::string name = runs.name.empty()
                                 ? std::to_string(row)
                                 : runs.name[static_cast<std::size_t>(row)];
    if (seen.insert(name).second) names.push_back(name);
  }
  return (runs.name.empty() ? "rows (from 0) " : "") +
         detail::list_names(names, 5);
}

void add_loss_level(const Runs& runs, std::vector<Finding>& findings) {
  constexpr double kPerplexity = 8.0;
  constexpr double kDiverged = 15.0;
  constexpr double kMedians = 3.0;
  const double middle = median(runs.loss_nats);
  constexpr double kLowest = 1.3;
  if (middle < kLowest && find(runs.findings, "runs.loss-unit") == nullptr) {
    findings.push_back(
        {"runs.loss-unit",
         Severity::Note,
         "the median loss is " + format_number(middle) +
             ", low for nats per token; is it in bits per byte?",
         "say so with --loss-unit bits_per_byte and --bytes-per-token",
         {{"median_loss", middle}}});
  }
  const bool is_high = middle > kPerplexity;
  if (is_high) {
    findings.push_back(
        {"runs.perplexity",
         Severity::Warning,
         "the median loss is " + format_number(middle) +
             ", which looks like perplexity",
         "say so with --loss-unit perplexity: the loss is its logarithm",
         {{"median_loss", middle}, {"log_median_loss", std::log(middle)}}});
  }
  const double limit =
      is_high ? kMedians * middle : std::min(kDiverged, kMedians * middle);
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    if (runs.loss_nats[i] > limit) rows.push_back(i);
  }
  if (rows.empty()) return;
  findings.push_back({"runs.diverged",
                      Severity::Warning,
                      "the loss is above " + format_number(limit) + " in " +
                          std::to_string(rows.size()) + " of " +
                          std::to_string(runs.size()) + " runs (median " +
                          format_number(middle) + "): " + list_runs(runs, rows),
                      "leave out runs that diverged, as with --where 'loss<=" +
                          format_number(limit) + "'",
                      {{"runs", static_cast<double>(rows.size())},
                       {"limit", limit},
                       {"greatest_loss", runs.loss_nats.maxCoeff()},
                       {"first_row", static_cast<double>(rows.front())}}});
}

/// Ranks from 0, those of equal values averaged; centred.
Eigen::VectorXd centred_ranks(const Eigen::VectorXd& values) {
  std::vector<std::pair<double, Eigen::Index>> order;
  order.reserve(static_cast<std::size_t>(values.size()));
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    order.emplace_back(values[i], i);
  }
  std::sort(order.begin(), order.end());
  Eigen::VectorXd ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last < order.size() && order[last].first == order[first].first) {
      ++last;
    }
    const double rank = 0.5 * static_cast<double>(first + last - 1);
    for (; first < last; ++first) ranks[order[first].second] = rank;
  }
  return (ranks.array() - ranks.mean()).matrix();
}

void add_loss_rises(const Runs& runs, std::vector<Finding>& findings) {
  constexpr Eigen::Index kFewestRuns = 5;
  constexpr double kLimit = 0.5;
  if (runs.size() < kFewestRuns) return;
  const Eigen::VectorXd loss = centred_ranks(runs.loss_nats);
  // Of a constant column the correlation is 0/0: no finding.
  const auto correlation = [&](const Eigen::VectorXd& column) {
    const Eigen::VectorXd ranks = centred_ranks(column);
    return loss.dot(ranks) /
           std::sqrt(loss.squaredNorm() * ranks.squaredNorm());
  };
  Finding finding{
      "runs.loss-rises",
      Severity::Warning,
      "the loss rises with size: its rank correlation is ",
      "check that the loss column holds a loss, not an accuracy or reward",
      {}};
  if (runs.has_sizes()) {
    const double with_params = correlation(runs.params);
    if (!(with_params > kLimit)) return;
    finding.message += format_number(with_params, 2) + " with params and ";
    finding.values.push_back({"rank_correlation_params", with_params});
  }
  const double with_flops = correlation(runs.flops);
  if (!(with_flops > kLimit)) return;
  finding.message += format_number(with_flops, 2) + " with FLOP";
  finding.values.push_back({"rank_correlation_flops", with_flops});
  findings.push_back(std::move(finding));
}

void add_duplicates(const Runs& runs, std::vector<Finding>& findings) {
  std::vector<std::array<double, 3>> rows;
  rows.reserve(static_cast<std::size_t>(runs.size()));
  const bool has_sizes = runs.has_sizes();
  for (Eigen::Index i = 0; i < runs.size(); ++i) {
    rows.push_back({runs.loss_nats[i],
                    has_sizes ? runs.params[i] : 1.0,
                    has_sizes ? runs.tokens[i] : runs.flops[i]});
  }
  std::sort(rows.begin(), rows.end());
  const auto distinct = std::unique(rows.begin(), rows.end()) - rows.begin();
  const auto repeated = runs.size() - distinct;
  if (repeated == 0) return;
  findings.push_back({"runs.duplicates",
                      Severity::Warning,
                      std::to_string(repeated) + " of " +
                          std::to_string(runs.size()) +
                          " rows repeat another one (same " +
                          (has_sizes ? "params, tokens" : "flops") +
                          " and loss), so intervals come out too narrow",
                      "leave out the repeated rows",
                      {{"repeated_rows", static_cast<double>(repeated)},
                       {"distinct_rows", static_cast<double>(distinct)}}});
}

void add_narrow(const Runs& runs, std::vector<Finding>& findings) {
  if (runs.size() == 1) return;
  constexpr double kDecade = 10.0;
  const auto span = [](const Eigen::VectorXd& column) {
    return column.maxCoeff() / column.minCoeff();
  };
  const double params = span(runs.params);
  const double tokens = span(runs.tokens);
  if (params >= kDecade && tokens >= kDecade) return;
  findings.push_back({"runs.narrow",
                      Severity::Note,
                      "the greatest params are " + format_number(params) +
                          " times the least, the greatest tokens " +
                          format_number(tokens) +
                          " times; a factor of 10 or more is of use",
                      "add smaller or larger runs",
                      {{"params_span", params}, {"tokens_span", tokens}}});
}

void add_narrow_flops(const Runs& runs, std::vector<Finding>& findings) {
  constexpr double kDecade = 10.0;
  const double span = runs.flops.maxCoeff() / runs.flops.minCoeff();
  if (runs.size() == 1 || span >= kDecade) return;
  findings.push_back({"runs.narrow",
                      Severity::Note,
                      "the greatest flops are " + format_number(span) +
                          " times the least; a factor of 10 or more is of use",
                      "add smaller or larger runs",
                      {{"flops_span", span}}});
}

void add_repeated_data(const Runs& runs, std::vector<Finding>& findings) {
  constexpr double kRounding = 1.01;
  if (runs.unique_tokens.size() == 0 || !runs.has_sizes()) return;
  const auto repeated =
      (runs.tokens.array() > kRounding * runs.unique_tokens.array()).count();
  if (repeated == 0) return;
  findings.push_back(
      {"runs.repeated-data",
       Severity::Warning,
       std::to_string(repeated) + " of " + std::to_string(runs.size()) +
           " runs trained on more tokens than their unique ones; the law "
           "counts a repeat as new",
       "keep the runs of one epoch",
       {{"runs", static_cast<double>(repeated)}}});
}

/// The same of compute alone, which nothing else can tell the unit of.
void refuse_few_flops(const Runs& runs) {
  constexpr double kFewestFlops = 1e12;  ///< of a real run
  const double middle = median(runs.flops);
  if (middle >= kFewestFlops) return;
  fail_unit(runs,
            "flops",
            "are " + format_number(middle) +
                " in the median, fewer than any run takes; what is one of "
                "them? of PF-days",
            "8.64e19");
}

void add_compute_only(const Runs& runs, std::vector<Finding>& findings) {
  findings.push_back(
      {"runs.compute-only",
       Severity::Note,
       "there is neither params nor tokens: a law of compute alone can be "
       "fitted, which does not say how to divide compute between them",
       "add params or tokens for laws of size and data",
       {{"rows", static_cast<double>(runs.size())}}});
}

/// What only runs of size and data can have.
void add_size_checks(const Runs& runs, std::vector<Finding>& findings) {
  const Medians medians = medians_of(runs);
  add_flops_mismatch(flops_ratio(runs), medians.ratio, findings);
  add_large_counts(medians, findings);
}

}  // namespace

void detail::refuse_units(const Runs& runs) {
  if (!runs.has_sizes()) return refuse_few_flops(runs);
  const Medians medians = medians_of(runs);
  refuse_small_counts(runs, medians);
  refuse_flop_units(runs, medians);
}

std::vector<Finding> inspect_runs(const Runs& runs) {
  std::vector<Finding> findings;
  if (runs.size() == 0) return findings;
  detail::refuse_units(runs);
  if (runs.has_sizes()) {
    add_size_checks(runs, findings);
  } else {
    add_compute_only(runs, findings);
  }
  add_loss_level(runs, findings);
  add_loss_rises(runs, findings);
  add_duplicates(runs, findings);
  if (runs.has_sizes()) {
    add_narrow(runs, findings);
    detail::add_curve(runs, findings);
  } else {
    add_narrow_flops(runs, findings);
  }
  add_repeated_data(runs, findings);
  detail::add_mixed_units(runs, findings);
  return findings;
}

}  // namespace isoflop
