// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace isoflop::testing {

/// Path in the source tree: source_path("tests/reference/nist.csv").
inline std::string source_path(const std::string& relative) {
  return (std::filesystem::path(ISOFLOP_SOURCE_DIR) / relative).string();
}

/// Path of a large table that is not in the repository: below
/// $ISOFLOP_TEST_DATA, else ../shared/data beside the source tree. "" when
/// it is not there; then the test is skipped:
///
///     const std::string path = shared_path("chinchilla_epoch.csv");
///     if (path.empty()) GTEST_SKIP() << "chinchilla_epoch.csv not here";
inline std::string shared_path(const std::string& name) {
  const char* given = std::getenv("ISOFLOP_TEST_DATA");
  const std::filesystem::path folder =
      given != nullptr
          ? std::filesystem::path(given)
          : std::filesystem::path(ISOFLOP_SOURCE_DIR) / "../shared/data";
  const std::filesystem::path path = folder / name;
  return std::filesystem::exists(path) ? path.lexically_normal().string()
                                       : std::string();
}

}  // namespace isoflop::testing
