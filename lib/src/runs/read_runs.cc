// SPDX-License-Identifier: Apache-2.0
#include "isoflop/runs/read_runs.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "isoflop/base/error.h"
#include "isoflop/base/suggest.h"
#include "isoflop/runs/planned_runs.h"
#include "isoflop/units/text.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"
#include "runs/csv_reader.h"
#include "runs/file_kind.h"
#include "runs/row_filter.h"
#include "runs/row_reader.h"

namespace isoflop {
namespace {

using detail::ColumnError;
using detail::ColumnMap;
using detail::CsvCell;
using detail::CsvReader;
using detail::kNumberRoles;
using detail::kRoleCount;
using detail::Role;
using detail::RowFilter;
using detail::RowReader;

constexpr std::string_view kDropHint = " (--drop-bad leaves such rows out)";

char separator_of(const std::string& text,
                  std::string_view head,
                  const std::string& comment) {
  if (text.empty()) return detail::sniff_separator(head, comment);
  if (text == "," || text == ";") return text.front();
  if (text == "tab" || text == "\t" || text == "\\t") return '\t';
  throw std::invalid_argument("separator: " + detail::quoted(text) +
                              " is not one of ',', ';' and tab");
}

std::vector<std::string> header_names(const std::vector<CsvCell>& cells) {
  std::vector<std::string> names;
  names.reserve(cells.size());
  for (const CsvCell& cell : cells) names.emplace_back(detail::trim(cell.text));
  return names;
}

/// Base units in one unit of each role's column, from "params=1e9".
std::array<double, kRoleCount> read_scales(
    const std::vector<std::string>& units,
    const std::vector<std::string>& header,
    const ColumnMap& map) {
  std::array<double, kRoleCount> scales;
  scales.fill(1.0);
  for (const std::string& text : units) {
    const auto pair = detail::split_assignment(text, "unit", "params=1e9");
    const int column = detail::find_column(header, pair.left);
    int role = -1;
    for (int i = 0; column >= 0 && i < kNumberRoles; ++i) {
      if (map.of(static_cast<Role>(i)) == column) role = i;
    }
    if (role < 0) role = detail::role_of(pair.left);
    if (role < 0 || role >= kNumberRoles) {
      throw std::invalid_argument(
          "unit: " + detail::quoted(pair.left) +
          " is not one of params, tokens, flops, loss, unique_tokens and "
          "weight");
    }
    if (map.of(static_cast<Role>(role)) < 0) {
      throw ColumnError("unit: '" + detail::excerpt(text) +
                        "': no column holds " + detail::excerpt(pair.left) +
                        "; columns found: " + detail::list_names(header));
    }
    const auto value = detail::loose_number(pair.right);
    if (!value || !std::isfinite(*value) || *value <= 0.0) {
      throw std::invalid_argument("unit: '" + detail::excerpt(text) +
                                  "' needs a number > 0, as in params=1e9");
    }
    scales[static_cast<std::size_t>(role)] = *value;
  }
  return scales;
}

std::string plural(std::int64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// Rows that could not be read, and why.
class BadRows {
 public:
  void add(const std::string& reason, std::int64_t line) {
    if (total_ == 0) first_line_ = line;
    ++total_;
    for (Evidence& entry : reasons_) {
      if (entry.name == reason) {
        entry.value += 1.0;
        return;
      }
    }
    reasons_.push_back({reason, 1.0});
  }

  std::int64_t total() const { return total_; }

  /// "2 empty, 1 not_finite; the first in line 7".
  std::string summary() const {
    std::string text;
    for (const Evidence& entry : reasons_) {
      if (!text.empty()) text += ", ";
      text += std::to_string(static_cast<std::int64_t>(entry.value)) + " " +
              entry.name;
    }
    std::replace(text.begin(), text.end(), '_', ' ');
    return text + "; the first in line " + std::to_string(first_line_);
  }

  Finding finding() const {
    Finding finding;
    finding.code = "runs.dropped";
    finding.severity = Severity::Warning;
    finding.message = plural(total_, "row") + " could not be read and " +
                      (total_ == 1 ? "was" : "were") +
                      " left out: " + summary();
    finding.remedy = "check that they are not the runs that failed";
    finding.values = {{"rows", static_cast<double>(total_)},
                      {"first_line", static_cast<double>(first_line_)}};
    finding.values.insert(
        finding.values.end(), reasons_.begin(), reasons_.end());
    return finding;
  }

 private:
  std::int64_t total_ = 0;
  std::int64_t first_line_ = 0;
  std::vector<Evidence> reasons_;
};

class TableReader {
 public:
  TableReader(std::istream& in,
              const std::string& name,
              const ReadOptions& options,
              bool needs_loss)
      : name_(name),
        options_(options),
        needs_loss_(needs_loss),
        csv_(in, name, options.comment) {
    for (const std::string& text : options.where) filters_.emplace_back(text);
  }

  Runs read() {
    read_header();
    RowReader rows(header_, map_, scales_, separator_);
    while (csv_.next()) read_row(rows);
    if (rows.size() == 0) fail_no_rows();
    if (!needs_loss_) return rows.take();
    Runs runs = rows.take();
    runs.source = name_;
    for (const RowFilter& filter : filters_) runs.dropped += filter.removed;
    if (bad_.total() > 0) runs.findings.push_back(bad_.finding());
    for (Finding& finding : inspect_runs(runs)) {
      runs.findings.push_back(std::move(finding));
    }
    return runs;
  }

 private:
  void read_header() {
    const std::string_view head = csv_.peek();
    detail::refuse_other_formats(head, name_);
    separator_ = separator_of(options_.separator, head, options_.comment);
    csv_.set_separator(separator_);
    if (!csv_.next()) {
      throw DataError({name_, 0, 0}, "no header: only blanks and comments");
    }
    header_ = header_names(csv_.cells());
    try {
      map_ = detail::map_columns(header_, options_.column, true, needs_loss_);
      scales_ = read_scales(options_.unit, header_, map_);
      for (RowFilter& filter : filters_) filter.bind(header_, map_, scales_);
    } catch (const ColumnError& error) {
      throw DataError({name_, csv_.line(), 0}, error.what());
    }
  }

  void read_row(RowReader& rows) {
    ++row_count_;
    const std::vector<CsvCell>& cells = csv_.cells();
    if (cells.size() != header_.size()) {
      const std::string message =
          plural(static_cast<std::int64_t>(cells.size()), "cell") +
          " found, but the header has " + std::to_string(header_.size());
      reject("ragged", {name_, csv_.line(), 0}, message);
      return;
    }
    for (RowFilter& filter : filters_) {
      if (filter.keeps(cells[static_cast<std::size_t>(filter.column())].text)) {
        continue;
      }
      ++filter.removed;
      return;
    }
    if (rows.add(cells)) return;
    const detail::BadCell& bad = rows.bad_cell();
    const Location place{name_, bad.line, bad.column};
    if (!bad.may_drop) throw DataError(place, bad.message);
    reject(bad.reason, place, bad.message);
  }

  void reject(const std::string& reason,
              const Location& place,
              const std::string& message) {
    if (!options_.drop_bad) {
      throw DataError(place, message + std::string(kDropHint));
    }
    bad_.add(reason, csv_.line());
  }

  [[noreturn]] void fail_no_rows() const {
    if (row_count_ == 0) {
      throw DataError({name_, 0, 0}, "no rows behind the header");
    }
    std::string text = "no rows are left of " + std::to_string(row_count_);
    std::string separator = ": ";
    for (const RowFilter& filter : filters_) {
      text += separator + "where '" + filter.text() + "' left out " +
              std::to_string(filter.removed);
      separator = ", ";
    }
    if (bad_.total() > 0) {
      text += separator + std::to_string(bad_.total()) +
              " could not be read (" + bad_.summary() + ")";
    }
    throw DataError({name_, 0, 0}, text);
  }

  const std::string& name_;
  const ReadOptions& options_;
  bool needs_loss_;
  CsvReader csv_;
  char separator_ = ',';
  std::vector<std::string> header_;
  ColumnMap map_;
  std::array<double, kRoleCount> scales_{};
  std::vector<RowFilter> filters_;
  std::int64_t row_count_ = 0;
  BadRows bad_;
};

/// Names in the folder where a file was looked for.
std::vector<std::string> folder_names(const std::filesystem::path& folder) {
  constexpr std::size_t kMost = 10000;
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end;
       !error && it != end && names.size() < kMost;
       it.increment(error)) {
    names.push_back(detail::excerpt(it->path().filename().string()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

[[noreturn]] void fail_missing_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path folder = fs::path(path).parent_path();
  const std::string here = fs::current_path(error).string();
  if (!folder.empty() && !fs::is_directory(folder, error)) {
    throw FileError(
        {path, 0, 0},
        "no such file: there is no folder " + detail::quoted(folder.string()));
  }
  if (folder.empty()) folder = ".";
  std::string text = "no such file";
  if (fs::path(path).is_relative()) text += " (from " + here + ")";
  throw FileError({path, 0, 0},
                  text + did_you_mean(fs::path(path).filename().string(),
                                      folder_names(folder)));
}

/// An open file, or a reason why there is none.
std::ifstream open_table(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (path.empty()) throw FileError({}, "the path of the runs is empty");
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) fail_missing_file(path);
  if (fs::is_directory(status)) {
    throw FileError({path, 0, 0}, "is a directory, not a CSV file");
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

}  // namespace

Runs read_runs(std::istream& in,
               const std::string& name,
               const ReadOptions& options) {
  return TableReader(in, name, options, true).read();
}

Runs read_runs(const std::string& path, const ReadOptions& options) {
  std::ifstream in = open_table(path);
  return read_runs(in, path, options);
}

PlannedRuns read_planned_runs(const std::string& path,
                              const ReadOptions& options) {
  std::ifstream in = open_table(path);
  Runs runs = TableReader(in, path, options, false).read();
  return {std::move(runs.params),
          std::move(runs.tokens),
          std::move(runs.loss_nats),
          std::move(runs.name),
          path};
}

}  // namespace isoflop
