// SPDX-License-Identifier: Apache-2.0
#include "runs/file_kind.h"

#include <algorithm>
#include <cstddef>

#include "isoflop/base/error.h"
#include "runs/column_map.h"

namespace isoflop::detail {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view bytes;
  std::string_view message;
};

constexpr std::string_view kUtf16 =
    "is UTF-16 text; save it as UTF-8 (in Excel: CSV UTF-8) or run "
    "iconv -f UTF-16 -t UTF-8";
constexpr std::string_view kTableHint =
    "; write the table as CSV, in Python: "
    "pandas.read_parquet(path).to_csv('runs.csv', index=False)";

constexpr Magic kMagics[] = {
    {"\x1f\x8b"sv,
     "is compressed with gzip; unpack it on the way: "
     "zcat FILE | isoflop fit -"},
    {"\x28\xb5\x2f\xfd"sv,
     "is compressed with zstd; unpack it on the way: "
     "zstdcat FILE | isoflop fit -"},
    {"\xfd"
     "7zXZ"sv,
     "is compressed with xz; unpack it on the way: "
     "xzcat FILE | isoflop fit -"},
    {"BZh"sv,
     "is compressed with bzip2; unpack it on the way: "
     "bzcat FILE | isoflop fit -"},
    {"PAR1"sv, "is a Parquet file"},
    {"PK\x03\x04"sv,
     "is a zip file or an Excel workbook (xlsx); save the sheet as CSV"},
    {"\xd0\xcf\x11\xe0"sv,
     "is an old Excel workbook (xls); save the sheet as CSV"},
    {"ARROW1"sv, "is an Arrow file; write the table as CSV"},
    {"SQLite format 3"sv, "is an SQLite database; write the table as CSV"},
    {"\x93NUMPY"sv, "is a NumPy array; write the table as CSV"},
    {"\x89HDF"sv, "is an HDF5 file; write the table as CSV"},
    {"%PDF-"sv, "is a PDF file; a CSV table is needed"},
    {"\xff\xfe"sv, kUtf16},
    {"\xfe\xff"sv, kUtf16},
    {"version https://git-lfs.github.com/spec/"sv,
     "is a Git LFS pointer, not the file itself; fetch it with git lfs pull"},
};

/// Every other byte is NUL and none of the rest: UTF-16 without a mark.
bool looks_utf16(std::string_view head) {
  const std::size_t size = std::min<std::size_t>(head.size(), 64) & ~1UL;
  if (size < 4) return false;
  std::size_t even = 0;
  std::size_t odd = 0;
  for (std::size_t i = 0; i < size; i += 2) {
    if (head[i] == '\0') ++even;
    if (head[i + 1] == '\0') ++odd;
  }
  return (even == size / 2 && odd == 0) || (odd == size / 2 && even == 0);
}

}  // namespace

void refuse_other_formats(std::string_view head, const std::string& name) {
  const auto fail = [&](std::string_view message) {
    throw DataError({name, 0, 0}, std::string(message));
  };
  for (const Magic& magic : kMagics) {
    if (!head.starts_with(magic.bytes)) continue;
    if (magic.bytes == "PAR1") {
      fail(std::string(magic.message) + std::string(kTableHint));
    }
    fail(magic.message);
  }
  if (looks_utf16(head)) fail(kUtf16);
  const auto first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    fail("is empty: no header; a CSV table with a header row is needed");
  }
  if (head[first] == '<') {
    fail(
        "is an HTML or XML page; a login or an error page was saved instead "
        "of the file?");
  }
}

std::string describe_curve_header(const std::vector<std::string>& header) {
  std::vector<std::string> folded;
  for (const std::string& name : header) folded.push_back(fold_name(name));
  const auto has = [&](std::string_view name) {
    return std::find(folded.begin(), folded.end(), name) != folded.end();
  };
  if (has("walltime") && has("step") && has("value")) {
    return "looks like a TensorBoard export (Wall time, Step, Value) of one "
           "curve; `isoflop convert` makes a run of it";
  }
  if (has("step") || has("globalstep")) {
    return "looks like a training curve (it has a step column and no params "
           "or tokens); `isoflop convert` makes runs of it, by the last or "
           "the best step";
  }
  return {};
}

}  // namespace isoflop::detail
