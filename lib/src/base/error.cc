// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/error.h"

#include <utility>

namespace isoflop {

std::string to_string(const Location& location) {
  std::string text = location.path;
  if (location.line > 0) text += ":" + std::to_string(location.line);
  if (location.line > 0 && location.column > 0) {
    text += ":" + std::to_string(location.column);
  }
  return text;
}

DataError::DataError(Location location, const std::string& message)
    : std::runtime_error(location.path.empty()
                             ? message
                             : to_string(location) + ": " + message),
      location_(std::move(location)) {}

}  // namespace isoflop
