// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>

#include "isoflop/base/error.h"
#include "isoflop/runs/read_runs.h"
#include "support/matchers.h"

namespace isoflop::testing {

/// Runs from text, as if from a file "runs.csv".
inline Runs read(const std::string& text, const ReadOptions& options = {}) {
  std::istringstream in(text);
  return read_runs(in, "runs.csv", options);
}

/// Message of the DataError that reading the text throws; "" for none.
inline std::string data_error(const std::string& text,
                              const ReadOptions& options = {}) {
  return message_of<DataError>([&] { read(text, options); });
}

/// The same for an option that cannot be meant.
inline std::string option_error(const std::string& text,
                                const ReadOptions& options) {
  return message_of<std::invalid_argument>([&] { read(text, options); });
}

inline ReadOptions with_column(std::vector<std::string> column) {
  ReadOptions options;
  options.column = std::move(column);
  return options;
}
inline ReadOptions with_where(std::vector<std::string> where) {
  ReadOptions options;
  options.where = std::move(where);
  return options;
}
inline ReadOptions with_unit(std::vector<std::string> unit) {
  ReadOptions options;
  options.unit = std::move(unit);
  return options;
}
inline ReadOptions dropping_bad() {
  ReadOptions options;
  options.drop_bad = true;
  return options;
}

}  // namespace isoflop::testing
