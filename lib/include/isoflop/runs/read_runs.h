// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

struct ReadOptions {
  std::vector<std::string> column;
  std::vector<std::string> where;
  std::vector<std::string> unit;
  std::string separator;
  std::string comment;
  bool drop_bad = false;

  static constexpr auto fields() {
    return std::make_tuple(
        field("column",
              &ReadOptions::column,
              "which column is meant: params=N, loss='eval/loss' (repeatable)"),
        field("where",
              &ReadOptions::where,
              "keep rows where a column holds a value: outlier=0, "
              "family=c4, params>=1e8; all must hold (repeatable)"),
        field("unit",
              &ReadOptions::unit,
              "what one unit of a column is: params=1e9 for billions "
              "(repeatable)"),
        field("separator",
              &ReadOptions::separator,
              "cell separator: ',' ';' or 'tab'; found from the header"),
        field("comment",
              &ReadOptions::comment,
              "lines that begin with this are skipped"),
        field("drop_bad",
              &ReadOptions::drop_bad,
              "leave out rows that cannot be read, and count them"));
  }
};

/// Runs from a CSV table with a header row.
///
/// Needed: `loss` and two of `params`, `tokens`, `flops`, by those names or
/// their aliases. Cells may hold quantities (70B). Reads forward only, so a
/// pipe works.
///
/// @throws FileError if the file cannot be opened or read.
/// @throws DataError with path, line and column for whatever cannot be used.
/// @throws std::invalid_argument for an option that cannot be meant.
Runs read_runs(const std::string& path, const ReadOptions& options = {});

/// The same from an open stream; `name` stands for the path in messages.
Runs read_runs(std::istream& in,
               const std::string& name,
               const ReadOptions& options = {});

}  // namespace isoflop
