// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runs/record_source.h"

namespace isoflop::detail {

struct TableRow {
  std::vector<std::string> cells;  ///< as many as the header
  std::int64_t line = 0;           ///< 0 when not known
  std::string file;                ///< that it came from
};

/// A whole table as text, for what is turned over before it is read.
struct Table {
  std::vector<std::string> header;
  std::vector<TableRow> rows;
  std::string file;
  std::string kind = "CSV";  ///< what the file is, as messages say it
  /// Of a whole run, beside its curve: trainer_state.json has some.
  std::optional<double> total_flops;
  std::optional<double> last_step;

  /// @return -1 if there is none.
  int find(std::string_view column) const;
  /// The column, added with empty cells if there is none.
  std::size_t require(const std::string& column);
  /// Whether any cell of a column is not empty.
  bool has_any(std::size_t column) const;
  /// Leaves out a column.
  void erase(std::size_t column);
};

/// The rows of a table as records, the header first.
class TableSource : public RecordSource {
 public:
  explicit TableSource(const Table& table) : table_(table) {}

  bool next() override;
  const std::vector<CsvCell>& cells() const override { return cells_; }
  std::int64_t line() const override { return line_; }
  const std::string& name() const override { return *name_; }

 private:
  const Table& table_;
  std::size_t next_ = 0;  ///< 0 is the header
  std::vector<CsvCell> cells_;
  std::int64_t line_ = 0;
  const std::string* name_ = &table_.file;
};

/// Records whose numbers have a decimal comma, with a point instead.
class PointSource : public RecordSource {
 public:
  explicit PointSource(RecordSource& source) : source_(source) {}

  bool next() override;
  const std::vector<CsvCell>& cells() const override { return cells_; }
  std::int64_t line() const override { return source_.line(); }
  const std::string& name() const override { return source_.name(); }

 private:
  RecordSource& source_;
  std::vector<CsvCell> cells_;
  std::vector<std::string> texts_;
};

/// Names of the cells of a header, without blanks at their ends.
std::vector<std::string> header_names(const std::vector<CsvCell>& cells);

/// Everything a source has.
/// @throws DataError for a row that is not as long as the header.
Table table_of(RecordSource& source);

}  // namespace isoflop::detail
