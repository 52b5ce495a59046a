// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace isoflop {

/// Place in a text file, as editors count: lines and columns from 1, the
/// column in bytes; 0 is "not known".
struct Location {
  std::string path;
  std::int64_t line = 0;
  std::int64_t column = 0;
};

/// "runs.csv:12:3", "runs.csv:12", "runs.csv" or "".
std::string to_string(const Location& location);

/// A file whose content cannot be used: malformed, wrong columns, bad cells.
class DataError : public std::runtime_error {
 public:
  DataError(Location location, const std::string& message);
  /// Where in which file; fields that are not known are empty or 0.
  const Location& location() const { return location_; }

 private:
  Location location_;
};

/// A file that cannot be opened, read or written.
class FileError : public DataError {
 public:
  using DataError::DataError;
};

}  // namespace isoflop
