// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "isoflop/base/error.h"

namespace isoflop {

/// Whole content of a file that a person writes: a scenario, a saved law.
/// @throws FileError if it is missing, a directory, unreadable or > 64 MiB.
std::string read_text_file(const std::string& path);

/// Says of a path that nothing is there: where it was looked for, and what has
/// a similar name in the folder.
/// @throws FileError.
[[noreturn]] void fail_missing_file(const std::string& path);

/// Writes under a temporary name beside `path` and renames, so that readers
/// see the old file or the new one.
/// @throws FileError, also when the file exists and `replace` is false.
void write_text_file(const std::string& path,
                     std::string_view text,
                     bool replace);

/// Says whether `write_text_file` would refuse: a directory, a file that
/// exists, a folder that does not.
/// @throws FileError.
void require_writable_file(const std::string& path, bool replace);

/// Line and column of a byte offset, as editors count.
Location locate(const std::string& path,
                std::string_view text,
                std::size_t byte);

}  // namespace isoflop
