// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/enum_words.h"
#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/runs/read_runs.h"
#include "isoflop/runs/runs.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// The step of a training curve that stands for its run.
enum class Pick { Last, Best };

template <>
struct EnumWords<Pick> {
  static constexpr std::pair<Pick, std::string_view> values[] = {
      {Pick::Last, "last"}, {Pick::Best, "best"}};
};

/// Which step stands for a run, and what files do not tell; see `fields()`.
struct ConvertOptions {
  Pick pick = Pick::Last;
  std::optional<Params> params;
  std::optional<Tokens> tokens_per_step;
  std::string join;

  static constexpr auto fields() {
    return std::make_tuple(
        field("pick",
              &ConvertOptions::pick,
              "step of a curve that stands for its run: last, or best for the "
              "lowest loss"),
        field("params",
              &ConvertOptions::params,
              "size of every run whose file does not tell it",
              kPositive),
        field("tokens_per_step",
              &ConvertOptions::tokens_per_step,
              "tokens of a step, where a file counts steps only",
              kPositive),
        field("join",
              &ConvertOptions::join,
              "table with a row a run, whose columns are added by the name of "
              "the run"));
  }
};

/// What was found in a file.
struct ConvertedFile {
  std::string path;       ///< as it was given
  std::string kind;       ///< "W&B chart export", "JSON lines", ...
  std::int64_t rows = 0;  ///< in the file
  std::int64_t runs = 0;  ///< made of them
};

/// Runs from files of other tools, and what was found in these.
struct Conversion {
  Runs runs;
  ConvertOptions options;
  std::vector<ConvertedFile> files;
  std::vector<Finding> findings;  ///< of the files, and of the runs
};

/// Runs from what tools export: run tables and curves as CSV or JSON.
///
/// Known are W&B run tables, histories and chart exports (a column a run;
/// `__MIN` and `__MAX` are left out), TensorBoard's CSV, Hugging Face's
/// trainer_state.json, JSON lines and any table that `read_runs` takes. Of a
/// curve one row is kept, with the latest value of each column by then. A
/// loss that is not finite stays so, is counted, and is never the best.
///
/// A trainer_state.json is taken by its eval_loss where it has one; its
/// total_flos and tokens seen are shared out over its steps.
///
/// @throws FileError, DataError and std::invalid_argument as `read_runs`.
Conversion convert(const std::vector<std::string>& paths,
                   const ConvertOptions& options = {},
                   const ReadOptions& read_options = {});

/// Runs as a CSV table that `read_runs` reads back the same.
std::string runs_csv(const Runs& runs);

/// Writes `runs_csv` under a temporary name and renames.
/// @throws FileError, also when the file exists and `replace` is false.
void write_runs(const Runs& runs, const std::string& path, bool replace);

}  // namespace isoflop
