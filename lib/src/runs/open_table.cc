// SPDX-License-Identifier: Apache-2.0
#include "runs/open_table.h"

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "base/file_text.h"
#include "isoflop/base/error.h"
#include "runs/cell_text.h"
#include "runs/file_kind.h"
#include "runs/json_table.h"

namespace isoflop::detail {
namespace {

char separator_of(const std::string& text,
                  std::string_view head,
                  const std::string& comment) {
  if (text.empty()) return sniff_separator(head, comment);
  if (text == "," || text == ";") return text.front();
  if (text == "tab" || text == "\t" || text == "\\t") return '\t';
  throw std::invalid_argument("separator: " + detail::quoted(text) +
                              " is not one of ',', ';' and tab");
}

bool has_comma_decimals(const std::string& text, char separator) {
  if (text.empty() || text == ".") return false;
  if (text != ",") {
    throw std::invalid_argument("decimal: " + detail::quoted(text) +
                                " is not one of '.' and ','");
  }
  if (separator == ',') {
    throw std::invalid_argument(
        "decimal: ',' cannot be the separator of cells too");
  }
  return true;
}

}  // namespace

std::ifstream open_runs_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (path.empty()) throw FileError({}, "the path of the runs is empty");
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) fail_missing_file(path);
  if (fs::is_directory(status)) {
    throw FileError({path, 0, 0}, "is a directory, not a file of runs");
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const std::error_code cause(errno, std::generic_category());
    throw FileError({path, 0, 0},
                    "cannot be opened" +
                        (errno != 0 ? ": " + cause.message() : std::string()));
  }
  return in;
}

OpenTable::OpenTable(std::istream& in,
                     const std::string& name,
                     const ReadOptions& options) {
  auto csv = std::make_unique<CsvReader>(in, name, options.comment);
  const std::string_view head = csv->peek();
  refuse_other_formats(head, name);
  if (looks_like_json(head)) {
    table_ = read_json_table(csv->read_all(), name);
    source_ = std::make_unique<TableSource>(*table_);
  } else {
    separator_ = separator_of(options.separator, head, options.comment);
    csv->set_separator(separator_);
    source_ = std::move(csv);
  }
  records_ = source_.get();
  if (has_comma_decimals(options.decimal, table_ ? ';' : separator_)) {
    with_points_ = std::make_unique<PointSource>(*source_);
    records_ = with_points_.get();
  }
}

}  // namespace isoflop::detail
