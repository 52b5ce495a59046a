// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"
#include "isoflop/runs/runs.h"

namespace isoflop {

/// What a loss is given in; all become nats per token.
enum class LossUnit { NatsPerToken, BitsPerToken, BitsPerByte, Perplexity };

template <>
struct EnumWords<LossUnit> {
  static constexpr std::pair<LossUnit, std::string_view> values[] = {
      {LossUnit::NatsPerToken, "nats"},
      {LossUnit::BitsPerToken, "bits"},
      {LossUnit::BitsPerByte, "bits_per_byte"},
      {LossUnit::Perplexity, "perplexity"}};
};

/// Which columns and rows of a table are meant, in which units; see `fields()`.
struct ReadOptions {
  std::vector<std::string> column;
  std::vector<std::string> where;
  std::vector<std::string> unit;
  LossUnit loss_unit = LossUnit::NatsPerToken;
  std::optional<double> bytes_per_token;
  std::string separator;
  std::string decimal;
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
        field("loss_unit",
              &ReadOptions::loss_unit,
              "what the loss is in: nats or bits a token, bits_per_byte, "
              "perplexity; a column loss_unit goes before it"),
        field("bytes_per_token",
              &ReadOptions::bytes_per_token,
              "bytes in a token of the evaluated text, to turn bits per byte "
              "into nats per token",
              kPositive),
        field("separator",
              &ReadOptions::separator,
              "cell separator: ',' ';' or 'tab'; found from the header"),
        field("decimal",
              &ReadOptions::decimal,
              "decimal sign of the numbers: '.' or ','"),
        field("comment",
              &ReadOptions::comment,
              "lines that begin with this are skipped"),
        field("drop_bad",
              &ReadOptions::drop_bad,
              "leave out rows that cannot be read, and count them"));
  }
};

/// Runs from a table with a row a run: CSV with a header row, or JSON, known
/// by its first character (objects one a line or in an array, or an object of
/// arrays).
///
/// Needed: `loss` and two of `params`, `tokens`, `flops`, by those names or
/// their aliases. Cells may hold quantities (70B). Rows of zero tokens, which
/// are before training, are left out with a finding. CSV is read forward
/// only, so a pipe works and memory does not grow with its text.
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
