// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isoflop/base/finding.h"

namespace isoflop {

/// Column that is not one of the standard ones, kept for filters and
/// formulas. Readers keep those whose cells are all numbers; NaN is an empty
/// cell.
struct ExtraColumn {
  std::string name;
  Eigen::VectorXd values;  ///< n_runs
};

/// Observed training runs, one row a run, validated when made.
///
/// Every used column is finite and, but for `extra`, positive. Of params,
/// tokens and flops either two are given and the third follows from
/// C = 6 N D, or all three are given and kept as they are, or flops alone is
/// given and there is neither params nor tokens.
struct Runs {
  Eigen::VectorXd params;          ///< n_runs, count; empty of compute alone
  Eigen::VectorXd tokens;          ///< n_runs, count; empty of compute alone
  Eigen::VectorXd flops;           ///< n_runs, FLOP
  Eigen::VectorXd loss_nats;       ///< n_runs, nats per token
  Eigen::VectorXd unique_tokens;   ///< n_runs or empty, count
  Eigen::VectorXd weight;          ///< n_runs or empty, > 0, relative
  std::vector<std::string> name;   ///< n_runs or empty
  std::vector<std::string> group;  ///< n_runs or empty; bootstrap cluster
  std::vector<ExtraColumn> extra;
  std::string derived;       ///< "params", "tokens" or "flops": not given but
                             ///< follows from the other two; "" if all are
  std::string source;        ///< path or "columns", for messages
  std::string reading;       ///< the reader's options but the defaults, as
                             ///< flags of the command
  std::int64_t dropped = 0;  ///< rows left out by filters; unreadable rows
                             ///< that were left out are a finding
  std::vector<Finding> findings;  ///< what is odd about the columns

  /// Number of rows.
  std::int64_t size() const { return loss_nats.size(); }
  /// Whether size and data are known, and not compute alone.
  bool has_sizes() const { return params.size() > 0; }
};

/// Numeric columns by name, as a caller has them.
struct NamedColumn {
  std::string name;
  Eigen::VectorXd values;
};

/// The same of texts: labels, dates, numbers with units. "" is a missing one.
struct TextColumn {
  std::string name;
  std::vector<std::string> values;
};

/// Runs from columns in memory. Names are the standard ones or their aliases
/// (see `column_aliases`). Of the other columns, those of numbers become extra
/// columns and those of texts are left out.
///
/// A number may be a text with its unit (70B), a name or group a number. A
/// name or group column without any label is taken for absent.
///
/// @throws std::invalid_argument naming column and row (from 0) when a
///     column is missing, lengths differ, or a value is not finite and
///     positive.
Runs runs_from_columns(const std::vector<NamedColumn>& columns,
                       const std::vector<TextColumn>& texts = {});

/// Checks of whole columns that need no fit. Called by the readers.
///
/// | code                | severity | when |
/// |---------------------|----------|------|
/// | runs.flops-mismatch | warning  | median C/(6ND) off 1 by > 5 % |
/// | runs.units          | warning  | median N > 1e15 or median D > 1e18 |
/// | runs.perplexity     | warning  | median loss > 8 |
/// | runs.diverged       | warning  | a loss > 3 medians, or > 15 with a |
/// |                     |          | median of at most 8 |
/// | runs.loss-rises     | warning  | >= 5 runs, and the rank correlations of |
/// |                     |          | loss with N and with C are > 0.5 |
/// | runs.duplicates     | warning  | rows with the same N, D and loss |
/// | runs.narrow         | note     | N or D spans less than a decade |
/// | runs.repeated-data  | warning  | tokens exceed unique tokens     |
/// | runs.curve          | warning  | rows are checkpoints of few runs |
/// | runs.mixed-units    | warning  | losses fall apart into two groups, a |
/// |                     |          | factor ln 2 between them |
/// | runs.loss-unit      | note     | median loss < 1.3 |
/// | runs.compute-only   | note     | there is neither params nor tokens |
///
/// A reader adds `runs.dropped` for rows left out, `runs.loss-unit` for
/// losses per byte, `runs.loss-sd` and `runs.mixed-labels` (warnings).
///
/// @throws DataError for what cannot be meant: a median N or D below 1e4, or
///     C off 6ND by the power of ten of a unit (GFLOP, TFLOP, PF-days), or
///     without N and D a median C below 1e12.
std::vector<Finding> inspect_runs(const Runs& runs);

/// The standard columns and the other names they are known by.
struct ColumnAlias {
  std::string_view name;
  std::vector<std::string_view> aliases;  ///< lower case, without _ - and space
  std::string_view meaning;               ///< with unit
};
/// All of them, in the order of the docs.
const std::vector<ColumnAlias>& column_aliases();

}  // namespace isoflop
