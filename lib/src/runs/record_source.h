// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isoflop::detail {

/// One cell: its text without quotes, and where it begins (line and byte
/// column, both from 1; 0 is not known). The text lives until the next record
/// is read.
struct CsvCell {
  std::string_view text;
  std::int64_t line = 0;
  std::int64_t column = 0;
};

/// A table, a record at a time, the header first.
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  /// Reads the next record; false at the end.
  virtual bool next() = 0;
  virtual const std::vector<CsvCell>& cells() const = 0;
  /// Line on which the record begins; 0 when not known.
  virtual std::int64_t line() const = 0;
  /// The file of the record, for messages.
  virtual const std::string& name() const = 0;
};

}  // namespace isoflop::detail
