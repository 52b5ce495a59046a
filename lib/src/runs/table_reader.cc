// SPDX-License-Identifier: Apache-2.0
#include "runs/table_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "isoflop/base/error.h"
#include "isoflop/units/text.h"
#include "runs/cell_table.h"
#include "runs/cell_text.h"
#include "runs/column_map.h"
#include "runs/mixed_labels.h"
#include "runs/row_filter.h"
#include "runs/row_reader.h"

namespace isoflop::detail {
namespace {

constexpr std::string_view kDropHint = " (--drop-bad leaves such rows out)";

/// Base units in one unit of each role's column, from "params=1e9".
std::array<double, kRoleCount> read_scales(
    const std::vector<std::string>& units,
    const std::vector<std::string>& header,
    const ColumnMap& map) {
  std::array<double, kRoleCount> scales;
  scales.fill(1.0);
  for (const std::string& text : units) {
    const auto pair = split_assignment(text, "unit", "params=1e9");
    const int column = find_column(header, pair.left);
    int role = -1;
    for (int i = 0; column >= 0 && i < kNumberRoles; ++i) {
      if (map.of(static_cast<Role>(i)) == column) role = i;
    }
    if (role < 0) role = role_of(pair.left);
    if (role < 0 || role >= kNumberRoles) {
      throw std::invalid_argument(
          "unit: " + quoted(pair.left) +
          " is not one of params, tokens, flops, loss, unique_tokens, weight, "
          "loss_sd and bytes_per_token");
    }
    if (map.of(static_cast<Role>(role)) < 0) {
      throw ColumnError("unit: '" + excerpt(text) + "': no column holds " +
                        excerpt(pair.left) +
                        "; columns found: " + list_names(header));
    }
    const auto value = loose_number(pair.right);
    if (!value || !std::isfinite(*value) || *value <= 0.0) {
      throw std::invalid_argument("unit: '" + excerpt(text) +
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
  TableReader(RecordSource& source,
              char separator,
              const ReadOptions& options,
              TableKind kind)
      : source_(source),
        separator_(separator),
        name_(source.name()),
        options_(options),
        kind_(kind) {
    for (const std::string& text : options.where) filters_.emplace_back(text);
  }

  Runs read() {
    read_header();
    RowReader rows(header_, map_, scales_, separator_, options_);
    MixedLabels labels(header_, map_);
    while (source_.next()) read_row(rows, labels);
    if (rows.size() == 0) fail_no_rows();
    if (kind_ == TableKind::PlannedRuns) return rows.take();
    Runs runs = rows.take();
    runs.source = name_;
    for (const RowFilter& filter : filters_) runs.dropped += filter.removed;
    if (bad_.total() > 0) runs.findings.push_back(bad_.finding());
    if (kind_ == TableKind::Curves) return runs;
    add_mixed(labels, runs);
    for (Finding& finding : inspect_runs(runs)) {
      runs.findings.push_back(std::move(finding));
    }
    return runs;
  }

 private:
  void read_header() {
    if (!source_.next()) {
      throw DataError({name_, 0, 0}, "no header: only blanks and comments");
    }
    header_ = header_names(source_.cells());
    try {
      map_ = map_columns(header_, options_.column, true, kind_);
      scales_ = read_scales(options_.unit, header_, map_);
      for (RowFilter& filter : filters_) filter.bind(header_, map_, scales_);
    } catch (const ColumnError& error) {
      throw DataError({source_.name(), source_.line(), 0}, error.what());
    }
  }

  void read_row(RowReader& rows, MixedLabels& labels) {
    ++row_count_;
    const std::vector<CsvCell>& cells = source_.cells();
    if (cells.size() != header_.size()) {
      const std::string message =
          plural(static_cast<std::int64_t>(cells.size()), "cell") +
          " found, but the header has " + std::to_string(header_.size());
      reject("ragged", {source_.name(), source_.line(), 0}, message);
      return;
    }
    for (RowFilter& filter : filters_) {
      if (filter.keeps(cells[static_cast<std::size_t>(filter.column())].text)) {
        continue;
      }
      ++filter.removed;
      return;
    }
    if (rows.add(cells)) {
      for (int i = 0; i < labels.size(); ++i) {
        const auto column = static_cast<std::size_t>(labels.column(i));
        labels.add(i, trim(cells[column].text));
      }
      return;
    }
    const BadCell& bad = rows.bad_cell();
    const Location place{source_.name(), bad.line, bad.column};
    if (!bad.may_drop) throw DataError(place, bad.message);
    if (bad.must_drop) return bad_.add(bad.reason, source_.line());
    reject(bad.reason, place, bad.message);
  }

  void add_mixed(const MixedLabels& labels, Runs& runs) const {
    try {
      for (Finding& finding : labels.findings()) {
        runs.findings.push_back(std::move(finding));
      }
    } catch (const ColumnError& error) {
      throw DataError({name_, 0, 0}, error.what());
    }
  }

  void reject(const std::string& reason,
              const Location& place,
              const std::string& message) {
    if (!options_.drop_bad) {
      throw DataError(place, message + std::string(kDropHint));
    }
    bad_.add(reason, source_.line());
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

  RecordSource& source_;
  const char separator_;
  const std::string name_;
  const ReadOptions& options_;
  const TableKind kind_;
  std::vector<std::string> header_;
  ColumnMap map_;
  std::array<double, kRoleCount> scales_{};
  std::vector<RowFilter> filters_;
  std::int64_t row_count_ = 0;
  BadRows bad_;
};

}  // namespace

Runs read_records(RecordSource& source,
                  char separator,
                  const ReadOptions& options,
                  TableKind kind) {
  return TableReader(source, separator, options, kind).read();
}

}  // namespace isoflop::detail
