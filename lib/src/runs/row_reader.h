// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isoflop/runs/read_runs.h"
#include "isoflop/runs/runs.h"
#include "runs/column_map.h"
#include "runs/loss_unit.h"
#include "runs/record_source.h"

namespace isoflop::detail {

/// Why a row cannot be a run.
struct BadCell {
  std::string reason;  ///< snake_case, for counts
  std::string message;
  std::int64_t line = 0;
  std::int64_t column = 0;
  bool may_drop = true;    ///< false when the whole file is meant otherwise
  bool must_drop = false;  ///< no run, and no mistake either
};

/// Turns records into the columns of `Runs`. Memory grows with the columns
/// that are kept: those in use, and others whose cells are all numbers.
class RowReader {
 public:
  RowReader(const std::vector<std::string>& header,
            const ColumnMap& map,
            const std::array<double, kRoleCount>& scales,
            char separator,
            const ReadOptions& options);

  /// Adds a record with as many cells as the header; false, and `bad_cell`
  /// tells why, if it is no run.
  bool add(const std::vector<CsvCell>& cells);
  const BadCell& bad_cell() const { return bad_; }

  std::int64_t size() const { return count_; }
  /// The runs read; the reader is empty then.
  Runs take();

 private:
  struct Extra {
    int column;
    std::string name;
    std::vector<double> values;
    bool is_number = true;
  };

  bool read_number(Role role, const CsvCell& cell);
  bool reject(Role role,
              const CsvCell& cell,
              std::string reason,
              const std::string& problem);
  bool reject_text(Role role, const CsvCell& cell);
  bool convert_loss(const std::vector<CsvCell>& cells);
  bool derive_third(const std::vector<CsvCell>& cells);
  void add_extras(const std::vector<CsvCell>& cells);

  const std::vector<std::string>& header_;
  const ColumnMap& map_;
  const std::array<double, kRoleCount>& scales_;
  char separator_;
  const ReadOptions& options_;
  LossNotes notes_;
  std::int64_t count_ = 0;
  int derived_ = -1;
  std::array<double, kNumberRoles> row_{};
  std::array<std::vector<double>, kNumberRoles> numbers_;
  std::vector<std::string> names_;
  std::vector<std::string> groups_;
  std::vector<Extra> extras_;
  BadCell bad_;
};

}  // namespace isoflop::detail
