// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "isoflop/runs/read_runs.h"
#include "runs/cell_table.h"
#include "runs/csv_reader.h"

namespace isoflop::detail {

/// @throws FileError that says why it cannot be opened, with near names.
std::ifstream open_runs_file(const std::string& path);

/// The records of a file of any kind that is known: CSV by its separator, or
/// JSON by its first character.
class OpenTable {
 public:
  /// @throws DataError for what is not a text table.
  OpenTable(std::istream& in,
            const std::string& name,
            const ReadOptions& options);

  RecordSource& records() { return *records_; }
  char separator() const { return separator_; }
  /// The table behind the records, if it is in memory.
  Table* table() { return table_ ? &*table_ : nullptr; }

 private:
  std::optional<Table> table_;
  std::unique_ptr<RecordSource> source_;
  std::unique_ptr<RecordSource> with_points_;
  RecordSource* records_ = nullptr;
  char separator_ = ',';
};

}  // namespace isoflop::detail
